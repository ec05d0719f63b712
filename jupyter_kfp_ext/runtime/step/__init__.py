"""The step runtime: what runs inside each step of a pipeline, with the standard library alone.

In a bundle all of it is one file, `kfp_step.py`: this text, and after it the other modules as
quoted sections. A section is compiled when it is first imported, because compiling is most of
what a short step would otherwise spend (1,000 lines take about 10 ms, a bare Python start 15).
Where `KFP_STEP_CACHE` names a folder (the local engine does), compiled sections are kept there;
if this file is there as well, it is imported from there, which compiles it once for all steps.
It runs on Python 3.9 and newer, in any image.
"""

import marshal
import os
import sys

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object  # what annotations name is looked up in this module, unlike in the sections

_ANNOTATIONS = 0x1000000
"""`from __future__ import annotations`, as a flag: importing `__future__` takes a while, too."""

SECTIONS: dict[str, str] = {}
"""Text of each module of the runtime, filled in below in a bundle; empty in the source tree."""


class _Sections:
    """Imports the sections of this file as submodules (a finder and loader of `importlib`)."""

    def __init__(self) -> None:
        folder = os.environ.get("KFP_STEP_CACHE", "")
        self._place = os.path.join(folder, f"sections.{sys.implementation.cache_tag}.bin")
        self._compiled: dict[str, bytes] | None = None if folder else {}
        """Source and code by section, packed: most are never looked into. None: not read yet."""
        self._fresh: dict[str, bytes] | None = {} if folder else None
        """What is to be kept; None: nothing is."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        package, _, section = name.rpartition(".")
        if package != __name__ or section not in SECTIONS:
            return None
        return type(__spec__)(name, self, origin=f"{package}/{section}.py")  # type: ignore[arg-type]

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        exec(self._code(module.__name__.rpartition(".")[2], module.__spec__.origin), vars(module))

    def _code(self, section: str, origin: str) -> Any:
        if self._compiled is None:
            self._compiled = self._read()
        # The source itself stands beside the code, so old code is never taken for new.
        packed = self._compiled.get(section)
        if packed:
            source, code = marshal.loads(packed)
            if source == SECTIONS[section]:
                return code
        code = compile(SECTIONS[section], origin, "exec", _ANNOTATIONS)
        if self._fresh is not None:
            self._fresh[section] = marshal.dumps((SECTIONS[section], code))
        return code

    def _read(self) -> dict[str, bytes]:
        try:
            with open(self._place, "rb") as file:
                return dict(marshal.loads(file.read()))
        except (OSError, ValueError, EOFError, TypeError):
            return {}  # not there yet, or damaged

    def keep(self) -> None:
        """Keep what was compiled, beside what other steps have kept since this one looked."""
        fresh, self._fresh = self._fresh, None
        if not fresh:
            return
        self._keep_this_file()
        aside = f"{self._place}.{os.getpid()}"
        try:
            with open(aside, "wb") as file:
                file.write(marshal.dumps({**self._read(), **fresh}))
            os.replace(aside, self._place)
        except OSError:
            pass  # it cannot be written: the next step compiles, too

    def _keep_this_file(self) -> None:
        """Compile it for good where `PYTHONDONTWRITEBYTECODE` keeps Python from it: it is ours."""
        cached = getattr(__spec__, "cached", None)
        if sys.dont_write_bytecode and cached and os.path.dirname(self._place) in cached:
            import py_compile

            try:
                py_compile.compile(__file__, doraise=True)
            except (OSError, py_compile.PyCompileError):
                return  # then each step compiles it

    def get_source(self, name: str) -> str:
        return SECTIONS[name.rpartition(".")[2]]


_sections = _Sections()
if "__path__" not in globals():
    __path__ = []
    sys.meta_path.append(_sections)


def main(argv: list[str]) -> int:
    """Run one step and return its exit status: 0 done, 1 failed, 143 asked to stop.

    `argv` is `[code place, task, slice hash, executor input]`; the executor input is KFP's JSON
    text, or `@path` of a file that holds it. Of steps that share a pod, tasks and hashes stand
    with commas between them.
    """
    entry = __import__(__name__ + ".entry", fromlist=["run"])
    try:
        return int(entry.run(argv))
    finally:
        _sections.keep()
