"""Starts a step by one file with the compiled code of what every step runs of its runtime.

Finding, reading and compiling that module by module takes a tenth of a short step. A runner that
is the same Python as its steps writes the file beside the runtime, once for all runs.
"""

import contextlib
import hashlib
import importlib
import marshal
import sys
from pathlib import Path
from types import CodeType

from ...runtime.step import ANNOTATIONS, texts_of
from ...storage import write_atomically

SECTIONS_OF_ALL = (
    *("asking", "atoms", "cell_errors", "cell_text", "cells", "compiling", "crash", "display"),
    *("ending", "entry", "executor", "failure", "fast_modules", "jsontext", "loading"),
    *("own_frames", "own_modules", "place", "reads", "record", "record_limit", "saving"),
    *("signals", "streams", "summaries", "watch"),
)
"""What a step runs that takes a number and leaves one: more than that is read where it is used."""
_EXTENSIONS = ("_json", "_sha2", "_sha256", "select")
"""Modules in C that every step loads: looking for them takes as long as loading them.

`_sha2` is there from Python 3.12 on, `_sha256` before.
"""
_START = """\
import gc, marshal, sys
gc.disable()
from _frozen_importlib import _load
from _frozen_importlib_external import spec_from_file_location
for name, file in {extensions!r}:
    _load(spec_from_file_location(name, file))
loaded = frozenset(sys.modules)
with open({file!r}, "rb", 0) as file:
    head, codes = marshal.loads(memoryview(file.read())[32:])
kfp_step = sys.modules["kfp_step"] = type(sys)("kfp_step")
kfp_step.__file__ = {runtime!r}
kfp_step.CODES = codes
exec(head, vars(kfp_step))
from kfp_step import ending
ending.end(kfp_step.main(sys.argv[1:]), loaded)
"""
"""Takes the place of the bootstrap. Until the first cell, looking for garbage finds none."""
_NAME = hashlib.sha256(repr((sys.version, SECTIONS_OF_ALL, _START)).encode()).hexdigest()[:16]


def start_text(runtime: Path) -> str:
    """Return the text that starts steps of this Python; `runtime` is the file of their runtime.

    Raises `OSError`, `KfpExtError`, `ValueError` where that file holds no runtime.
    """
    file = runtime.with_name(f"start-{sys.implementation.cache_tag}-{_NAME}")
    if not _is_whole(file):
        data = _compiled(runtime)
        write_atomically(file, hashlib.sha256(data).digest() + data)
    return _START.format(file=str(file), runtime=str(runtime), extensions=_extensions())


def _extensions() -> list[tuple[str, str]]:
    """Return those that are files of their own in this Python, and where they are."""
    found = []
    for name in _EXTENSIONS:
        with contextlib.suppress(ImportError):
            file = getattr(importlib.import_module(name), "__file__", None)
            found += [(name, file)] if file else []
    return found


def _is_whole(file: Path) -> bool:
    try:
        data = file.read_bytes()
    except OSError:
        return False
    return data[:32] == hashlib.sha256(data[32:]).digest()


def _compiled(runtime: Path) -> bytes:
    text = runtime.read_text(encoding="utf-8")
    texts = texts_of(text)
    sections: dict[str, str] = {}
    exec(texts, {"SECTIONS": sections})  # noqa: S102 - assignments of texts, our own
    codes: dict[str, CodeType | None] = dict.fromkeys(sections)
    for name in SECTIONS_OF_ALL:
        codes[name] = compile(sections[name], f"kfp_step/{name}.py", "exec", ANNOTATIONS, True)
    head = compile(text.removesuffix(texts), str(runtime), "exec", 0, True)
    return marshal.dumps((head, codes))
