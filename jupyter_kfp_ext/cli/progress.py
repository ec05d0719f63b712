"""How a run's progress looks: a view that is redrawn on a terminal, else a line for each change."""

import shutil
import unicodedata
from collections.abc import Mapping
from typing import Protocol, TextIO

from ..engines.model import Phase, RunStatus, State, StepStatus
from ..runs.words import failure_text, failures, one_line, step_note, time_taken
from .style import Style


class View(Protocol):
    """Shows a run while it goes on."""

    def show(self, run: RunStatus) -> None:
        """Show the run as it is now; called at each change and twice a second."""

    def close(self) -> None:
        """Leave the screen so that text can follow."""


def make_view(stream: TextIO, numbers: Mapping[str, int]) -> View:
    """Return the view that suits the stream; `numbers` are cell ids to cell numbers."""
    style = Style.of(stream)
    return LiveView(stream, style, numbers) if style.terminal else LineView(stream, numbers)


class LineView:
    """One line for each step that changes its state."""

    def __init__(self, stream: TextIO, numbers: Mapping[str, int]) -> None:
        self._stream = stream
        self._numbers = numbers
        self._seen: dict[str, State] = {}
        self._started: set[str] = set()
        """Names of the phases that were told."""

    def show(self, run: RunStatus) -> None:
        """Print the steps whose state is another than before."""
        width = _name_width(run)
        for phase in run.phases:
            if phase.state.ended and phase.name not in self._started:
                self._started.add(phase.name)
                print(phase_line(phase), file=self._stream, flush=True)
        for step in run.steps:
            before = self._seen.get(step.task, State.PENDING)
            self._seen[step.task] = step.state
            if step.state is before:
                continue
            taken = time_taken(step.started, step.ended) if step.state.ended else ""
            note = step_note(step, self._numbers)
            parts = [_padded(step.name, width), f"{step.state.value:<9}", taken, one_line(note)]
            print("  ".join(each for each in parts if each).rstrip(), file=self._stream, flush=True)

    def close(self) -> None:
        """Nothing to leave."""


class LiveView:
    """One line a step, drawn again in place."""

    def __init__(self, stream: TextIO, style: Style, numbers: Mapping[str, int]) -> None:
        self._stream = stream
        self._style = style
        self._numbers = numbers
        self._drawn: list[str] = []

    def show(self, run: RunStatus) -> None:
        """Draw the steps over the former drawing."""
        columns, rows = shutil.get_terminal_size()
        lines = step_lines(run, self._style, self._numbers, columns, rows - 2)
        if lines == self._drawn:
            return
        # Up to the first line of the former drawing, and clear from there (ECMA-48 CPL, ED).
        up = f"\x1b[{len(self._drawn)}F" if self._drawn else ""
        self._stream.write(up + "\x1b[J" + "".join(f"{line}\n" for line in lines))
        self._stream.flush()
        self._drawn = lines

    def close(self) -> None:
        """Keep the last drawing; what follows is written below it."""
        self._drawn = []


def step_lines(
    run: RunStatus, style: Style, numbers: Mapping[str, int], columns: int, rows: int
) -> list[str]:
    """Return a line for each step, none wider than `columns`, at most `rows` of them.

    Where there are more steps than rows, those that are done or wait are counted in a last line.
    """
    steps = list(run.steps)
    hidden = 0
    if len(steps) > max(rows, 2):
        kept = sorted(steps, key=_dullness)[: max(rows, 2) - 1]
        hidden = len(steps) - len(kept)
        steps = [each for each in steps if each in kept]
    width = _name_width(run)
    lines = [_step_line(step, style, numbers, width, columns) for step in steps]
    starting = next((each for each in run.phases if each.state is State.RUNNING), None)
    if starting is not None:
        lines.insert(0, style.paint(f"  starting: {starting.name}", "2"))
    if hidden:
        lines.append(style.paint(f"  and {hidden} more steps", "2"))
    return lines


def phase_line(phase: Phase) -> str:
    """Return a line for a part of starting a run on a cluster."""
    taken = time_taken(phase.started, phase.ended)
    words = phase.name if phase.state is State.SUCCEEDED else f"{phase.name} {phase.state.value}"
    return f"{words}: {one_line(phase.message)} ({taken})"


def print_steps(run: RunStatus, style: Style, stream: TextIO | None = None) -> None:
    """Print a line for each step, once."""
    columns = shutil.get_terminal_size().columns if style.terminal else 10_000
    for line in step_lines(run, style, {}, columns, len(run.steps) + 1):
        print(line, file=stream)


def print_notes(run: RunStatus, stream: TextIO | None = None) -> None:
    """Print what the engine does not apply of what the notebook says."""
    for note in run.notes:
        print(note, file=stream)


def print_outcome(run: RunStatus, style: Style, stream: TextIO | None = None) -> None:
    """Print how a run ended: metrics, or each failed step with its error and where its log is."""
    for name, value in run.metrics.items():
        print(f"  {name} = {value:g}", file=stream)
    for step in failures(run):
        print(f"\n{_plain_or_coloured(failure_text(step), style)}", file=stream)
        print(f"Whole log: jupyter kfp logs {run.id} {step.task}", file=stream)
    if run.message:
        print(run.message, file=stream)


def _step_line(
    step: StepStatus, style: Style, numbers: Mapping[str, int], width: int, columns: int
) -> str:
    taken = time_taken(step.started, step.ended)
    text = f"{_padded(step.name, width)}  {taken:>11}  {step_note(step, numbers)}".rstrip()
    return f"{style.sign(step.state)} {_cut(one_line(text), columns - 3)}"


def _dullness(step: StepStatus) -> int:
    order = (State.FAILED, State.RUNNING, State.CANCELING, State.PENDING)
    return order.index(step.state) if step.state in order else len(order)


def _name_width(run: RunStatus) -> int:
    return min(32, max((_columns(step.name) for step in run.steps), default=0))


def _columns(text: str) -> int:
    return sum(_char_columns(char) for char in text)


def _char_columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _columns(text))


def _cut(text: str, columns: int) -> str:
    if _columns(text) <= columns:
        return text
    kept = ""
    room = columns - 3
    for char in text:
        room -= _char_columns(char)
        if room < 0:
            break
        kept += char
    return f"{kept}..."


def _plain_or_coloured(text: str, style: Style) -> str:
    import re

    return text if style.colours else re.sub(r"\x1b\[[0-9;]*m", "", text)
