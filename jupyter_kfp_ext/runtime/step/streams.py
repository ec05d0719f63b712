"""Standard output and error of a step: everything goes to the log at once, and to the record.

Text from Python comes through the `sys` streams. Text from child processes and C code comes
through the descriptors 1 and 2, which are pipes here; a thread reads them so that they never fill,
and whoever writes or ends a cell reads them first, so that the order holds.
"""

from __future__ import annotations

import _thread
import codecs
import io
import os
import select
import sys
import time

from .record import Record, write_all
from .signals import die_with_parent

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_PIPE_SIZE = 1 << 20
_ORDER = 0.0005
"""Seconds after which text of child processes may have come in between two writes."""


class Streams:
    """Takes over descriptors 1 and 2 and the `sys` streams until `close`."""

    def __init__(self, record: Record, parent: int = -1) -> None:
        """`parent`: pipe whose end is that of the process (`signals.die_with_parent`), or -1."""
        self.record = record
        self._parent = parent
        self._lock = record.lock
        self._process = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        self._log = {"stdout": os.dup(1), "stderr": os.dup(2)}
        if os.environ.pop("KFP_CELLS_LOG", ""):
            record.log = self._log["stdout"]
        self._pipes = {_take_over(1): "stdout", _take_over(2): "stderr"}
        self._small = {*self._pipes}
        decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {name: decoder("replace") for name in self._log}
        self._wake_end, self._wake = os.pipe()
        self._read_last = time.monotonic()
        self._awaited = float("inf")
        """Until when the thread sleeps that records held text."""
        self._closed = False
        self._saved = (sys.stdout, sys.stderr)
        sys.stdout = OutStream(self, "stdout", 1)
        sys.stderr = OutStream(self, "stderr", 2)
        _thread.start_new_thread(self._read_forever, ())

    def write(self, name: str, text: str) -> None:
        """Take text that Python code wrote."""
        data = text.encode("utf-8", "backslashreplace")
        if os.getpid() != self._process:
            # A forked child has no thread and no right to the record: its text takes the pipe.
            write_all(1 if name == "stdout" else 2, data)
            return
        with self._lock:
            if time.monotonic() - self._read_last > _ORDER:
                self.read_pipes()
            self._take(name, text, data)

    def flush(self, name: str) -> None:
        """Record what was written to one stream so far."""
        if os.getpid() != self._process:
            return
        with self._lock:
            if time.monotonic() - self._read_last > _ORDER:
                self.read_pipes()
            self.record.flush(name)

    def log(self, text: str) -> None:
        """Write to the log alone, not to the record."""
        with self._lock:
            self.read_pipes()
            self._write_log("stdout", text.encode("utf-8", "backslashreplace"))

    def read_pipes(self) -> None:
        """Take what child processes and C code have written so far."""
        with self._lock:
            for pipe, name in self._pipes.items():
                while True:
                    try:
                        data = os.read(pipe, 65536)
                    except BlockingIOError:
                        break
                    if not data:
                        break
                    if pipe in self._small:
                        self._small.discard(pipe)
                        _enlarge(pipe)
                    self._take(name, self._decoders[name].decode(data), data)
            self._read_last = time.monotonic()

    def settle(self) -> None:
        """Record everything written so far: at a cell's end, and before something is shown."""
        self._saved[0].flush()
        self._saved[1].flush()
        with self._lock:
            self.read_pipes()
            self.record.flush()

    def close(self) -> None:
        """Give the descriptors and streams back."""
        if self._closed or os.getpid() != self._process:
            return
        self.settle()
        self._closed = True
        sys.stdout, sys.stderr = self._saved
        os.dup2(self._log["stdout"], 1)
        os.dup2(self._log["stderr"], 2)
        with self._lock:
            self.read_pipes()
        os.write(self._wake, b"x")

    def _take(self, name: str, text: str, data: bytes) -> None:
        # The record first: whoever reads the log may act on it at once, and stop this process.
        self.record.text(name, text)
        self._write_log(name, data)
        if self.record.due < self._awaited:
            self._awaited = self.record.due
            os.write(self._wake, b"x")

    def _write_log(self, name: str, data: bytes) -> None:
        try:
            write_all(self._log[name], data)
        except OSError:
            return  # nobody reads the log any more, or its disk is full: the record still counts

    def _read_forever(self) -> None:
        poll = select.poll()
        for descriptor in (*self._pipes, self._wake_end, self._parent):
            if descriptor >= 0:
                poll.register(descriptor, select.POLLIN)
        while not self._closed:
            with self._lock:
                self.record.flush_due()
                self._awaited = due = self.record.due
            wait = None if due == float("inf") else max(due - time.monotonic(), 0.0) * 1000 + 1
            ready = {descriptor for descriptor, _ in poll.poll(wait)}
            if self._parent in ready:
                break
            if self._wake_end in ready:
                os.read(self._wake_end, 1)
            elif ready:
                self.read_pipes()
        if self._parent >= 0:
            die_with_parent(self._parent)


def _take_over(descriptor: int) -> int:
    """Put a pipe in place of a descriptor and return its reading end."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.dup2(writing, descriptor)
    os.close(writing)
    return reading


def _enlarge(pipe: int) -> None:
    try:
        import fcntl

        fcntl.fcntl(pipe, 1031, _PIPE_SIZE)  # F_SETPIPE_SZ, without a name before Python 3.10
    except (ImportError, OSError):
        pass  # a smaller pipe works; it only makes a writer wait for the thread more often


class OutStream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr` of the cells; what can be asked of it is as in a kernel."""

    __module__ = "ipykernel.iostream"
    encoding = "UTF-8"

    def __init__(self, streams: Streams, name: str, descriptor: int) -> None:
        self._streams = streams
        self._descriptor = descriptor
        self.name = name

    def write(self, text: str) -> int:
        """Take text; anything else is a `TypeError`."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if text:
            self._streams.write(self.name, text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Take several texts."""
        for each in lines:
            self.write(each)

    def flush(self) -> None:
        """Record what was written so far; the log has it already."""
        self._streams.flush(self.name)

    def close(self) -> None:
        """Do nothing: other cells write here too."""

    def fileno(self) -> int:
        """Return the descriptor that child processes inherit."""
        return self._descriptor

    def isatty(self) -> bool:
        """Return False."""
        return False

    def writable(self) -> bool:
        """Return True."""
        return True
