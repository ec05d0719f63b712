"""What the plan assumed of a step, checked while its cells run (docs/semantics.md).

A broken assumption ends the step with `assumption-broken`: what was seen, and the cells one of
which did it. The engine then plans anew; a later step never gets a wrong value in silence.
"""

from __future__ import annotations

import ast
import re

from .failure import StepFailure
from .record import Cell

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_GENERATORS = {
    "@random": "Python's random generator",
    "@numpy.random": "numpy's random generator",
    "@torch.random": "torch's random generator",
}


class Assumptions:
    """All that is assumed of one step; made when its inputs are loaded."""

    def __init__(
        self,
        slice_: dict[str, Any],
        loaded: dict[str, Any],
        world: Any,
        namespace: dict[str, Any],
    ) -> None:
        watch = slice_.get("watch") or {}
        self._all: list[Cell] = []
        self._since: list[Cell] = []
        """The cells since all was last known to be as assumed."""
        self._read_only: Any = None
        self._generators: Any = None
        self._seeds: Any = None
        self._files: Any = None
        if slice_.get("read_only"):
            from .read_only import ReadOnly

            self._read_only = ReadOnly(slice_["read_only"], loaded)
        if watch.get("generators"):
            from .generators import Generators

            self._generators = Generators(watch["generators"])
        if watch.get("seeds"):
            from .seeds import Seeds

            self._seeds = Seeds(watch["seeds"])
        if watch.get("files"):
            from .seen_files import SeenFiles

            self._files = SeenFiles(world.root, watch["files"], world.listing)
        self._watched = frozenset(watch.get("packages") or ())
        self._packages = world.packages if self._watched else None
        self._separate: Any = None
        if watch.get("separate"):
            from .separate import shared_pairs

            groups, changing = watch["separate"], watch["changing"]
            packages = watch.get("strangers") or []
            self._separate = lambda: shared_pairs(groups, changing, namespace, packages)
        self._patched: Any = None
        self._threads: Any = None
        if watch.get("strangers"):
            from .left_threads import LeftThreads

            self._threads = LeftThreads(watch["strangers"], namespace)
            self._patched = _patched()
        self._world: Any = None
        if watch.get("world"):
            from .foreign_changes import WorldParts

            self._world = WorldParts(watch["world"], bool(watch.get("reads_environ")))
        self._namespace = namespace
        self._same = {each: loaded[each] for each in watch.get("same") or () if each in loaded}

    def after(self, cell: Cell) -> None:
        """Check after a cell what costs next to nothing; raises `StepFailure`."""
        self._all.append(cell)
        self._since.append(cell)
        self._check(last=False)
        slow = [each for each in (self._read_only, self._packages) if each and not each.cheap]
        if not slow:
            self._since.clear()

    def check(self) -> None:
        """Check everything, after the last cell; raises `StepFailure`."""
        self._check(last=True)
        if self._threads is not None:
            self._threads.check()

    def read_files(self) -> bool:
        """Tell whether files were read though the plan does not know it."""
        return self._files is not None and "reads" in self._files.changed(last=False)

    def _check(self, last: bool) -> None:
        broken: list[dict[str, Any]] = []
        said: list[str] = []
        since = self._since or self._all
        if self._generators is not None and (names := self._generators.changed()):
            words = " and ".join(_GENERATORS[each] for each in names)
            said.append(f"{words} was used by {_place(since)}")
            broken.append(_seen("changes", names, since))
        if self._seeds is not None and (names := self._seeds.seeded()):
            words = " and ".join(_GENERATORS[each] for each in names)
            said.append(f"{words} was seeded by {_place(since)}")
            broken.append(_seen("changes", names, since))
        if self._world is not None:
            for part, words in self._world.changed():
                said.append(f"{words} was changed by {_place(since)}")
                broken.append(_seen("changes", [part], since))
        for name, value in self._same.items():
            if self._namespace.get(name, self) is not value:
                said.append(f"{name} was bound anew by {_place(since)}")
                broken.append(_seen("changes", [name], since))
        if self._files is not None:
            for what, path in self._files.changed(last).items():
                said.append(f"the file {path} was {_FILE[what]} by {_place(since)}")
                kind = "changes" if what == "writes" else "reads"
                broken.append(_seen(kind, ["@files"], since))
        if self._packages is not None and (last or self._packages.cheap):
            changed = self._packages.changed()
            for name in (each for each in changed if each in self._watched):
                said.append(f"{name} keeps something since {_place(since)}")
                broken.append(_seen("keeps", [name], since))
        if self._patched is not None and last and (found := _patched() - self._patched):
            said.append(f"{', '.join(sorted(found))} was replaced by {_place(since)}")
            broken.append(_seen("changes", ["@patches"], since))
        if self._read_only is not None and (last or self._read_only.cheap):
            for name in self._read_only.changed():
                cells = _mentioning(name, since)
                said.append(f"{name} was changed by {_place(cells, name)}")
                broken.append(_seen("changes", [name], cells))
        if self._separate is not None and last:
            for one, other in self._separate():
                # Of any cell: the one that made them share need name neither.
                said.append(f"{one} and {other} share an object since {_place(self._all)}")
                broken.append(_seen("shares", [one, other], self._all))
        if broken:
            raise _failure(said, broken, since)


def _patched() -> set[str]:
    from .patches import patches

    return {".".join(each) for each in patches()}


_FILE = {"reads": "read", "writes": "written"}


def explain(failure: StepFailure, assumptions: Assumptions | None) -> StepFailure:
    """Add to a cell's own error what the plan may have got wrong, so that it was raised."""
    if failure.cell is not None:
        if assumptions is not None and assumptions.read_files():
            failure.broken.append(_seen("reads", ["@files"], [failure.cell]))
        missing = re.fullmatch(r"name '(\w+)' is not defined(\..*)?", failure.message)
        if failure.name == "NameError" and missing:
            failure.broken.append(_seen("reads", [missing[1]], [failure.cell]))
    return failure


def _failure(said: list[str], broken: list[dict[str, Any]], since: list[Cell]) -> StepFailure:
    culprits = {each for seen in broken for each in seen["cells"]}
    cells = [cell for cell in since if cell.cell_id in culprits]
    only = cells[0] if len(cells) == 1 else None
    name = next((each["names"][0] for each in broken if each["kind"] == "changes"), "")
    line = _line(only, name) if only and name else None
    return StepFailure(
        "assumption-broken",
        f"{'; '.join(said)}, which the plan did not know: other steps would have got what is not"
        " the notebook's.",
        "Run the pipeline again on this machine, which plans it anew by what was seen, or put the"
        " cells concerned into one step.",
        cell=only,
        line=line,
        source=only.source.splitlines()[line - 1].strip() if only and line else "",
        broken=broken,
    )


def _seen(kind: str, names: list[str], cells: list[Cell]) -> dict[str, Any]:
    return {"kind": kind, "names": names, "cells": [cell.cell_id for cell in cells]}


def _mentioning(name: str, cells: list[Cell]) -> list[Cell]:
    """Return the cells whose text has a name, or all: it may be changed by another name."""
    return [cell for cell in cells if name in cell.source] or list(cells)


def _place(cells: list[Cell], name: str = "") -> str:
    if len(cells) != 1:
        return "one of the cells " + ", ".join(str(cell.number) for cell in cells)
    line = _line(cells[0], name) if name else None
    return f"cell {cells[0].number}" + (f", line {line}" if line else "")


def _line(cell: Cell, name: str) -> int | None:
    """Return the line of a cell that can have changed a name: the only statement with a call."""
    try:
        tree = ast.parse(cell.source)
    except SyntaxError:
        return None
    lines = [
        node.lineno
        for node in tree.body
        if any(isinstance(each, ast.Call) for each in ast.walk(node))
        and any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node))
    ]
    return lines[0] if len(lines) == 1 else None
