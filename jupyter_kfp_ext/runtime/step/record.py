"""The `cells` artifact: what each cell printed and showed, as JSON lines written while it runs."""

from __future__ import annotations

import os
import time

from .jsontext import dumps

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_TEXT_LIMIT = 65536


class Cell:
    """A cell of the slice."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.cell_id: str = data["cell_id"]
        self.number: int = data["number"]
        self.source: str = data["source"]
        self.record: bool = data.get("record", True)


class Record:
    """Appends events.

    Text is gathered until it is flushed (see `streams`); all else is written
    at once. Outside a recorded cell, and in a replayed one, what is shown is not recorded.
    """

    def __init__(self, path: str | None) -> None:
        self._file = (
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o666)
            if (path)
            else -1
        )
        self._watcher = _watcher_pipe()
        self._cell: Cell | None = None
        self._stream = ""
        self._text: list[str] = []
        self._size = 0

    @property
    def has_text(self) -> bool:
        """Whether text waits to be flushed."""
        return bool(self._text)

    def start(self, cell: Cell) -> None:
        """Begin a cell; what follows belongs to it."""
        if cell.record:
            self._cell = cell
            self._event(event="start", cell_id=cell.cell_id, number=cell.number, time=time.time())

    def end(self, error: dict[str, Any] | None = None) -> None:
        """End the cell that was begun, if it is recorded."""
        self.flush()
        cell, self._cell = self._cell, None
        if cell:
            status = "error" if error else "ok"
            self._event(
                event="end", cell_id=cell.cell_id, status=status, time=time.time(), error=error
            )

    def text(self, stream: str, text: str) -> None:
        """Add text of `stdout` or `stderr`."""
        if self._cell is None:
            return
        if stream != self._stream or self._size > _TEXT_LIMIT:
            self.flush()
            self._stream = stream
        self._text.append(text)
        self._size += len(text)

    def flush(self) -> None:
        """Write the text that was gathered."""
        if self._text:
            text = "".join(self._text)
            self._text = []
            self._size = 0
            self._output({"output_type": "stream", "name": self._stream, "text": text})

    def show(self, output: dict[str, Any], display_id: str | None = None) -> None:
        """Add a `display_data`, `execute_result` or `error` output."""
        self.flush()
        self._output(output, **({"display_id": display_id} if display_id else {}))

    def update(self, output: dict[str, Any], display_id: str) -> None:
        """Replace what was shown under a display id, also in earlier cells."""
        self.flush()
        if self._cell:
            self._event(event="update", display_id=display_id, output=output)

    def clear(self, wait: bool) -> None:
        """Clear the cell's outputs, at once or when the next one comes."""
        self.flush()
        if self._cell:
            self._event(event="clear", cell_id=self._cell.cell_id, wait=wait)

    def _output(self, output: dict[str, Any], **more: Any) -> None:
        if self._cell:
            self._event(event="output", cell_id=self._cell.cell_id, output=output, **more)

    def _event(self, **fields: Any) -> None:
        line = dumps(fields).encode() + b"\n"
        write_all(self._file, line)
        if fields["event"] in ("start", "end") and self._watcher >= 0:
            if fields.get("error"):
                line = dumps({**fields, "error": None}).encode() + b"\n"
            try:
                os.write(self._watcher, line)
            except OSError:
                self._watcher = -1  # the runner is gone; the step may still finish its work


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


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write all of `data`; -1 as descriptor means nowhere."""
    view = memoryview(data)
    while descriptor >= 0 and view:
        view = view[os.write(descriptor, view) :]
