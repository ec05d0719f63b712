"""The steps of a pipeline as a drawing: Mermaid, which JupyterLab draws by itself, and text.

https://mermaid.js.org/syntax/flowchart.html
"""

from collections.abc import Mapping
from typing import Any

from ..engines.model import RunStatus, State

_STYLES = {
    State.RUNNING: "stroke:#2196f3,stroke-width:3px",
    State.SUCCEEDED: "stroke:#43a047,stroke-width:2px",
    State.FAILED: "stroke:#e53935,stroke-width:3px",
    State.CANCELED: "stroke:#f57c00,stroke-width:2px",
    State.CANCELING: "stroke:#f57c00,stroke-width:2px",
    State.SKIPPED: "stroke-dasharray:4",
}
_MOST_NAMES = 4
"""Names of variables written on one arrow."""


def pipeline_graph(pipeline: Mapping[str, Any]) -> dict[str, str]:
    """Return a notebook's graph by MIME type, from its `Pipeline` (docs/api.md)."""
    titles = {step["name"]: _title(step) for step in pipeline["steps"]}
    arrows: dict[tuple[str, str], list[str]] = {}
    for step in pipeline["steps"]:
        for taken in step["inputs"]:
            names = [name for name in taken["names"] if not name.startswith("@")]
            arrows.setdefault((taken["step"], step["name"]), []).extend(names)
        for before in step["after"]:
            arrows.setdefault((before, step["name"]), [])
    return _bundle(titles, arrows, {})


def run_graph(run: RunStatus) -> dict[str, str]:
    """Return a run's graph by MIME type, with the states of its steps."""
    titles = {step.task: f"{step.title}: {step.state.value.lower()}" for step in run.steps}
    arrows: dict[tuple[str, str], list[str]] = {
        (before, step.task): [] for step in run.steps for before in step.after
    }
    return _bundle(titles, arrows, {step.task: step.state for step in run.steps})


def _title(step: Mapping[str, Any]) -> str:
    options = step["options"]
    more = [f"for {options['for_each']}"] if options.get("for_each") else []
    more += [f"when {options['when']}"] if options.get("when") else []
    more += ["at the end"] if options.get("on_exit") else []
    return "\n".join([step["title"], *more])


def _bundle(
    titles: Mapping[str, str],
    arrows: Mapping[tuple[str, str], list[str]],
    states: Mapping[str, State],
) -> dict[str, str]:
    ids = {name: f"s{number}" for number, name in enumerate(titles)}
    lines = ["flowchart LR"]
    lines += [f'  {ids[name]}["{_escaped(title)}"]' for name, title in titles.items()]
    for (before, after), names in arrows.items():
        label = f'|"{_escaped(_in_short(names))}"|' if names else ""
        lines.append(f"  {ids[before]} -->{label} {ids[after]}")
    lines += [f"  style {ids[name]} {_STYLES[each]}" for name, each in states.items()
              if each in _STYLES]  # fmt: skip
    return {"text/vnd.mermaid": "\n".join(lines), "text/plain": _text(titles, arrows)}


def _text(titles: Mapping[str, str], arrows: Mapping[tuple[str, str], list[str]]) -> str:
    lines = []
    for name, title in titles.items():
        lines.append(title.replace("\n", ", "))
        for (before, after), names in arrows.items():
            if after == name:
                first = titles[before].split("\n")[0]
                lines.append(f"  <- {first}{f': {_in_short(names)}' if names else ''}")
    return "\n".join(lines)


def _in_short(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _escaped(text: str) -> str:
    """Return text that Mermaid shows as it is, whatever letters it has."""
    kept = [each if each.isalnum() or each in " _-,.:" else f"#{ord(each)};" for each in text]
    return "".join(kept).replace("#10;", "<br/>")
