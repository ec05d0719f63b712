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


def watch_of(walk: Walk, own: list[int]) -> Watch:
    """Return what else is assumed of a step, whose segments have these indices."""
    segments = [walk.segments[number] for number in own]
    used = {name for each in segments for name in (each.changed | each.bound | each.definite)}
    seeded = {part for part in world.GENERATORS if any(part in each.entry for each in segments)}
    generators = tuple(sorted(seeded - used))
    strangers = _named({name for each in segments for name in each.strange}, walk)
    if not strangers:
        return Watch(generators)
    later = [each for each in walk.segments[own[-1] + 1 :] if each.step != segments[0].step]
    used_later = _named({name for each in later for name in each.strange}, walk)
    return Watch(
        generators=generators,
        files=_files(segments, bool(later)),
        packages=() if world.PACKAGES in used else tuple(sorted(strangers & used_later)),
        strangers=tuple(sorted(strangers)) if later and world.PATCHES not in used else (),
    )


def stateful(walk: Walk, outputs: Iterable[str], inputs: Iterable[Input]) -> tuple[str, ...]:
    """Return the packages whose state a step takes or leaves."""
    names = {name for each in inputs for name in each.names} | set(outputs)
    return tuple(sorted(walk.stateful)) if world.PACKAGES in names else ()


def _named(strangers: set[str], walk: Walk) -> set[str]:
    """Return packages by name: `*` means all that the notebook imports."""
    if "*" not in strangers:
        return strangers
    imported = {name.partition(".")[0] for each in walk.facts.values() for name in each.modules}
    return (strangers - {"*"}) | {name for name in imported if name and not is_trusted(name)}


def _files(segments: list[Segment], later: bool) -> tuple[str, ...]:
    watched = []
    reads = any(each.reads_files or world.FILES in each.exposed for each in segments)
    if not reads and any(world.FILES in each.entry for each in segments):
        watched.append("reads")
    if later and all(world.FILES not in each.changed for each in segments):
        watched.append("writes")
    return tuple(watched)
