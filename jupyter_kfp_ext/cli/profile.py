"""What the steps of a run took of the machine, as a table with a time line."""

import time
from collections.abc import Iterator

from ..engines.model import RunStatus, StepStatus
from ..runs.words import size

_BAR = 32
"""Columns of the time line."""
_OPTIONS = {"cpu": "CPUs", "memory": "memory"}


def profile_lines(run: RunStatus) -> Iterator[str]:
    """Yield a line for each step that started, and better requests where there are some."""
    steps = [step for step in run.steps if step.started is not None and not step.cached]
    if not steps:
        return
    width = min(32, max(len(step.name) for step in steps))
    begin = min(step.started or 0.0 for step in steps)
    end = max(step.ended or time.time() for step in steps)
    head = f"{'':<{width}}  {'memory':>9} {'CPU s':>8} {'in':>9} {'out':>9}"
    gpus = any(step.gpu_memory_bytes is not None for step in steps)
    yield head + (f" {'GPU':>9}" if gpus else "")
    for step in steps:
        cells = [size(step.peak_memory_bytes), _seconds(step.cpu_seconds)]
        cells += [size(step.bytes_in), size(step.bytes_out)]
        cells += [size(step.gpu_memory_bytes)] if gpus else []
        widths = (9, 8, 9, 9, 9)
        row = " ".join(f"{cell:>{room}}" for cell, room in zip(cells, widths, strict=False))
        yield f"{step.name:<{width}.{width}}  {row}  {_bar(step, begin, end)}"
    for step in steps:
        for option, better in step.suggested.items():
            yield f"{step.name}: {_advice(step, option, better)}"


def _bar(step: StepStatus, begin: float, end: float) -> str:
    """Return when a step ran, between the first start and the last end."""
    length = max(end - begin, 1e-9)
    first = int(((step.started or begin) - begin) / length * _BAR)
    first = min(first, _BAR - 1)
    last = max(round(((step.ended or end) - begin) / length * _BAR), first + 1)
    return f"|{' ' * first}{'=' * (last - first)}{' ' * (_BAR - last)}|"


def _advice(step: StepStatus, option: str, better: str) -> str:
    asked = step.requests.get(option)
    said = f"asked for {_OPTIONS[option]} {asked}" if asked else f"asked for no {_OPTIONS[option]}"
    if option == "memory":
        used = size(step.peak_memory_bytes)
    else:
        seconds = max((step.ended or 0.0) - (step.started or 0.0), 1e-9)
        used = f"{(step.cpu_seconds or 0.0) / seconds:.2g}"
    return f"{said}, used {used}: {better} would do"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
