"""The `cells` artifact: what each cell printed and showed, as JSON lines written while it runs."""

from __future__ import annotations

import _thread
import os
import time

from .jsontext import dumps
from .record_limit import CellLimit, output_limit

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_HOLD = 0.2
"""Seconds that text waits to be recorded, as `ipykernel.iostream.OutStream.flush_interval`."""
_TEXT_LIMIT = 1 << 20


class Cell:
    """A cell of the slice."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.cell_id: str = data["cell_id"]
        self.number: int = data["number"]
        self.source: str = data["source"]
        """What runs."""
        self.text: str = data.get("text", self.source)
        """The cell as it is shown: also with what does not run here."""
        self.record: bool = data.get("record", True)
        self.may_fail: bool = data.get("may_fail", False)


class _Held:
    """Text of one stream that is not recorded yet."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.size = 0
        self.due = float("inf")


class Record:
    """Appends events.

    Text is held back as a kernel holds it back, each stream by itself: until it is flushed, or for
    a fifth of a second. So the two streams lie between each other as in an executed notebook. All
    else is written at once. Outside a recorded cell, and in a replayed one, nothing is recorded.
    """

    def __init__(self, path: str | None) -> None:
        self._file = (
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o666)
            if (path)
            else -1
        )
        self.lock = _thread.RLock()
        """Held by whoever records: a thread of the step's own does it beside the cells."""
        self._watcher = _watcher_pipe()
        self.log = -1
        """Descriptor of the log, where events are to be in it, too: on a cluster."""
        self._cell: Cell | None = None
        self._most = output_limit()
        self._limit = CellLimit(self._most)
        self._held: dict[str, _Held] = {"stdout": _Held(), "stderr": _Held()}

    @property
    def due(self) -> float:
        """When held text is to be recorded (`time.monotonic`); infinite where none is held."""
        return min(each.due for each in self._held.values())

    def start(self, cell: Cell) -> None:
        """Begin a cell; what follows belongs to it."""
        if cell.record:
            with self.lock:
                self._cell = cell
                self._limit = CellLimit(self._most)
                self._event(
                    event="start", cell_id=cell.cell_id, number=cell.number, time=time.time()
                )

    def end(self, error: dict[str, Any] | None = None) -> None:
        """End the cell that was begun, if it is recorded."""
        with self.lock:
            self.flush()
            cell, self._cell = self._cell, None
            if cell:
                for held in self._limit.rest(cell.cell_id):
                    self._write(dumps(held).encode() + b"\n")
                status = "error" if error else "ok"
                self._event(
                    event="end", cell_id=cell.cell_id, status=status, time=time.time(), error=error
                )

    def text(self, stream: str, text: str) -> None:
        """Add text of `stdout` or `stderr`."""
        if self._cell is None:
            return
        held = self._held[stream]
        if not held.parts:
            held.due = time.monotonic() + _HOLD
        held.parts.append(text)
        held.size += len(text)
        if held.size > _TEXT_LIMIT:
            self.flush(stream)

    def flush(self, *streams: str) -> None:
        """Write the text that was held back, of all streams (in their order) or of those named."""
        for stream in streams or self._held:
            held = self._held[stream]
            if held.parts:
                text = "".join(held.parts)
                self._held[stream] = _Held()
                self._output({"output_type": "stream", "name": stream, "text": text})

    def flush_due(self) -> None:
        """Write the text that has been held back for long enough."""
        now = time.monotonic()
        for stream, held in [*self._held.items()]:
            if held.due <= now:
                self.flush(stream)

    def show(self, output: dict[str, Any], display_id: str | None = None) -> None:
        """Add a `display_data`, `execute_result` or `error` output."""
        with self.lock:
            self.flush()
            self._output(output, **({"display_id": display_id} if display_id else {}))

    def update(self, output: dict[str, Any], display_id: str) -> None:
        """Replace what was shown under a display id, also in earlier cells."""
        with self.lock:
            self.flush()
            if self._cell:
                self._event(event="update", display_id=display_id, output=output)

    def clear(self, wait: bool) -> None:
        """Clear the cell's outputs, at once or when the next one comes."""
        with self.lock:
            self.flush()
            if self._cell:
                self._event(event="clear", cell_id=self._cell.cell_id, wait=wait)

    def _output(self, output: dict[str, Any], **more: Any) -> None:
        if self._cell:
            self._event(event="output", cell_id=self._cell.cell_id, output=output, **more)

    def _event(self, **fields: Any) -> None:
        line = dumps(fields).encode() + b"\n"
        marks = fields["event"] in ("start", "end")
        if marks:
            self._write(line)
        else:
            admitted = self._limit.admit(fields, len(line))
            if admitted is not None:
                self._write(line if admitted is fields else dumps(admitted).encode() + b"\n")
        if marks and self._watcher >= 0:
            if fields.get("error"):
                line = dumps({**fields, "error": None}).encode() + b"\n"
            try:
                os.write(self._watcher, line)
            except OSError:
                self._watcher = -1  # the runner is gone; the step may still finish its work

    def _write(self, line: bytes) -> None:
        write_all(self._file, line)
        if self.log >= 0:
            try:
                for piece in log_lines(line):
                    write_all(self.log, piece)
            except OSError:
                self.log = -1  # nobody reads the log any more


def _watcher_pipe() -> int:
    """Return the pipe on which a local runner waits for cells to start and end, or -1."""
    number = os.environ.pop("KFP_CELLS_FD", "")
    if not number.isdigit():
        return -1
    try:
        os.set_inheritable(int(number), False)
    except OSError:
        return -1
    return int(number)


_PIECE = 2048
"""Bytes of a piece: lines stay below `PIPE_BUF`, so that no other text comes in between."""
_LONGEST_EVENT = 4 << 20


def log_lines(line: bytes) -> list[bytes]:
    """Return an event as lines of the log that people do not see (docs/architecture.md).

    Where a pod's log is all that comes back from a cluster, as of a step that fails.
    """
    import base64
    import zlib

    packed = base64.b64encode(zlib.compress(line))
    if len(packed) > _LONGEST_EVENT:
        return []
    pieces = [packed[at : at + _PIECE] for at in range(0, len(packed), _PIECE)]
    return [
        b"\x1ekfp%c%b\x1f\n" % (b"." if piece is pieces[-1] else b"+", piece) for piece in pieces
    ]


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write all of `data`; -1 as descriptor means nowhere."""
    view = memoryview(data)
    while descriptor >= 0 and view:
        view = view[os.write(descriptor, view) :]
