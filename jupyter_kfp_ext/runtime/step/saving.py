"""Writes the names that a step leaves into its output artifacts (docs/step-runtime.md)."""

from __future__ import annotations

import hashlib
import os
import sys

from .failure import StepFailure
from .grouping import Crossing, Graph, address_range, dump, find_groups
from .jsontext import dumps
from .record import Cell, write_all

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_ALIGNMENT = 64
"""Bytes; numpy's and the vector units' largest wish."""


class Group:
    """A pickled group, ready to be written into every slot that needs one of its names."""

    def __init__(self, stream: bytes, buffers: list[memoryview], ranges: list[tuple[int, int]]):
        self.stream = stream
        self.blocks, self.layout = _lay_out(buffers, ranges)
        self.has_figures = "matplotlib.pyplot" in sys.modules and b"matplotlib.figure" in stream
        self.bytes = len(stream) + sum(block.nbytes for _, block in self.blocks)
        digest = hashlib.sha256(len(stream).to_bytes(8, "big"))
        digest.update(stream)
        digest.update(dumps(self.layout).encode())
        for _, block in self.blocks:
            digest.update(block)
        self.sha = digest.hexdigest()

    def write(self, folder: str) -> None:
        """Write the group as `groups/<sha>/` below an artifact's folder."""
        place = os.path.join(folder, "groups", self.sha)
        os.makedirs(place, exist_ok=True)
        _write(os.path.join(place, "pickle"), [(0, memoryview(self.stream))])
        if self.layout:
            _write(os.path.join(place, "buffers"), self.blocks)
            layout = dumps(self.layout).encode()
            _write(os.path.join(place, "layout.json"), [(0, memoryview(layout))])


def _lay_out(
    buffers: list[memoryview], ranges: list[tuple[int, int]]
) -> tuple[list[tuple[int, memoryview]], list[list[int]]]:
    """Place buffers in one file: blocks (offset, bytes), and offset and length of each buffer.

    Buffers that overlap in memory overlap in the file as well, so they still share when mapped.
    """
    order = sorted(range(len(buffers)), key=lambda each: (ranges[each][0], -ranges[each][1]))
    layout = [[0, 0] for _ in buffers]
    blocks: list[tuple[int, memoryview]] = []
    end = 0
    block_offset = block_start = block_end = -1
    for each in order:
        low, high = ranges[each]
        if low == high:
            continue
        if blocks and low < block_end:
            if high > block_end:
                inside = block_end - low
                blocks.append((end, buffers[each][inside:]))
                end += high - block_end
                block_end = high
            layout[each] = [block_offset + low - block_start, high - low]
            continue
        end += -end % _ALIGNMENT
        block_offset = end
        block_start, block_end = low, high
        blocks.append((end, buffers[each]))
        layout[each] = [end, high - low]
        end += high - low
    return blocks, layout


def _write(path: str, blocks: list[tuple[int, memoryview]]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        for offset, block in blocks:
            os.lseek(descriptor, offset, os.SEEK_SET)
            write_all(descriptor, block)
    finally:
        os.close(descriptor)


def save_values(
    slots: list[tuple[str, list[str]]],
    values: dict[str, Any],
    cells: list[Cell],
    crossing: Crossing | None = None,
) -> None:
    """Write names into slots, `(artifact folder, names)`; a name without value is left out.

    `crossing` says how functions and classes go. Raises `StepFailure` (`value-cannot-cross`) for a
    value that cannot be pickled.
    """
    present = [name for _, names in slots for name in names if name in values]
    graphs = {name: _dump(name, values[name], cells, crossing) for name in dict.fromkeys(present)}
    group_of: dict[str, Group] = {}
    for names in find_groups(graphs):
        graph = graphs[names[0]]
        if len(names) > 1 or graph.shares_memory:
            graph = dump({name: values[name] for name in names}, True, crossing)
        group = _group(graph)
        for name in names:
            group_of[name] = group
    for folder, names in slots:
        os.makedirs(folder, exist_ok=True)
        index = {}
        for name in names:
            if name in group_of:
                group = group_of[name]
                group.write(folder)
                index[name] = {
                    "group": group.sha,
                    "type": type_name(values[name]),
                    "summary": summary(values[name]),
                    "bytes": group.bytes,
                    **({"figures": True} if group.has_figures else {}),
                }
        data = dumps({"version": 1, "names": index}).encode()
        _write(os.path.join(folder, "index.json"), [(0, memoryview(data))])


def _group(graph: Graph) -> Group:
    ranges = [address_range(each) if each.nbytes else (0, 0) for each in graph.buffers]
    return Group(graph.stream, graph.buffers, ranges)


def _dump(name: str, value: Any, cells: list[Cell], crossing: Crossing | None) -> Graph:
    try:
        return dump({name: value}, crossing=crossing)
    except Exception as error:
        cell = binding_cell(name, cells)
        raise StepFailure(
            "value-cannot-cross",
            f"{name} ({type_name(value)}) cannot be passed to a later step:"
            f" {type(error).__name__}: {str(error)[:500]}.",
            f"Make {name} again in the step that needs it (put what makes it into a function), or"
            " move the cells that use it into one step.",
            cell=cell[0] if cell else None,
            line=cell[1] if cell else None,
            source=cell[0].source.splitlines()[cell[1] - 1].strip() if cell else "",
        ) from None


def binding_cell(name: str, cells: list[Cell]) -> tuple[Cell, int] | None:
    """Return the last cell that binds a name, and the line; None if it is not known."""
    import ast

    found = None
    for cell in cells:
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:
            continue  # IPython syntax: the name's maker stays unknown rather than guessed
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
                found = (cell, node.lineno)
    return found


def type_name(value: Any) -> str:
    """Return a value's class with its module, as `numpy.ndarray`; builtins without."""
    kind = type(value)
    module = getattr(kind, "__module__", "builtins")
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def summary(value: Any) -> str:
    """Return a few words about a value: number, shape and dtype, or length; never fails."""
    try:
        if isinstance(value, (bool, int, float, complex, type(None))):
            return repr(value)[:60]
        shape = getattr(value, "shape", None)
        if isinstance(shape, tuple):
            return f"{shape} {getattr(value, 'dtype', '')}".strip()[:60]
        if isinstance(value, (str, bytes)) and len(value) <= 40:
            return repr(value)
        return f"{len(value)} items" if hasattr(value, "__len__") else ""
    except Exception:
        return ""
