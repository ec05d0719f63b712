"""Hands a step its code, checked: the runner reads a bundle once, each of its steps would anew.

A step reads the runtime and its slice again and compares their hash with the one in its command.
Where the runner has done so, the step only looks whether the files are still those that it read.
And where runner and step are the same Python, it compiles the cells for the step, and what the step
runs of the runtime.
"""

import contextlib
import json
import os
import sys
from functools import cache
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from ...errors import KfpExtError
from ...runtime.step.compiling import compiled_path, pack
from ...runtime.step.place import RUNTIME_FILE, part_of_step, slice_hash, slice_path, stamp
from .bundles import runtime_folder
from .start_code import start_text

HANDED = "KFP_STEP_SLICE"
"""Environment variable of a step: hash, stamps of bundle, runtime and slice, path of the slice."""


class StepCode:
    """The code of one bundle."""

    def __init__(self, bundle: Path, runtime: Path) -> None:
        """Take a bundle and the file of its runtime. Raises `OSError`, `BadZipFile`."""
        self._bundle = bundle
        self._runtime = runtime
        # Before anything is read: what is changed from now on has another stamp.
        self._stamp = stamp(str(bundle))
        self._runtime_stamp = stamp(str(runtime))
        self._zip = ZipFile(bundle)
        self._text = runtime.read_bytes()
        self._compiled: dict[str, bytes] = {}
        """The compiled cells of steps, by task: those of a loop start often."""

    @property
    def is_fresh(self) -> bool:
        """Whether the bundle is the file that was opened."""
        return stamp(str(self._bundle)) == self._stamp

    def hand_over(self, task: str, expected: str, place: Path, python: str) -> str:
        """Write a step's slice to a file; return what to tell the step of it.

        `python` is the step's interpreter.

        Empty where the code is not what was compiled: the step itself says that best. Raises
        `OSError`, `KeyError`, `ValueError`, `BadZipFile`.
        """
        data = self._zip.read(slice_path(task))
        said = json.loads(data)
        helpers = said.get("helpers") or ()
        files = {RUNTIME_FILE: self._text, slice_path(task): data}
        for path in part_of_step(task, helpers)[2:]:
            files[path] = self._zip.read(path)
        if slice_hash(files, task, helpers) != expected:
            return ""
        place.write_bytes(data)
        if _is_this(python):
            if task not in self._compiled:
                cells = [*said["prelude"], *said["cells"]]
                self._compiled[task] = pack(each["source"] for each in cells)
            Path(compiled_path(str(place))).write_bytes(self._compiled[task])
        words = (expected, self._stamp, self._runtime_stamp, stamp(str(place)), str(place))
        return " ".join(words)


def handed_over(bundle: Path, task: str, expected: str, place: Path, python: str) -> str:
    """Write a step's slice to `place` and return the value of `HANDED`; empty where it cannot.

    `python` is the step's interpreter.
    """
    with contextlib.suppress(OSError, KeyError, ValueError, BadZipFile):
        code = _of(bundle)
        if code is not None and not code.is_fresh:  # another submission has touched it
            _of.cache_clear()
            code = _of(bundle)
        if code is not None:
            return code.hand_over(task, expected, place, python)
    return ""


@cache
def started_by(bundle: Path, python: str) -> str:
    """Return the text that starts steps by compiled code; empty where only the bootstrap can."""
    folder = runtime_folder(bundle)
    if folder and _is_this(python):
        with contextlib.suppress(OSError, ValueError, KfpExtError):
            return start_text(folder / RUNTIME_FILE)
    return ""


def _is_this(python: str) -> bool:
    return os.path.realpath(python) == os.path.realpath(sys.executable)


@cache
def _of(bundle: Path) -> StepCode | None:
    folder = runtime_folder(bundle)
    return StepCode(bundle, folder / RUNTIME_FILE) if folder else None
