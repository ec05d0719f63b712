"""Notes where the cells were when compiled code crashes the process (`faulthandler`)."""

from __future__ import annotations

import os

from .failure import termination_place

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


class CrashNote:
    """Has Python's frames written to the termination log at a crash, until `close`.

    A crash leaves no time for more; whoever reads the log finds the line (`engines.local.crash`).
    """

    def __init__(self) -> None:
        self._place = termination_place()
        self._file: Any = None
        if "KFP_TERMINATION_LOG" in os.environ or os.path.exists(self._place):
            try:
                self._file = open(self._place, "wb", buffering=0)  # noqa: SIM115 - see `close`
            except OSError:
                return  # nobody could read it, either
            import faulthandler

            faulthandler.enable(self._file, all_threads=False)

    def close(self) -> None:
        """Note nothing any more, and leave no empty log."""
        if self._file is None:
            return
        import faulthandler

        faulthandler.disable()
        self._file.close()
        try:
            if not os.path.getsize(self._place):
                os.remove(self._place)
        except OSError:
            return  # a pod's log is mounted and stays, empty
