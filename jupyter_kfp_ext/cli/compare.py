"""`jupyter kfp compare`: runs side by side, and what differs between them."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .output import print_json
from .style import Style


def run(args: argparse.Namespace) -> int:
    """Print what differs between the runs, or all of it."""
    from ..runs.compare import compare_runs

    told = compare_runs([args.run_id, *args.other_ids])
    if args.json:
        print_json(told)
        return 0
    for line in _lines(told, args.all, Style.of(sys.stdout)):
        print(line)
    return 0


def _lines(told: Mapping[str, Any], everything: bool, style: Style) -> Iterator[str]:
    runs = told["runs"]
    rows = [
        ("", [each["run_id"] for each in runs], False),
        ("state", [each["state"] for each in runs], False),
        ("time", [_seconds(each["seconds"]) for each in runs], False),
    ]
    # What was said of runs is shown where any has it.
    if any(each["about"]["name"] or each["about"]["tags"] for each in runs):
        rows.append(("said", [_said(each["about"]) for each in runs], False))
    for kind in ("parameters", "metrics"):
        rows += [
            (row["name"], [_value(each) for each in row["values"]], row["differs"])
            for row in told[kind]
            if everything or row["differs"]
        ]
    for step in told["steps"]:
        states = [state or "" for state in step["state"]]
        if everything or len(set(states)) > 1:
            rows.append((f"step {step['name']}", states, len(set(states)) > 1))
    yield from _table(rows, style)
    yield from _code(told["code"], style)


def _table(rows: Sequence[tuple[str, list[str], bool]], style: Style) -> Iterator[str]:
    """Yield the rows in columns, a `*` before those that differ."""
    from ..runs.words import one_line

    cells = [[one_line(name), *map(one_line, values)] for name, values, _ in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    for row, (_, _, differs) in zip(cells, rows, strict=True):
        columns = [text.ljust(width) for text, width in zip(row, widths, strict=True)]
        line = f"{'*' if differs else ' '} {'  '.join(columns).rstrip()}"
        yield style.paint(line, "1") if differs else line


def _code(told: Sequence[Mapping[str, Any]], style: Style) -> Iterator[str]:
    first, *others = told
    for each in others:
        yield ""
        if each["cells"] is None:
            yield f"The code of {each['run_id']} and {first['run_id']} is not known."
        elif not each["cells"]:
            yield f"The code of {each['run_id']} is that of {first['run_id']}."
        else:
            yield f"The code of {each['run_id']}, against {first['run_id']}:"
        for cell in each["cells"] or ():
            step = f" ({cell['step']})" if cell["step"] else ""
            yield f"  cell {cell['number']}{step}: {cell['change']}"
            yield from (f"    {_colored(line, style)}" for line in cell["lines"])


def _colored(line: str, style: Style) -> str:
    if line[:1] == "+":
        return style.paint(line, "32")
    return style.paint(line, "31") if line[:1] == "-" else line


def _seconds(seconds: float | None) -> str:
    from ..runs.words import duration

    return "" if seconds is None else duration(seconds)


def _said(about: Mapping[str, Any]) -> str:
    return " ".join([about["name"], *(f"#{tag}" for tag in about["tags"])]).strip()


def _value(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
