"""The notebook walked top to bottom: at each step's start, where each name's value comes from."""

from collections.abc import Callable, Mapping
from typing import Literal

from ..notation.model import MarkedCell, PipelineModel, Role
from ..notation.tags import may_fail
from . import setups, torch_draws, world
from .bodies import bodies_in
from .cell import analyse_cell, perhaps, shown_as
from .facts import Statement
from .heap import HELPER, IPYTHON, STATEFUL, Code
from .hints import Hints
from .interpret import BUILTINS, STAR
from .ipython import LINE_MAGICS
from .kernel_names import SHOWN_NAME, is_of_the_kernel
from .machine import Effects
from .metrics import metric_names
from .resources import generator_made, maker_after
from .segments import Placed, Unknown, Version, Walk, cut
from .trees import first_read
from .unseen import Unseen


def walk(
    model: PipelineModel,
    parameters: Mapping[str, str],
    is_local: Callable[[str], bool],
    hints: Hints,
) -> Walk:
    """Walk the notebook. `parameters`: names of the pipeline parameters -> id of their cell."""
    walker = make_walker(model, parameters, is_local, hints)
    walker.walk(lambda: None, lambda: None)
    return walker.found


def make_walker(
    model: PipelineModel,
    parameters: Mapping[str, str],
    is_local: Callable[[str], bool],
    hints: Hints,
) -> "Walker":
    """Return what walks a notebook; see `walk`."""
    found = Walk(cut(model), stateful=hints.stateful)
    walker = Walker(found, parameters, is_local, hints)
    shown = ("cache_info", "cache_clear")
    walker.interpreter.shows_caches = any(w in cell.body for cell in model.cells for w in shown)
    walker.interpreter.logs_to_files = any(world.LOG_FILES.search(c.body) for c in model.cells)
    walker.interpreter.shows_flags = any(world.FLAGS.search(c.body) for c in model.cells)
    uses = (analyse_cell(cell.body).uses for cell in model.cells)
    walker.numbered = {name for names in uses for name in names if SHOWN_NAME.fullmatch(name)}
    walker.interpreter.written_modules = world.written_modules(cell.body for cell in model.cells)
    return walker


class Walker(Unseen):
    """Walks the segments in order and notes for each what it needs and does."""

    def walk(self, begin: Callable[[], None], finish: Callable[[], None]) -> None:
        """Walk all segments; `begin` and `finish` are called before and after each one's cells."""
        for number, segment in enumerate(self.found.segments):
            self.enter(number)
            begin()
            for cell in (*segment.hosted, *segment.cells):
                self.cell(cell)
            finish()

    def cell(self, cell: MarkedCell) -> None:
        """Walk the statements of a cell."""
        facts = analyse_cell(cell.body)
        self.found.facts[cell.cell.id] = facts
        self.found.starts[cell.cell.id] = len(self.found.placed)
        fallible = may_fail(cell.cell)
        shown = f"_{cell.cell.number}"
        for statement in facts.statements:
            if shown in self.numbered:
                statement = shown_as(statement, shown)
            self._statement(cell, perhaps(statement) if fallible else statement)
        self._learned(cell)
        if cell.role is Role.METRICS:
            self._metrics(cell)

    def _learned(self, cell: MarkedCell) -> None:
        """Take in what earlier runs saw this cell do, as if its end said so."""
        strange, self._strange = self._strange, set()
        self.segment.strange |= strange
        present = self.current.keys()
        effects = self.hints.effects_of(cell, self.interpreter, present, bool(strange))
        if effects is not None:
            index = len(self.found.placed) - 1
            placed = Placed(self.found.placed[index].statement, cell, self.number)
            self._reads(placed, effects)
            self._world(placed, effects, index)
            self._names(placed, effects, index)

    def _statement(self, cell: MarkedCell, statement: Statement) -> None:
        index = len(self.found.placed)
        placed = Placed(statement, cell, self.number)
        self.found.placed.append(placed)
        for body in bodies_in(statement.operations):
            self.found.definitions[body] = index
        effects = self.interpreter.run_statement(index, statement.operations)
        for body in effects.types:
            self.found.definitions[body] = index
        for name in (*effects.exposed, *effects.bound):
            self._strange |= self._strangers(name)
        if effects.unpickles:
            for name in self.definitions & self.current.keys():
                effects.exposed.setdefault(name, (0, False))
        self._hidden(placed, effects, index)
        self._reads(placed, effects)
        keeping = {STATEFUL, HELPER} if self.interpreter.kept else {STATEFUL}
        known = map(self.interpreter.heap.get, effects.exposed)
        starred = bool(self.interpreter.kept) and STAR in placed.needs
        if starred or any(keeping & value.knows for value in known):
            # `from store import data`: what a package keeps may be what the name refers to.
            effects.world_reads.add(world.PACKAGES)
        declares = statement.literal and self.parameters.get(statement.target or "") == cell.cell.id
        if declares and cell.role is Role.PARAMETERS and statement.target is not None:
            placed.parameter = statement.target
            self._bind(statement.target, Version("parameter", self.number))
            return
        if statement.declares:
            placed.defined = frozenset(effects.bound - {"_"})
        placed.resource = statement.resource or generator_made(
            statement, self.interpreter.heap, self.found
        )
        placed.replays = self._may_replay(placed, effects)
        self._stays(placed, effects, index)
        self._world(placed, effects, index)
        self._names(placed, effects, index)
        names = effects.exposed.keys() | effects.bound
        self.segment.modules |= setups.modules_of(names, self.interpreter.heap.values)

    def _stays(self, placed: Placed, effects: Effects, index: int) -> None:
        """Note what lives on in this process only: what the shell is to run, and finalizers."""
        self.found.finalized.update(dict.fromkeys(effects.finalized, index))
        defined = all(
            name in self.definitions or self._is_module(name) or self._is_shell(name)
            for name in effects.exposed.keys() & self.current.keys()
        )
        lost = not (placed.replays and defined)
        self.found.hooks += [(index, hook) for hook in effects.hooks if lost or hook.remembers]

    def _is_shell(self, name: str) -> bool:
        return IPYTHON in self.interpreter.heap.get(name).knows

    def _reads(self, placed: Placed, effects: Effects) -> None:
        for name, (line, sure) in effects.exposed.items():
            version = self.current.get(name)
            if version is not None:
                placed.needs[name] = version
                self._expose(name)
            elif STAR in self.current and not is_of_the_kernel(name):
                # A star import may bind the names of builtins too: `sum` of numpy.
                placed.needs[STAR] = self.current[STAR]
                self._expose(STAR)
            elif name in LINE_MAGICS and effects.exposed.keys() == {name}:
                effects.world_reads |= world.of_magic("line", name, "").reads
            elif not sure and placed.statement.definition and name in effects.bound:
                # A decorator may call `fib` before it has its name; most only do so later.
                continue
            elif not self._is_there(name):
                hidden = self._take_unseen(placed, name) if self.openers else None
                if hidden is None or hidden.segment != self.number:
                    cell = hidden.cell if hidden else None
                    line = line or first_read(placed.cell.body, name) or placed.statement.line
                    self.found.unknown.append(
                        Unknown(name, placed.cell, line, self.segment.step, sure, hidden=cell)
                    )

    def _may_replay(self, placed: Placed, effects: Effects) -> bool:
        statement = placed.statement
        sets_up = statement.setting or self._only_sets_up(placed, effects)
        if statement.hides or effects.gives_attributes or not (statement.replayable or sets_up):
            return False
        if self.may_not_run and not statement.declares:
            return False
        if any(each.kind == "value" for each in placed.needs.values()):
            return False
        stateful = any(each.kind == "state" for each in placed.needs.values())
        if stateful and not statement.definition:
            return False
        # The state of a generator crosses as a value, also where an import seeded it.
        if effects.unbound or (effects.world_sets and not statement.declares):
            return False
        changed = {name for name in effects.changed if self._counts(name, effects)}
        written = effects.world_writes - (set(world.GENERATORS) if statement.declares else set())
        touched = changed | written | (effects.bound - effects.definite)
        # `_` may be the module's own state, shown in an earlier cell: that is not what is set.
        earlier = [self.current.get(name) for name in touched - effects.definite - {"_"}]
        return all(version is None or version.kind == "replay" for version in earlier)

    def _only_sets_up(self, placed: Placed, effects: Effects) -> bool:
        """Tell a call whose only effect is on settings: `prepare()` may be called again."""
        changed = {name for name in effects.changed if not self._is_module(name)}
        done = effects.bound - {"_"} | changed | effects.world_writes
        return placed.statement.plain_call and bool(effects.settings) and not done

    def _world(self, placed: Placed, effects: Effects, index: int) -> None:
        if world.TORCH_RANDOM in self.current and torch_draws.may_draw(placed.statement):
            effects.world_reads.add(world.TORCH_RANDOM)
            effects.world_writes.add(world.TORCH_RANDOM)
        unsure = (effects.world_sets - effects.definite) & self.current.keys()
        effects.world_sets -= unsure
        effects.world_reads |= unsure
        effects.world_writes |= unsure
        for part in sorted(effects.world_reads | effects.world_writes):
            if part in self.current:
                placed.needs[part] = self.current[part]
                self._expose(part)
        placed.writes_files |= world.FILES in effects.world_writes
        self.segment.reads_files |= world.FILES in effects.world_reads
        self.segment.reads_environ |= world.ENVIRON in effects.world_reads
        for part in sorted(effects.world_writes):
            # A generator that nobody seeded gives other numbers each time: nothing to carry.
            if part in world.GENERATORS and part not in self.current:
                continue
            self._change(part, placed, index)
        for part in sorted(effects.world_sets):
            self.segment.definite.add(part)
            self._bind(part, Version("value", self.number))
        if self.interpreter.shows_flags and not placed.statement.declares:
            # Any arithmetic may have raised one.
            self.segment.changed.add(world.SETTINGS)
            self.touched[world.SETTINGS] = self.number
            self.current[world.SETTINGS] = Version("value", self.number, maker=index)

    def _names(self, placed: Placed, effects: Effects, index: int) -> None:
        changed = {
            name for name in effects.changed if placed.replays or self._counts(name, effects)
        }
        placed.seeds = world.seeded(effects.settings)
        if placed.replays and (placed.statement.setting or effects.settings):
            changed |= self._set_up(placed, effects.settings)
            may_cross = not effects.settings or any(map(world.crosses, effects.settings))
            if world.SETTINGS in self.current and may_cross:
                # An earlier one crosses: what is set after it must not be undone by it.
                self._change(world.SETTINGS, placed, index)
        elif effects.settings:
            lost = {each for each in effects.settings if not world.crosses(each)}
            if lost != effects.settings:
                self._change(world.SETTINGS, placed, index)
            self.found.settings += [(index, frozenset(lost))] if lost else []
        if placed.replays:
            self.parts.load(placed.statement, index)
            changed |= self.parts.extended(placed.statement, self.current) - effects.bound
        if STAR in effects.bound:
            # It may bind any name that is there.
            effects.bound |= {name for name in self.current if name[0] != "@"}
        for name in sorted(effects.bound | changed | effects.unbound):
            if name in effects.definite:
                self.segment.definite.add(name)
                kind: Literal["replay", "value"] = "replay" if placed.replays else "value"
                loads = self.parts.bind(name, placed.statement)
                statements = (loads or (index,)) if placed.replays else ()
                crosses = placed.cell.role is Role.STEP and not placed.statement.declares
                version = Version(kind, self.number, statements, index, crosses)
                defines = self._defines(name, placed)
                if defines and self._differs(placed, effects):
                    version = Version("state", self.number, statements, index)
                self._bind(name, version)
                (self.definitions.add if defines else self.definitions.discard)(name)
            elif name in effects.bound:
                self._change(name, placed, index, bound=True)
            elif name in effects.unbound:
                if name in self._surely_gone(effects):
                    self.current.pop(name, None)
                    self.segment.definite.add(name)
                elif name in self.current:
                    self._change(name, placed, index)
            elif name in self.current:
                self._change(name, placed, index)
        self.segment.assumed |= effects.assumed
        self.segment.compared |= effects.compared
        self.segment.perhaps_compared |= effects.perhaps_compared

    def _defines(self, name: str, placed: Placed) -> bool:
        """Tell a name that is a function or class now, which later steps get by its replay."""
        if not (placed.replays and placed.statement.declares):
            return False
        knows = self.interpreter.heap.get(name).knows
        return placed.statement.definition or any(
            isinstance(each, Code) and each.kind != "instance" for each in knows
        )

    def _differs(self, placed: Placed, effects: Effects) -> bool:
        """Tell a definition that may come out differently when it is replayed."""
        read = effects.world_reads & {world.FILES, *world.GENERATORS}
        stateful = any(each.kind == "state" for each in placed.needs.values())
        return placed.statement.computed or stateful or bool(read)

    def _set_up(self, placed: Placed, settings: set[str]) -> set[str]:
        """Return the names wherever whose use a setting is replayed."""
        found = setups.set_up(placed.needs, self.interpreter.heap.values, settings)
        self.found.set_up |= {each.split(".")[0] for each in settings}
        for name in found & {setups.MAGICS, setups.LIBRARIES}:
            self.current.setdefault(name, Version("replay", self.number, crosses=False))
        return found

    def _counts(self, name: str, effects: Effects) -> bool:
        """Tell whether a change is one of the name's value.

        A function that is in a changed list, or whose class's instance changes, does not change.
        """
        return name not in self.definitions or name in effects.redefined

    def _surely_gone(self, effects: Effects) -> set[str]:
        return {name for name in effects.unbound if name not in self.interpreter.heap.values}

    def _bind(self, name: str, version: Version) -> None:
        self.current[name] = version
        self.touched[name] = self.number
        self.segment.bound.add(name)
        self.segment.definite.add(name)

    def _change(self, name: str, placed: Placed, index: int, bound: bool = False) -> None:
        """Make a new version that holds (a part of) the old one."""
        earlier = self.current.get(name)
        (self.segment.bound if bound else self.segment.changed).add(name)
        self.touched[name] = self.number
        if placed.replays and (earlier is None or earlier.kind == "replay"):
            statements = (*(earlier.statements if earlier else ()), index)
            crosses = earlier.crosses if earlier else name[0] != "@"
            self.current[name] = Version("replay", self.number, statements, index, crosses)
        elif earlier is not None and name in self.definitions and not bound:
            self.current[name] = Version("state", self.number, earlier.statements, index)
        else:
            maker = index if bound else maker_after(name, index, earlier, self.found)
            self.current[name] = Version("value", self.number, maker=maker)

    def _metrics(self, cell: MarkedCell) -> None:
        """Note the metrics: names that the cell binds, and those that it only shows."""
        values = self.interpreter.heap.values
        for name, line in metric_names(cell.body):
            if name in BUILTINS or is_of_the_kernel(name):
                continue
            if name not in self.current:
                unknown = Unknown(name, cell, line, self.segment.step, True, metric=True)
                self.found.unknown += [] if self.openers or STAR in self.current else [unknown]
            elif not (values[name].knows if name in values else ()):
                self.segment.metrics.setdefault(name)
