"""What a run's cells printed and showed, as a notebook holds it.

The record of a step (docs/architecture.md, `cells`) is folded as nbclient folds a kernel's
messages: display updates reach earlier outputs, `clear_output` waits where it is asked to.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..engines.local.layout import RunFolder
from ..engines.local.log_index import Found, LogIndex, find_in_log, index_log
from ..engines.local.log_limit import pieces
from ..engines.local.log_part import log_part, split_iteration
from ..engines.local.logs import LogWindow, read_window, state_of
from ..engines.local.lookup import existing_run, read_known
from ..engines.model import StepError
from ..errors import Code, KfpExtError, Problem
from ..notation.marks import read_marks
from ..notation.model import Role
from ..notation.notebook import Notebook
from ..notation.reader import parse_notebook
from ..storage import home as default_home
from .container_logs import bring_container_log

Line = Mapping[str, Any]
Shown = dict[str, list[dict[str, Any]]]
"""Outputs by display id, in the order in which they were shown."""


@dataclass
class CellRecord:
    """What is known of one cell of a run."""

    number: int | None
    started: float | None
    outputs: list[dict[str, Any]] = field(default_factory=list)
    ended: float | None = None
    status: str = "running"
    """`running`, `ok` or `error`."""
    clear_next: bool = False
    """Whether the next output takes the place of all before it."""

    def to_json(self) -> dict[str, Any]:
        """Return the wire form (docs/api.md)."""
        return {
            "outputs": self.outputs,
            "number": self.number,
            "started": self.started,
            "ended": self.ended,
            "status": self.status,
        }


def cell_outputs(run_id: str, task: str, home: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return outputs, number, times and status of each cell that a step has run so far.

    Of a loop: those of all iterations in the order of the items; `train[2]` means one.

    Raises `KfpExtError`: `run-missing`, `step-missing`.
    """
    folder, _ = _step(run_id, task, home)
    return {cell: record.to_json() for cell, record in fold_cells(_lines(folder, task)).items()}


def executed_notebook(run_id: str, home: Path | None = None) -> dict[str, Any]:
    """Return the submitted notebook with what the run made of it.

    A cell that ran has its outputs and its number as execution count, a parameters cell its
    number; any other code cell has neither. It ends as a kernel does, at the first cell that
    failed: what steps of other branches ran after it is not in it. A cell in which the process died
    says so. Raises `KfpExtError`: `run-missing`,
    `storage-failed` where the kept notebook cannot be read.
    """
    folder = existing_run(home or default_home(), run_id)
    status = read_known(folder)
    started = [step for step in status.steps if step.started is not None]
    started.sort(key=lambda step: step.started or 0.0)
    records = fold_cells(in_notebook_order(_lines(folder, step.task) for step in started))
    raw = _submitted(folder)
    # Ids as the reader of notations gives them: those of old notebooks are not in the file.
    notebook = parse_notebook(raw, name="notebook.ipynb", path=None)
    bound = _bound_cells(notebook) if started else frozenset()
    failed = {step.error.cell_id: step.error for step in started if step.error}
    over = False
    for cell in notebook.cells:
        if cell.kind == "code":
            ran = None if over else records.get(cell.id)
            count = ran.number if ran else cell.number if cell.id in bound and not over else None
            outputs = list(ran.outputs) if ran else []
            if ran and cell.id in failed and ran.status != "ok":
                over = True
                if ran.status == "running":
                    outputs.append(_death(failed[cell.id]))
            raw["cells"][cell.index]["outputs"] = outputs
            raw["cells"][cell.index]["execution_count"] = count
    return raw


def in_notebook_order(steps: Iterable[Iterable[Line]]) -> Iterator[Line]:
    """Yield the lines of several steps' records, those of earlier cells first.

    Steps run at the same time, but what one of them updates on display is what the last cell in the
    notebook's order made of it. A cell that several steps ran counts once.
    """
    parts: list[tuple[int, list[Line]]] = []
    taken: dict[str, int] = {}
    for step, lines in enumerate(steps):
        part: list[Line] = []
        for line in lines:
            if line.get("event") == "start":
                part = []
                if taken.setdefault(line["cell_id"], step) == step:
                    parts.append((line.get("number") or 0, part))
            part.append(line)
    for _, part in sorted(parts, key=lambda each: each[0]):
        yield from part


def _death(error: StepError) -> dict[str, Any]:
    """Return why a cell never ended, as an output."""
    lines = [*error.traceback, f"{error.name}: {error.message}", error.remedy]
    return {
        "output_type": "error",
        "ename": error.name,
        "evalue": error.message,
        "traceback": [line for line in lines if line],
    }


def _submitted(folder: RunFolder) -> dict[str, Any]:
    try:
        raw: dict[str, Any] = json.loads(folder.notebook.read_bytes())
    except (OSError, ValueError) as error:
        raise KfpExtError(
            Problem(
                Code.STORAGE_FAILED,
                f"The notebook that run {folder.path.name} kept cannot be read: {error}.",
                "Run the pipeline again.",
            )
        ) from error
    return raw


def _bound_cells(notebook: Notebook) -> frozenset[str]:
    """Return the cells that take effect without a record: parameters are bound, not run."""
    marked = read_marks(notebook).cells
    return frozenset(each.cell.id for each in marked if each.role is Role.PARAMETERS)


def read_log(
    run_id: str, task: str, offset: int = 0, limit: int = 65536, home: Path | None = None
) -> LogWindow:
    """Return a window of a step's log.

    Raises `KfpExtError`: `run-missing`, `step-missing`.
    """
    folder, _ = _step(run_id, task, home)
    return read_window(folder, task, offset, limit)


def read_log_index(run_id: str, task: str, offset: int = 0, home: Path | None = None) -> LogIndex:
    """Return the blocks of a step's log from the beginning of one of them on.

    Raises `KfpExtError`: `run-missing`, `step-missing`.
    """
    folder, _ = _step(run_id, task, home)
    return index_log(folder, task, offset)


def search_log(run_id: str, task: str, text: str, home: Path | None = None) -> Found:
    """Return the lines of a step's log that have a text in them.

    Raises `KfpExtError`: `run-missing`, `step-missing`.
    """
    folder, _ = _step(run_id, task, home)
    return find_in_log(folder, task, text)


def log_bytes(run_id: str, task: str, home: Path | None = None) -> Iterator[bytes]:
    """Yield a step's log as it is shown, piece by piece; nothing where it has not started.

    Raises `KfpExtError`: `run-missing`, `step-missing`.
    """
    folder, _ = _step(run_id, task, home)
    part = log_part(folder, task)
    return pieces(part.path, part.begin, part.end) if part.path.exists() else iter(())


def _step(run_id: str, task: str, home: Path | None) -> tuple[RunFolder, str]:
    folder = existing_run(home or default_home(), run_id)
    state_of(read_known(folder), task)
    bring_container_log(run_id, task, home, again=False)
    return folder, task


def _lines(folder: RunFolder, task: str) -> Iterator[Line]:
    """Read a step's record as far as it is written; a line that is not whole yet is left out."""
    name, key = split_iteration(task)
    place = folder.step(name)
    for path in [place.part("", key).cells] if key else place.records():
        try:
            data = path.read_bytes()
        except OSError:
            continue
        for text in data.split(b"\n")[:-1]:
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict):
                yield line


def fold_cells(lines: Iterable[Line]) -> dict[str, CellRecord]:
    """Fold the lines of records into cells by id, in the order in which they started.

    A line may update what any line before it shows.
    """
    cells: dict[str, CellRecord] = {}
    shown: Shown = {}
    for line in lines:
        event = line.get("event")
        if event == "update":
            _update(shown.get(str(line.get("display_id")), ()), line["output"])
        elif event == "start":
            _start(cells, line)
        elif line.get("cell_id") in cells:
            _take(cells[line["cell_id"]], line, shown)
    for cell in cells.values():
        for output in cell.outputs:
            if output["output_type"] == "stream":
                output["text"] = "".join(output["text"])
    return cells


def _start(cells: dict[str, CellRecord], line: Line) -> None:
    """Begin a cell; the next iteration of a loop goes on with what it has put out."""
    cell = cells.setdefault(line["cell_id"], CellRecord(line.get("number"), line.get("time")))
    cell.ended, cell.status = None, "running"


def _take(cell: CellRecord, line: Line, shown: Shown) -> None:
    event = line.get("event")
    if event == "output":
        if cell.clear_next:
            cell.outputs.clear()
            cell.clear_next = False
        _append(cell.outputs, dict(line["output"]), line.get("display_id"), shown)
    elif event == "clear":
        if line.get("wait"):
            cell.clear_next = True
        else:
            cell.outputs.clear()
    elif event == "end":
        cell.ended, cell.status = line.get("time"), str(line.get("status"))


def _append(
    outputs: list[dict[str, Any]],
    output: dict[str, Any],
    display_id: str | None,
    shown: Shown,
) -> None:
    last = outputs[-1] if outputs else {}
    if output["output_type"] == "stream" and last.get("name") == output["name"]:
        last["text"].append(output["text"])
        return
    if output["output_type"] == "stream":
        # Pieces, joined at the end: adding text to text takes minutes for a log of 100 MB.
        output["text"] = [output["text"]]
    if display_id:
        # A display shown again under its id changes what was shown before, too.
        earlier = shown.setdefault(display_id, [])
        _update(earlier, output)
        earlier.append(output)
    outputs.append(output)


def _update(earlier: Iterable[dict[str, Any]], output: Mapping[str, Any]) -> None:
    for each in earlier:
        each["data"], each["metadata"] = output["data"], output["metadata"]
