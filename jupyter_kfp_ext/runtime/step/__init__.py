"""The step runtime: what runs inside each step of a pipeline, with the standard library alone.

In a bundle all of it is one file, `kfp_step.py`: this text, and after it the other modules as
quoted sections. A section is compiled when it is first imported, because compiling is most of
what a short step would otherwise spend (1,000 lines take about 10 ms, a bare Python start 15).
It runs on Python 3.9 and newer, in any image.
"""

from __future__ import annotations

import sys
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

    def exec_module(self, module: Any) -> None:
        section = module.__name__.rpartition(".")[2]
        exec(compile(SECTIONS[section], module.__spec__.origin, "exec"), module.__dict__)

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
