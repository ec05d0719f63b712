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

ANNOTATIONS = 0x1000000
"""`from __future__ import annotations`, as a flag: importing `__future__` takes a while, too."""

_CODE = type((lambda: None).__code__)
"""`types.CodeType`"""

SECTIONS: dict[str, str] = {}
"""Text of each module of the runtime, filled in below in a bundle; empty in the source tree."""

CODES: dict[str, Any] = globals().get("CODES", {})
"""By section, what an engine that starts steps by compiled code has compiled of it, or None.

Where there is any, the texts are left in the file (`engines.local.start_code`).
"""


class _Sections:
    """Imports the sections of this file as submodules (a finder and loader of `importlib`)."""

    def __init__(self) -> None:
        self._folder = os.environ.get("KFP_STEP_CACHE", "")
        """Where compiled sections lie, of this very file and this Python; empty: nowhere."""
        if self._folder:
            state = os.stat(getattr(getattr(__spec__, "loader", None), "archive", __file__))
            name = f"{sys.implementation.cache_tag}-{state.st_size:x}-{state.st_mtime_ns:x}"
            self._folder = os.path.join(self._folder, name)
        self._fresh: dict[str, Any] = {}
        """What was compiled here."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        package, _, section = name.rpartition(".")
        if package != __name__ or not (section in SECTIONS or section in CODES):
            return None
        return type(sys.__spec__)(name, self, origin=f"{package}/{section}.py")  # type: ignore

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        exec(self._code(module.__name__.rpartition(".")[2], module.__spec__.origin), vars(module))

    def _code(self, section: str, origin: str) -> Any:
        code = CODES.get(section) or (self._kept(section) if self._folder else None)
        if isinstance(code, _CODE):
            return code
        code = self._fresh[section] = compile(self._text(section), origin, "exec", ANNOTATIONS)
        return code

    def _text(self, section: str) -> str:
        if not SECTIONS:
            with open(__file__, encoding="utf-8") as file:
                exec(texts_of(file.read()), {"SECTIONS": SECTIONS})
        return SECTIONS[section]

    def _kept(self, section: str) -> Any:
        try:
            place = os.open(os.path.join(self._folder, section), os.O_RDONLY)
            try:
                return marshal.loads(os.read(place, os.fstat(place).st_size))
            finally:
                os.close(place)
        except (OSError, ValueError, EOFError, TypeError):
            return None  # not there yet, or damaged

    def keep(self) -> None:
        """Keep what was compiled, a file for each section."""
        fresh, self._fresh = self._fresh, {}
        if not fresh or not self._folder:
            return
        self._keep_this_file()
        try:
            if not os.path.isdir(self._folder):
                os.mkdir(self._folder)
            for section, code in fresh.items():
                place = os.path.join(self._folder, section)
                aside = f"{place}.{os.getpid()}"
                with open(aside, "wb") as file:
                    file.write(marshal.dumps(code))
                os.replace(aside, place)
        except OSError:
            pass  # it cannot be written: the next step compiles, too

    def _keep_this_file(self) -> None:
        """Compile it for good where `PYTHONDONTWRITEBYTECODE` keeps Python from it: it is ours."""
        cached = getattr(__spec__, "cached", None)
        if sys.dont_write_bytecode and cached and os.path.dirname(self._folder) in cached:
            import py_compile

            try:
                py_compile.compile(__file__, doraise=True)
            except (OSError, py_compile.PyCompileError):
                return  # then each step compiles it

    def get_source(self, name: str) -> str:
        return self._text(name.rpartition(".")[2])


def texts_of(runtime: str) -> str:
    """Return the part of this file, as it is in a bundle, that fills in `SECTIONS`."""
    return runtime[runtime.index("\nSECTIONS[") :]


_sections = _Sections()
if "__path__" not in globals():
    __path__ = []
    sys.meta_path.insert(0, _sections)


def _leave_path() -> None:
    """Take the folders of the bundle off the path: the cells are not to find anything there.

    Neither is this runtime: each import would look into the zip first.
    """
    beside = os.path.dirname(os.path.abspath(__file__))
    ours = {beside, os.environ.get("KFP_STEP_CACHE"), os.environ.get("KFP_STEP_CODE")}
    sys.path[:] = [entry for entry in sys.path if entry not in ours]


def main(argv: list[str]) -> int:
    """Run one step and return its exit status: 0 done, 1 failed, 143 asked to stop.

    `argv` is `[code place, task, slice hash, executor input]`; the executor input is KFP's JSON
    text, or `@path` of a file that holds it. Of steps that share a pod, tasks and hashes stand
    with commas between them.
    """
    _leave_path()
    entry = __import__(__name__ + ".entry", fromlist=["run"])
    try:
        return int(entry.run(argv))
    finally:
        _sections.keep()
