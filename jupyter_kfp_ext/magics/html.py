"""A run as HTML for a cell's output: in light and dark, with JupyterLab's colours or without."""

import html
import re
from collections.abc import Mapping

from ..engines.model import RunStatus, State, StepStatus
from ..runs.words import failures, one_line, step_note, time_taken

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_MUTED = "var(--jp-ui-font-color2, #757575)"
_COLOURS = {
    State.PENDING: _MUTED,
    State.RUNNING: "var(--jp-brand-color1, #2196f3)",
    State.SUCCEEDED: "var(--jp-success-color1, #43a047)",
    State.SKIPPED: _MUTED,
    State.FAILED: "var(--jp-error-color1, #e53935)",
    State.PAUSED: "var(--jp-warn-color1, #f57c00)",
    State.CANCELING: "var(--jp-warn-color1, #f57c00)",
    State.CANCELED: "var(--jp-warn-color1, #f57c00)",
}
_SIGNS = {
    State.PENDING: "○",
    State.RUNNING: "●",
    State.SUCCEEDED: "✓",
    State.SKIPPED: "–",
    State.FAILED: "✗",
    State.PAUSED: "◍",
    State.CANCELING: "◌",
    State.CANCELED: "◌",
}
_TABLE = "border: none; margin: 4px 0; color: inherit; font-size: inherit"
_CELL = "padding: 1px 12px 1px 0; text-align: left; background: none; border: none"


def run_html(run: RunStatus, numbers: Mapping[str, int]) -> str:
    """Return the run's state, its steps and what failed; `numbers` are cell ids to numbers."""
    rows = "".join(_row(step, numbers) for step in run.steps)
    metrics = "".join(
        f"<div>{_text(name)} = <b>{value:g}</b></div>" for name, value in run.metrics.items()
    )
    errors = "".join(_failure(step) for step in failures(run))
    message = "".join(f"<div>{_text(each)}</div>" for each in (*run.notes, run.message) if each)
    return (
        '<div style="color: var(--jp-ui-font-color1, inherit); font-size: 13px">'
        f"<div><b>{_text(run.name)}</b> {_state(run.state)} "
        f"{_text(time_taken(run.started, run.ended))} "
        f'<span style="color: {_MUTED}">{_text(run.id)}</span></div>'
        f'<table style="{_TABLE}">{rows}</table>'
        f"{metrics}{message}{errors}</div>"
    )


def run_text(run: RunStatus, numbers: Mapping[str, int]) -> str:
    """Return the same as plain text, for what shows no HTML."""
    lines = [f"{run.name}  {run.id}  {run.state.value}  {time_taken(run.started, run.ended)}"]
    for step in run.steps:
        taken = time_taken(step.started, step.ended)
        parts = [step.name, step.state.value, taken, one_line(step_note(step, numbers))]
        lines.append("  " + "  ".join(each for each in parts if each))
    lines.extend(f"  {name} = {value:g}" for name, value in run.metrics.items())
    lines.extend(each for each in (*run.notes, run.message) if each)
    return "\n".join(line.rstrip() for line in lines)


def _row(step: StepStatus, numbers: Mapping[str, int]) -> str:
    note = _text(step_note(step, numbers))
    return (
        f'<tr style="background: none"><td style="{_CELL}">{_state(step.state)}</td>'
        f'<td style="{_CELL}">{_text(step.name)}</td>'
        f'<td style="{_CELL}; text-align: right">{_text(time_taken(step.started, step.ended))}</td>'
        f'<td style="{_CELL}; color: {_MUTED}">{note}</td></tr>'
    )


def _state(state: State) -> str:
    word = state.value.lower()
    return (
        f'<span style="color: {_COLOURS[state]}" title="{word}" aria-label="{word}">'
        f"{_SIGNS[state]}</span>"
    )


def _failure(step: StepStatus) -> str:
    error = step.error
    if error is None:
        return f"<div>{_text(step.name)}: {_text(step.reason)}</div>"
    place = [f"cell {error.cell}"] if error.cell is not None else []
    place += [f"line {error.line}"] if error.line is not None else []
    where = f" ({', '.join(place)})" if place else ""
    trace = _text(_ANSI.sub("", "\n".join(error.traceback)))
    details = f"<details><summary>Traceback</summary><pre>{trace}</pre></details>" if trace else ""
    source = f"<pre>{_text(error.source.strip())}</pre>" if error.source.strip() else ""
    remedy = f"<div>{_text(error.remedy)}</div>" if error.remedy else ""
    return (
        f'<div style="border-left: 3px solid {_COLOURS[State.FAILED]}; padding-left: 8px">'
        f"<div><b>{_text(step.name)}</b>{where}: {_text(error.name)}: {_text(error.message)}</div>"
        f"{source}{remedy}{details}</div>"
    )


def _text(text: str) -> str:
    return html.escape(text)
