"""What a plan assumes of each step, for the step runtime to check (docs/semantics.md)."""

from collections.abc import Iterable

from . import world
from .flow import Need
from .plan import Input, Watch
from .segments import Segment, Walk
from .trusted import is_trusted

Takers = dict[tuple[int, str], list[int]]
"""By the segment that gives a name: the segments that take it, in their order."""


def takers_of(needs: list[Need]) -> Takers:
    """Return who takes each name from where."""
    takers: Takers = {}
    for number, need in enumerate(needs):
        for name, source in need.values.items():
            takers.setdefault((source, name), []).append(number)
    return takers


def read_only(
    walk: Walk, needs: list[Need], own: list[int], inputs: Iterable[Input], takers: Takers
) -> tuple[str, ...]:
    """Return inputs that are assumed unchanged and that a later step takes as they were.

    `own` are the indices of the step's segments.
    """
    found: set[str] = set()
    taken = {name for each in inputs for name in each.names}
    for number in own:
        segment = walk.segments[number]
        stays = segment.changed | segment.bound | needs[number].states
        for name in (taken & segment.assumed) - stays:
            source = needs[number].values.get(name)
            if source is not None and takers[source, name][-1] > number:
                found.add(name)
    return tuple(sorted(found))


class Later:
    """What is done to names after each segment."""

    def __init__(self, walk: Walk, needs: list[Need]) -> None:
        self._taken: dict[str, int] = {}
        self._changed: dict[str, int] = {}
        for number, (segment, need) in enumerate(zip(walk.segments, needs, strict=True)):
            self._taken.update(dict.fromkeys(need.values, number))
            self._changed.update(dict.fromkeys(segment.changed, number))

    def takes(self, name: str, number: int) -> bool:
        """Tell whether a segment after this one takes the name's value."""
        return self._taken.get(name, -1) > number

    def changes(self, name: str, number: int) -> bool:
        """Tell whether a segment after this one may change what the name holds."""
        return self._changed.get(name, -1) > number


def watch_of(
    walk: Walk, own: list[int], names: Iterable[str], given: set[str], after: Later
) -> Watch:
    """Return what else is assumed of a step, whose segments have these indices.

    `names` are those that it takes and leaves, `given` what it gives to others.
    """
    segments = [walk.segments[number] for number in own]
    used = {name for each in segments for name in (each.changed | each.bound | each.definite)}
    seeded = {part for part in world.GENERATORS if any(part in each.entry for each in segments)}
    unseeded = set(world.GENERATORS) - seeded - used
    strangers = _named({name for each in segments for name in each.strange}, walk)
    later = [each for each in walk.segments[own[-1] + 1 :] if each.step != segments[0].step]
    used_later = _named({name for each in later for name in each.strange}, walk)
    missed = bool(later) if strangers else any(map(_reads_files, later))
    separate = _separate(walk, own[-1], names, after)
    return Watch(
        generators=tuple(sorted(seeded - used)),
        seeds=tuple(sorted(unseeded)) if strangers and later else (),
        files=_files(segments, missed),
        packages=() if world.PACKAGES in used else tuple(sorted(strangers & used_later)),
        strangers=tuple(sorted(strangers)) if later and world.PATCHES not in used else (),
        world=tuple(sorted({world.ENVIRON, world.CWD} - given)) if strangers and later else (),
        reads_environ=bool(strangers) and any(each.reads_environ for each in later),
        same=_same(names, used, own[-1], after) if strangers else (),
        separate=separate,
        changing=tuple(
            name for group in separate for name in group if after.changes(name, own[-1])
        ),
    )


def _same(names: Iterable[str], used: set[str], last: int, after: Later) -> tuple[str, ...]:
    """Return names that a step only hands on or reads, and that later ones take, too."""
    kept = {name for name in names if name[0] != "@"} - used
    return tuple(sorted(name for name in kept if after.takes(name, last)))


def _separate(
    walk: Walk, last: int, names: Iterable[str], after: Later
) -> tuple[tuple[str, ...], ...]:
    """Return groups of names that may share objects at the end of a segment.

    Of names that later segments take; none where nothing of them is changed any more.
    """
    taken = [name for name in sorted(set(names)) if name[0] != "@" and after.takes(name, last)]
    if len(taken) < 2 or not any(after.changes(name, last) for name in taken):
        return ()
    values = walk.segments[last + 1].values
    groups: list[tuple[list[str], set[int]]] = []
    for name in taken:
        objects = set(values[name].objects) if name in values else set()
        with_it = [each for each in groups if not each[1].isdisjoint(objects)]
        groups = [each for each in groups if each not in with_it]
        members = [other for each in with_it for other in each[0]]
        groups.append(([*members, name], objects.union(*(each[1] for each in with_it))))
    if len(groups) < 2:
        return ()
    return tuple(sorted(tuple(sorted(members)) for members, _ in groups))


def stateful(walk: Walk, parts: set[str]) -> tuple[str, ...]:
    """Return the packages whose state a step takes or leaves, by the parts of the world."""
    keeping = walk.stateful | {each.partition(".")[0] for each in walk.kept}
    return tuple(sorted(keeping)) if world.PACKAGES in parts else ()


def kept(walk: Walk, parts: set[str]) -> tuple[str, ...]:
    """Return the variables of modules that each import computes anew, where these count."""
    return tuple(sorted(walk.kept)) if world.PACKAGES in parts else ()


def late(walk: Walk, parts: set[str]) -> tuple[str, ...]:
    """Return the modules that functions import only once, where that counts."""
    return tuple(sorted(walk.late)) if world.IMPORTED in parts else ()


def _named(strangers: set[str], walk: Walk) -> set[str]:
    """Return packages by name: `*` means all that the notebook imports."""
    if "*" not in strangers:
        return strangers
    imported = {name.partition(".")[0] for each in walk.facts.values() for name in each.modules}
    return (strangers - {"*"}) | {name for name in imported if name and not is_trusted(name)}


def _files(segments: list[Segment], missed: bool) -> tuple[str, ...]:
    """Return what files are not used for; `missed`: a later step would miss what is written."""
    watched = []
    reads = any(map(_reads_files, segments))
    if not reads and any(world.FILES in each.entry for each in segments):
        watched.append("reads")
    if missed and all(world.FILES not in each.changed for each in segments):
        watched.append("writes")
    return tuple(watched)


def _reads_files(segment: Segment) -> bool:
    return segment.reads_files or world.FILES in segment.exposed
