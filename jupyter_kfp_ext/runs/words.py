"""Problems, durations and failures in words, the same in a terminal and in a kernel."""

import time
from collections.abc import Iterator, Mapping

from ..engines.model import RunStatus, State, StepStatus
from ..errors import Problem


def problem_text(problem: Problem, notebook: str | None = None) -> str:
    """Return `a.ipynb: cell 3, line 2: error[name-undefined]: message`, remedy and fixes below."""
    place = [each for each in (notebook, problem.place) if each]
    kind = f"{problem.severity.value}[{problem.code.value}]"
    text = ": ".join([*place, kind, problem.message])
    below = [problem.remedy] if problem.remedy else []
    below += [f"Fix: {fix.title}." for fix in problem.fixes]
    return "\n  ".join([text, *below])


def duration(seconds: float) -> str:
    """Return a length of time for people: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 03 min`."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def size(number: int | None) -> str:
    """Return a number of bytes for people: `512 B`, `3.4 KiB`, `1.1 GiB`; empty for None."""
    if number is None:
        return ""
    amount = float(number)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1000 or unit == "GiB":
            break
        amount /= 1024
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 99.5 else f"{amount:.2g} {unit}"


def time_taken(started: float | None, ended: float | None) -> str:
    """Return how long something took, or takes until now; empty where it has not started."""
    if started is None:
        return ""
    return duration((time.time() if ended is None else ended) - started)


def run_line(run: RunStatus) -> str:
    """Return one line for lists of runs: id, state, when it was started, how long it took."""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.created))
    took = time_taken(run.started, run.ended)
    return f"{run.id}  {run.state.value:<9}  {when}  {took:>11}  {run.name}"


def one_line(text: str) -> str:
    """Return a text for a table's row, its line ends as spaces."""
    return " ".join(text.splitlines())


def step_note(step: StepStatus, numbers: Mapping[str, int] | None = None) -> str:
    """Return what is worth saying beside a step's state: its cell, its error, why it waits."""
    if step.error is not None:
        return error_headline(step)
    if step.iterations and not step.state.ended:
        return f"{sum(each.state.ended for each in step.iterations)}/{len(step.iterations)}"
    if step.state is State.RUNNING and step.cell is not None:
        number = (numbers or {}).get(step.cell)
        return f"cell {number}" if number is not None else ""
    if step.cached:
        return f"cached, from {step.cached_from}" if step.cached_from else "cached"
    if step.snapshots and not step.reason:
        took = step.snapshot_seconds
        return "snapshot of data taken" + (f", {duration(took)}" if took is not None else "")
    return step.reason


def error_headline(step: StepStatus) -> str:
    """Return `NameError: name 'z' is not defined (cell 4, line 2)`; empty where none failed."""
    error = step.error
    if error is None:
        return ""
    parts = []
    if error.cell is not None:
        parts.append(f"cell {error.cell}")
    if error.line is not None:
        parts.append(f"line {error.line}")
    place = f" ({', '.join(parts)})" if parts else ""
    return f"{error.name}: {error.message}{place}"


def failures(run: RunStatus) -> Iterator[StepStatus]:
    """Yield the steps that failed, in the pipeline's order."""
    return (step for step in run.steps if step.state is State.FAILED)


def failure_text(step: StepStatus) -> str:
    """Return all that is known about a failed step: headline, the user's line, the traceback."""
    if step.error is None:
        return f"Step {step.name} failed. {step.reason}".rstrip()
    error = step.error
    lines = [f"Step {step.name} failed: {error_headline(step)}"]
    if error.source.strip():
        lines.append(f"    {error.source.strip()}")
    lines.extend(error.traceback)
    if error.remedy:
        lines.append(error.remedy)
    return "\n".join(lines)
