"""The step runtime: what runs inside each step of a pipeline, with the standard library alone.

In a bundle all of it is one file, `kfp_step.py`: this text, and after it the other modules as
quoted sections. A section is compiled when it is first imported, because compiling is most of
what a short step would otherwise spend (1,000 lines take about 10 ms, a bare Python start 15).
Where `KFP_STEP_CACHE` names a folder (the local engine does), compiled sections are kept there.
It runs on Python 3.9 and newer, in any image.
"""

from __future__ import annotations

import marshal
import os
import sys

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

SECTIONS: dict[str, str] = {}
"""Text of each module of the runtime, filled in below in a bundle; empty in the source tree."""


class _Sections:
    """Imports the sections of this file as submodules (a finder and loader of `importlib`)."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        package, _, section = name.rpartition(".")
        if package != __name__ or section not in SECTIONS:
            return None
        return type(__spec__)(name, self, origin=f"{package}/{section}.py")  # type: ignore[arg-type]

    def create_module(self, spec: Any) -> None:
        return None

    def __init__(self) -> None:
        self._folder = os.environ.get("KFP_STEP_CACHE", "")

    def exec_module(self, module: Any) -> None:
        exec(self._code(module.__name__.rpartition(".")[2], module.__spec__.origin), vars(module))

    def _code(self, section: str, origin: str) -> Any:
        if not self._folder:
            return compile(SECTIONS[section], origin, "exec")
        # The source itself stands before the code, so old code is never taken for new.
        head = SECTIONS[section].encode() + b"\0"
        place = os.path.join(self._folder, f"step-{section}.{sys.implementation.cache_tag}.bin")
        try:
            with open(place, "rb") as file:
                data = file.read()
            if data.startswith(head):
                return marshal.loads(data[len(head) :])
        except (OSError, ValueError, EOFError, TypeError):
            pass  # not there yet, or half written by a process that died: compile it
        code = compile(SECTIONS[section], origin, "exec")
        self._keep(place, head + marshal.dumps(code))
        return code

    def _keep(self, place: str, data: bytes) -> None:
        aside = f"{place}.{os.getpid()}"
        try:
            with open(aside, "wb") as file:
                file.write(data)
            os.replace(aside, place)
        except OSError:
            self._folder = ""  # it cannot be written: compile, and try no more

    def get_source(self, name: str) -> str:
        return SECTIONS[name.rpartition(".")[2]]


if "__path__" not in globals():
    __path__ = []
    sys.meta_path.append(_Sections())


def main(argv: list[str]) -> int:
    """Run one step and return its exit status: 0 done, 1 failed, 143 asked to stop.

    `argv` is `[code place, task, slice hash, executor input]`; the executor input is KFP's JSON
    text, or `@path` of a file that holds it.
    """
    entry = __import__(__name__ + ".entry", fromlist=["run"])
    return int(entry.run(argv))
