"""From the walk to the needs of each segment: what it replays, takes as values and gives on.

Worked out from the last segment to the first, as liveness is: a segment has to give what later
ones take, and what it gives without having made it, it has to take itself.
"""

from dataclasses import dataclass, field

from . import world
from .heap import NOTHING, PARTIAL, Code, Known, Module, Value
from .interpret import STAR
from .scopes import is_module_name
from .segments import Version, Walk
from .setups import LIBRARIES, MAGICS, may_use_libraries


@dataclass
class Need:
    """What a segment needs from outside."""

    parameters: set[str] = field(default_factory=set)
    replays: set[int] = field(default_factory=set)
    """Indices of statements to run again before its cells."""
    values: dict[str, int] = field(default_factory=dict)
    """Names taken as values, from the segment that is told."""
    stale: dict[str, str] = field(default_factory=dict)
    """Names whose value is of a function or class (the dictionary's value) that is defined anew
    here: it would be taken for the new one."""
    states: set[str] = field(default_factory=set)
    """Of the values: functions and classes, whose definition is replayed and given its state."""
    gives: set[str] = field(default_factory=set)
    """Names that later segments take from it."""
    made: set[str] = field(default_factory=set)
    """Definitions that those segments replay and that their own name does not lead to."""
    by_value: set[str] = field(default_factory=set)
    """Definitions that those segments cannot replay."""
    joint: set[int] = field(default_factory=set)
    """Objects that those segments take through several names: they have to be one object here."""


def needs_of(walk: Walk) -> list[Need]:
    """Return the needs of all segments, in their order."""
    needs = [Need() for _ in walk.segments]
    for number in reversed(range(len(walk.segments))):
        _Resolver(walk, needs, number).resolve()
    return needs


class _Resolver:
    def __init__(self, walk: Walk, needs: list[Need], number: int) -> None:
        self.walk = walk
        self.segment = walk.segments[number]
        self.needs = needs
        self.need = needs[number]
        self.number = number
        self._holders: dict[int, Value] = {}
        """What the holders of each object know, where they are instances of classes."""
        for name in sorted(self.segment.instances):
            value = self._value(name)
            for each in value.objects:
                self._holders[each] = self._holders.get(each, NOTHING) | value

    def resolve(self) -> None:
        wanted = dict.fromkeys(self.segment.exposed)
        passed_on = self.need.gives - self.segment.definite
        wanted.update(dict.fromkeys(sorted(passed_on)))
        wanted.update(dict.fromkeys((*world.AMBIENT, world.SETTINGS, MAGICS)))
        names = self._with_states([name for name in wanted if name in self.segment.entry])
        sources = {name: self._source(name) for name in names}
        # What stands for statements to replay has no value that could be taken.
        names = [n for n in names if n not in (STAR, MAGICS) or sources[n] is None]
        if LIBRARIES in self.segment.entry and self._may_use_libraries(sources):
            names.append(LIBRARIES)
            sources[LIBRARIES] = None
        for group in self._groups(names):
            self._keep_together(group, sources)
        for name in names:
            self._take(name, sources[name])
        self._find_stale()

    def _may_use_libraries(self, sources: dict[str, int | None]) -> bool:
        """Tell whether libraries may run here: by their names, or as the type of some value."""
        if any(source is not None and name[0] != "@" for name, source in sources.items()):
            return True
        return may_use_libraries(self.segment.modules, "numpy" in self.walk.set_up)

    def _with_states(self, names: list[str]) -> list[str]:
        """Add the functions and classes whose state the values of these names look into."""
        found = dict.fromkeys(names)
        pending = list(names)
        while pending:
            for known in self._value(pending.pop()).knows:
                for name in self._stateful(known):
                    if name not in found:
                        found[name] = None
                        pending.append(name)
        return list(found)

    def _stateful(self, known: Known) -> list[str]:
        """Return the names of a definition, where an earlier segment stored something in it."""
        index = self.walk.definitions.get(known.body) if isinstance(known, Code) else None
        if index is None:
            return []
        entry = self.segment.entry
        return [
            name
            for name in sorted(self.walk.placed[index].defined)
            if name in entry and entry[name].kind == "state" and index in entry[name].statements
        ]

    def _find_stale(self) -> None:
        definitions = self.walk.definitions
        # By the names that statements bind: methods of two classes may well have one name.
        # Classes that calls make (`namedtuple(...)`) have no name of their own in their body.
        current = {
            name: index
            for body, index in definitions.items()
            if index in self.need.replays and body.line
            for name in self.walk.placed[index].defined
        }
        for name in self.need.values:
            for known in self._value(name).knows:
                index = definitions.get(known.body) if isinstance(known, Code) else None
                if index is None:
                    continue
                for defined in sorted(self.walk.placed[index].defined):
                    if current.get(defined, index) > index:
                        self.need.stale[name] = defined

    def _source(self, name: str) -> int | None:
        """Return the segment to take a value from; None for what is bound or replayed."""
        version = self.segment.entry[name]
        if version.kind == "replay" and (not version.crosses or self._is_definition(name)):
            return None
        return None if version.kind == "parameter" else version.segment

    def _value(self, name: str) -> Value:
        return self.segment.values.get(name, Value())

    def _groups(self, names: list[str]) -> list[list[str]]:
        """Return names that may share objects in a way that matters here."""
        sure: dict[int, list[str]] = {}
        possible: dict[int, list[str]] = {}
        # Who holds each object.
        group_of: dict[str, list[str]] = {}
        modules = {name for name in names if self._is_module(name)}
        of_modules = frozenset[int]().union(*(self._value(name).same for name in modules))
        for name in names:
            value = self._value(name)
            if value.objects and is_module_name(name) and name not in modules:
                group_of[name] = [name]
                for each in value.same - of_modules:
                    sure.setdefault(each, []).append(name)
                for each in value.objects - of_modules:
                    possible.setdefault(each, []).append(name)
        changed = self.segment.changed
        together = self.need.joint | self.segment.compared | self.segment.perhaps_compared
        for each, holders in possible.items():
            matters = each in together or not changed.isdisjoint(holders)
            linked = holders if matters else sure.get(each, [])
            for name in linked[1:]:
                _join(group_of, linked[0], name)
        groups = {id(group): group for group in group_of.values()}
        return [group for group in groups.values() if len(group) > 1]

    def _keep_together(self, group: list[str], sources: dict[str, int | None]) -> None:
        """Take names that share objects from one segment, which has them all at its end."""
        if all(sources[name] is None for name in group) and not self._needs_value(group):
            return
        holder = max(self.segment.touched.get(name, 0) for name in group)
        values = [self._value(name) for name in group if not self._is_definition(name)]
        held = frozenset[int]().union(*(each.same for each in values)) - self.walk.own
        self.needs[holder].joint |= self._shared(group)
        for name in group:
            # A default that another name holds too: the definition is given it as its state.
            if not self._is_definition(name) or self._value(name).same & held:
                sources[name] = holder

    def _shared(self, group: list[str]) -> set[int]:
        """Return the objects that several names of a group may share."""
        once: set[int] = set()
        shared: set[int] = set()
        for name in group:
            objects = self._value(name).objects
            shared |= once & objects
            once |= objects
        return shared

    def _needs_value(self, group: list[str]) -> bool:
        return any(self._source(name) is not None for name in group)

    def _is_module(self, name: str) -> bool:
        """Tell a module, or something in it.

        A class of the notebook only knows its bases, and a value what it was made with
        (`r.view(np.recarray)`).
        """
        value = self._value(name)
        return (
            self.segment.entry[name].kind == "replay"
            and value.objects <= self.walk.modules
            and not any(isinstance(each, Code) for each in value.knows)
            and any(isinstance(each, Module) for each in value.knows)
        )

    def _is_definition(self, name: str) -> bool:
        version = self.segment.entry[name]
        knows = self._value(name).knows
        # A partial is no definition: it holds objects that others may hold too.
        return (
            version.kind == "replay"
            and PARTIAL not in knows
            and any(isinstance(each, Code) and each.kind != "instance" for each in knows)
        )

    def _take(self, name: str, source: int | None) -> None:
        version = self.segment.entry[name]
        if source is not None:
            self.need.values[name] = source
            self.needs[source].gives.add(name)
            if name in self.walk.hidden:
                self.needs[source].by_value.add(name)
            if version.kind == "state" or self._is_definition(name):
                self.need.states.add(name)
                self._replay(version)
            self._replay_classes(self._value(name), self.needs[source])
            self.needs[source].by_value |= self._made_in_functions(self._value(name))
            # What shares objects with it is stored with it, and so has to be loaded with it.
            for each in self._value(name).objects:
                self._replay_classes(self._holders.get(each, NOTHING), self.needs[source])
        elif version.kind == "parameter":
            self.need.parameters.add(name)
        else:
            self._replay(version)
            self._replay_classes(self._value(name))

    def _replay_classes(self, value: Value, giver: Need | None = None) -> None:
        """Replay the definitions that an object needs to be loaded (its class, functions in it)."""
        for known in value.knows:
            if isinstance(known, Code) and known.body in self.walk.definitions:
                index = self.walk.definitions[known.body]
                placed = self.walk.placed[index]
                if placed.segment > self.number:
                    continue
                if placed.replays:
                    self._replay(Version("replay", placed.segment, (index,)))
                if giver is not None:
                    names = placed.defined - (placed.named if placed.replays else set())
                    (giver.made if placed.replays else giver.by_value).update(names)

    def _made_in_functions(self, value: Value) -> set[str]:
        """Return the names of classes that calls in functions made (`namedtuple(...)`)."""
        made = {
            Code("class", known.body)
            for known in value.knows
            if isinstance(known, Code)
            and known.body.kind == "class"
            and known.body not in self.walk.definitions
        }
        if not made:
            return set()
        values = self.segment.values.items()
        return {name for name, each in values if is_module_name(name) and each.knows & made}

    def _replay(self, version: Version) -> None:
        pending = list(version.statements)
        while pending:
            index = pending.pop()
            if index in self.need.replays:
                continue
            self.need.replays.add(index)
            for name, needed in self.walk.placed[index].needs.items():
                if needed.kind == "parameter":
                    self.need.parameters.add(name)
                if name == world.FILES and name not in self.need.values:
                    # The import of a module that an earlier step wrote.
                    self._take(name, self._source(name))
                pending += needed.statements


def _join(group_of: dict[str, list[str]], one: str, other: str) -> None:
    first, second = sorted((group_of[one], group_of[other]), key=len)
    if first is not second:
        second += first
        group_of.update(dict.fromkeys(first, second))
