"""Slots: how the names that a step leaves for others are cut into artifacts.

Each name is an artifact of its own where they are few, so that a step waits for and loads just
what it reads. Every artifact makes the executor input of its producer and readers longer, and a
run's workflow object holds that text three times, so many names are put together by their readers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ..analysis.plan import Plan, StepPlan
from .names import digest, key_of, unique

MOST_SINGLE = 12
"""A step that leaves more names than this puts those with the same readers into one slot."""
RESERVED = frozenset({"cells", "metrics"})
"""Artifacts that the step runtime writes for itself."""


@dataclass(frozen=True)
class Slot:
    """Names that travel as one artifact."""

    key: str
    """Key of the output artifact: an ASCII identifier, unique in its step."""
    names: tuple[str, ...]
    """Sorted."""


@dataclass(frozen=True)
class Wire:
    """An artifact that a step takes from another."""

    key: str
    """Key of the input artifact: an ASCII identifier, unique in its step."""
    producer: str
    """Task."""
    slot: str
    names: tuple[str, ...]
    """The names that the step takes; the slot may hold more."""
    collected: bool = False
    """It is a list: one of each iteration of a loop."""

    @property
    def where(self) -> tuple[str, str]:
        """Producer and slot."""
        return self.producer, self.slot


def find_slots(plan: Plan) -> dict[str, tuple[Slot, ...]]:
    """Return the slots of each step by its task, in the order of their names."""
    readers = _readers(plan)
    return {step.task: _slots_of(step, readers) for step in plan.steps}


def find_wires(plan: Plan, slots: Mapping[str, tuple[Slot, ...]]) -> dict[str, tuple[Wire, ...]]:
    """Return what each step takes, by its task, in the order of producers and slots."""
    producers = {step.name: step for step in plan.steps}
    return {step.task: _wires_of(step, producers, slots) for step in plan.steps}


def _readers(plan: Plan) -> dict[tuple[str, str], list[str]]:
    """Return the tasks that take each (step name, name), in order."""
    readers: dict[tuple[str, str], list[str]] = {}
    for step in plan.steps:
        for source in step.inputs:
            for name in source.names:
                readers.setdefault((source.step, name), []).append(step.task)
    return readers


def _slots_of(step: StepPlan, readers: Mapping[tuple[str, str], list[str]]) -> tuple[Slot, ...]:
    groups: dict[tuple[str, ...], list[str]] = {}
    few = len(step.outputs) <= MOST_SINGLE
    # Of a condition, one place is passed on (`compiler.groups`).
    one = step.when or (step.decides is not None and step.decides.kind == "when")
    for name in sorted(step.outputs):
        together = (name,) if few else tuple(readers.get((step.name, name), ()))
        together = () if one else together
        groups.setdefault(together, []).append(name)
    taken: set[str] = set(RESERVED)
    slots = []
    for names in groups.values():
        slots.append(Slot(_key(names, taken), tuple(names)))
        taken.add(slots[-1].key)
    return tuple(slots)


def _key(names: list[str], taken: set[str]) -> str:
    if len(names) == 1:
        return unique(key_of(names[0]), names[0], taken)
    return f"names_{digest(chr(0).join(names))}"


def _wires_of(
    step: StepPlan, producers: Mapping[str, StepPlan], slots: Mapping[str, tuple[Slot, ...]]
) -> tuple[Wire, ...]:
    wires: list[Wire] = []
    taken: set[str] = {key_of(name) for name in step.parameters}
    for source in step.inputs:
        producer = producers[source.step].task
        collected = producers[source.step].loop is not None
        wanted = set(source.names)
        for slot in slots[producer]:
            names = tuple(name for name in slot.names if name in wanted)
            if names:
                plain = f"{producer.replace('-', '_')}__{slot.key}"
                key = unique(plain, f"{producer}/{slot.key}", taken)
                wires.append(Wire(key, producer, slot.key, names, collected))
                taken.add(key)
    return tuple(wires)
