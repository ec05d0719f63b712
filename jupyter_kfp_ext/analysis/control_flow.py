"""What loops, conditions and the exit mean for names: hooks of the walk, and what is refused.

Iterations of a loop all start from what was before it, so they may not hand anything to each other;
what they assign is a list afterwards. What a step with a condition sets may not be there.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from ..errors import Code, Problem, Severity
from ..notation.model import MarkedCell
from . import world
from .between_iterations import problems_between_iterations
from .cell import analyse_cell
from .control import ADDED, STATUS, Control, names_in_words, problem_at
from .exits import exit_problems
from .flow import Need
from .heap import Value
from .scopes import is_module_name
from .segments import Placed, Segment, Version, Walk
from .versions import Walker


@dataclass(frozen=True)
class Copy:
    """A list of a loop that holds objects of before the loop, which a run copies."""

    segment: int
    name: str
    objects: frozenset[int]


class ControlledWalk:
    """Frames the walk over the segments of steps with controls."""

    def __init__(
        self, walker: Walker, controls: Mapping[str, Control], deciders: Collection[str]
    ) -> None:
        self.walker = walker
        self.controls = controls
        self.deciders = deciders
        self.results: dict[str, tuple[str, ...]] = {}
        """Names that each loop makes lists of, by step."""
        self.weakly_changed: dict[str, set[str]] = {}
        """Outer names that a loop may change though the code does not say so, by step."""
        self.refused: dict[str, set[str]] = {}
        """Outer names that a loop changes, which is refused, by step."""
        self.problems: list[Problem] = []
        self.copies: list[Copy] = []
        self.changed: dict[int, frozenset[int]] = {}
        """Objects that each segment may change."""
        self._values: dict[str, Value] = {}

    def begin(self) -> None:
        """Before the cells of the walker's segment."""
        self.walker.interpreter.forget_changes()
        self._see_to_files()
        control = self.controls.get(self.walker.segment.step)
        self.walker.may_not_run = control is not None and may_not_run(control)
        self.walker.interpreter.in_loop = control is not None and control.loop is not None
        if control is None:
            return
        self._values = dict(self.walker.interpreter.heap.values)
        if control.loop is not None:
            items = control.loop.variable
            if control.loop.values is not None:
                items = repr(list(control.loop.values))
            self._run(f"{control.loop.target} = {items}[0]", control, "item")
            for name in control.loop.names:
                self._leave(name)
        elif control.on_exit:
            self.walker.current[STATUS] = Version("parameter", self.walker.number)
            self.walker.segment.definite.add(STATUS)

    def _see_to_files(self) -> None:
        """Take the files of a loop before that read some too: it is looked whose those were."""
        before = self.walker.number - 1
        found = self.walker.found.segments[before] if before >= 0 else self.walker.segment
        control = self.controls.get(found.step)
        if control is not None and control.loop is not None and found.reads_files:
            self.walker.segment.exposed.setdefault(world.FILES)

    def finish(self) -> None:
        """After them."""
        self.changed[self.walker.number] = frozenset(self.walker.interpreter.changed)
        if self.walker.segment.step in self.deciders:
            self._finish_decision()
        control = self.controls.get(self.walker.segment.step)
        if control is None:
            return
        if control.loop is not None:
            self._finish_loop(control)
        elif control.when:
            self._finish_condition()
        else:
            self._forget_all()

    def _run(self, text: str, control: Control, kind: str) -> None:
        """Run a statement that the step's control stands for."""
        first = control.step.cells[0]
        cell = replace(first.cell, id=f"{first.cell.id}{ADDED}{kind}", source=text)
        self.walker.cell(MarkedCell(cell, first.role, first.source, control.step.name, text))

    def _leave(self, name: str) -> None:
        """Make a name a value of this segment: it cannot be replayed."""
        walker = self.walker
        maker = len(walker.found.placed) - 1
        walker.found.placed[maker].replays = False
        walker.current[name] = Version("value", walker.number, maker=maker)
        walker.touched[name] = walker.number
        walker.segment.bound.add(name)
        walker.segment.definite.add(name)
        walker.definitions.discard(name)

    def _finish_loop(self, control: Control) -> None:
        walker, segment = self.walker, self.walker.segment
        self._refuse_changes(control)
        results = []
        for name in sorted(segment.bound | set(control.loop.names if control.loop else ())):
            version = walker.current.get(name)
            if not is_module_name(name) or name[0] == "@" or name == "_" or version is None:
                continue
            placed = walker.found.placed[version.maker] if version.maker is not None else None
            if placed is not None and placed.statement.declares:
                if not placed.replays:
                    self.problems.append(
                        problem_at(
                            control.step,
                            "for_each",
                            f"{name} is defined in the loop from what only one iteration has",
                            "Define it in a step above, and give it that as an argument.",
                            Code.VALUE_CANNOT_CROSS,
                        )
                    )
                continue
            results.append(name)
        self.results[segment.step] = tuple(results)
        for name in set(results) - segment.definite:
            # An iteration that does not assign it has what was before the loop.
            if name in segment.entry:
                segment.exposed.setdefault(name)
        segment.definite |= set(results)
        self._make_lists(results)
        for name in results:
            self._leave(name)
        self._unchange(segment.changed - set(results) - {world.FILES})

    def _make_lists(self, names: list[str]) -> None:
        """Bind names to lists of what iterations made.

        In a kernel they hold the very objects that iterations took from outside, here copies: that
        is remembered, and matters once one of them is changed (`control_problems`).
        """
        heap, number = self.walker.interpreter.heap, self.walker.number
        outer = frozenset[int]().union(*(each.objects for each in self._values.values()))
        for name in names:
            value = heap.get(name)
            site = heap.site(("list of a loop", number, name))
            own = Value(value.same - outer | {site}, value.weak - outer, value.knows)
            heap.put(name, own)
            if value.same & outer:
                self.copies.append(Copy(number, name, value.same & outer | {site}))

    def _refuse_changes(self, control: Control) -> None:
        """Refuse what an iteration would leave to the next one."""
        segment, interpreter = self.walker.segment, self.walker.interpreter
        outer = {name for name in segment.entry if is_module_name(name) and name[0] != "@"}
        known = {name: self._values[name] for name in outer if name in self._values}
        sure = {name for name, value in known.items() if value.same & interpreter.changed_same}
        sure |= {
            name
            for name in outer & segment.changed - segment.bound
            if not known.get(name, Value()).objects
        }
        sure = sure - self.walker.definitions | self._redefined()
        possible = {name for name, value in known.items() if value.objects & interpreter.changed}
        self.weakly_changed[segment.step] = possible - sure
        self.refused[segment.step] = sure
        shown = names_in_words(sure)
        if shown:
            self.problems.append(
                problem_at(
                    control.step,
                    "for_each",
                    f"it changes {shown}, which was made before the loop: each iteration starts "
                    "from it as it was, so the changes of the others would be lost",
                    "Copy it in the cell (`copy.deepcopy`), or assign what each iteration makes "
                    "to a name, which is the list of all afterwards.",
                    Code.VALUE_CANNOT_CROSS,
                )
            )
        self.problems += problems_between_iterations(control, segment)

    def _redefined(self) -> set[str]:
        """Return functions and classes of before in which the step stores something."""
        walker = self.walker
        return {
            name
            for name in walker.definitions & walker.segment.changed - walker.segment.bound
            if walker.current[name].kind == "state"
            and walker.current[name].segment == walker.number
        }

    def _finish_decision(self) -> None:
        """Take a condition, or the list of a loop, to look only: the step runtime sees to it."""
        segment = self.walker.segment
        self.weakly_changed[segment.step] = {n for n in segment.changed if n in segment.entry}
        self._unchange(segment.changed)

    def _unchange(self, names: set[str]) -> None:
        """Forget that names were changed here: that is looked after, or was refused."""
        walker, segment = self.walker, self.walker.segment
        for name in names:
            if name in segment.entry:
                walker.current[name] = segment.entry[name]
                walker.touched[name] = segment.touched.get(name, walker.number)
        segment.changed -= names

    def _finish_condition(self) -> None:
        walker, segment = self.walker, self.walker.segment
        segment.definite.clear()
        heap = walker.interpreter.heap
        for name, value in self._values.items():
            heap.merge(name, value)
        for name in segment.entry.keys() - walker.current.keys():  # it may be deleted
            walker.current[name] = Version("value", walker.number)
            walker.touched[name] = walker.number
            segment.bound.add(name)

    def _forget_all(self) -> None:
        """Forget what the step at the exit does: nothing comes after it."""
        walker, segment = self.walker, self.walker.segment
        walker.current = dict(segment.entry)
        walker.touched = dict(segment.touched)
        heap = walker.interpreter.heap
        for name in list(heap.values):
            if name not in self._values:
                heap.drop(name)
        for name, value in self._values.items():
            heap.put(name, value)


def may_not_run(control: Control) -> bool:
    """Tell a step with a condition, and a loop whose list may be empty."""
    return bool(control.when) or (control.loop is not None and not control.loop.values)


def control_problems(
    controls: Mapping[str, Control],
    found: Walk,
    needs: list[Need],
    walked: ControlledWalk,
) -> list[Problem]:
    """Return what cannot be had from loops, conditions and the exit, and what may be missing."""
    problems = [
        _changed_copy(controls[found.segments[copy.segment].step], copy.name)
        for copy in walked.copies
        if any(
            number > copy.segment and (objects | found.segments[number].compared) & copy.objects
            for number, objects in walked.changed.items()
        )
    ]
    seen: dict[str, int] = {}
    for number, segment in enumerate(found.segments):
        control = controls.get(segment.step)
        if control is None:
            continue
        if segment.step in seen:
            problems.append(
                problem_at(
                    control.step,
                    _option(control),
                    "its cells stand apart",
                    "Move them together.",
                    Code.OPTION_CONFLICT,
                )
            )
        seen[segment.step] = number
        if control.loop is not None:
            had = {*walked.results[segment.step], *walked.refused[segment.step]}
            problems += _not_from_a_loop(control, needs[number], had)
        elif control.on_exit:
            problems += exit_problems(control, found, needs[number], number)
        if control.when:
            problems += _maybe_missing(control, found, needs, number)
    return problems


def _option(control: Control) -> str:
    return "for_each" if control.loop else "when" if control.when else "on_exit"


def _not_from_a_loop(control: Control, need: Need, had: set[str]) -> list[Problem]:
    lost = need.gives - had
    shown = names_in_words({name for name in lost if name[0] != "@"})
    if not shown and world.PACKAGES in lost:
        shown = "what packages keep"
    elif not shown and lost & set(world.GENERATORS):
        shown = "its random numbers"
    return [_changed_copy(control, shown)] if shown else []


def _changed_copy(control: Control, what: str) -> Problem:
    return problem_at(
        control.step,
        "for_each",
        f"later cells may change {what}, or look at which object it is, and it holds what was made "
        "before the loop: in a kernel both are one, in a run each iteration has a copy",
        "Copy what the loop keeps of it (`copy.deepcopy`).",
        Code.VALUE_CANNOT_CROSS,
    )


def _maybe_missing(control: Control, found: Walk, needs: list[Need], number: int) -> list[Problem]:
    problems: list[Problem] = []
    own = found.segments[number]
    told: set[str] = set()
    for placed in found.placed:
        if placed.segment <= number or found.segments[placed.segment].step == own.step:
            continue
        for name, version in placed.needs.items():
            missing = version.segment == number and name not in own.entry and name not in told
            if missing and is_module_name(name) and name[0] != "@":
                told.add(name)
                problems.append(_warning(control, found.segments[placed.segment], name, placed))
    for later, need in enumerate(needs):
        if later <= number or found.segments[later].step == own.step:
            continue
        for each in sorted(need.replays):
            defined = found.placed[each]
            if defined.segment == number and defined.statement.declares:
                names = _names_of(defined.cell)
                problems.append(
                    problem_at(
                        control.step,
                        "when",
                        f"it defines or imports what step {found.segments[later].step!r} uses"
                        f" ({names}), and it may be skipped",
                        "Move the import or definition above the step.",
                        Code.VALUE_CANNOT_CROSS,
                    )
                )
                return problems
    return problems


def _names_of(cell: MarkedCell) -> str:
    """Return the names that a cell binds, for a message."""
    return ", ".join(sorted(analyse_cell(cell.body).binds)) or "a lambda"


def _warning(control: Control, segment: Segment, name: str, placed: Placed) -> Problem:
    cell = placed.cell.cell
    return Problem(
        Code.NAME_UNDEFINED,
        f"{name} is only set where `{control.when}` holds: step {control.step.name!r} is skipped "
        "otherwise.",
        f"Give {name} a value before that step, or say the same `when` here.",
        severity=Severity.WARNING,
        cell=cell.number,
        cell_id=cell.id.partition(ADDED)[0],
        line=placed.statement.line,
        step=segment.step,
    )
