"""Compiles cells: their statements, and apart from them the last expression, whose value is shown.

At the first `compile` of a process Python makes all classes of its syntax tree, which takes a
quarter of a bare start. So an engine that runs the same Python as its steps compiles their cells
(`pack`), and a step that finds its cells so compiles nothing (`Compiled`).
"""

from __future__ import annotations

import marshal
import sys

from .cell_text import murmur2, wants_shell

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    import types
    from collections.abc import Iterable
    from typing import Any

FIRST_FLAGS = 0x2000
"""`ast.PyCF_ALLOW_TOP_LEVEL_AWAIT`"""
_FUTURE = 0x1FE0000
"""Flags of `from __future__` imports; they hold for later cells too."""
_SUFFIX = ".compiled"


def compile_cell(source: str, name: str, flags: int, strict: bool) -> list[types.CodeType]:
    """Return the code of a cell: its statements, and its last expression if that is shown.

    `strict`: a `SyntaxWarning` is an error. Raises `SyntaxError`, `ValueError`, `OverflowError`.
    """
    import _ast
    import warnings

    filters: Any = warnings.filters
    raising = ("error", None, SyntaxWarning, None, 0)
    if strict:
        # Not by `simplefilter`: after it, warnings that show once per place would show again.
        filters.insert(0, raising)
    try:
        tree = compile(source, name, "exec", flags | _ast.PyCF_ONLY_AST, True)
        body, last = _split_last(tree, source, _ast)
        codes = [compile(body, name, "exec", flags, True)]
        if last is not None:
            codes.append(compile(last, name, "eval", flags, True))
    finally:
        if strict:
            filters.remove(raising)
    return codes


def _split_last(tree: Any, source: str, syntax: Any) -> tuple[Any, Any]:
    """Take the last expression off a module, unless a `;` after it says that it is not shown."""
    if not tree.body or not isinstance(tree.body[-1], syntax.Expr):
        return tree, None
    last = tree.body[-1]
    line = source.split("\n")[(last.end_lineno or 1) - 1].encode()
    if line[last.end_col_offset or 0 :].lstrip().startswith(b";"):
        return tree, None
    tree.body.pop()
    return tree, syntax.Expression(last.value)


def flags_after(flags: int, codes: list[types.CodeType]) -> int:
    """Return the flags of the cells after one."""
    return flags | codes[0].co_flags & _FUTURE


def compiled_path(slice_file: str) -> str:
    """Return where the compiled cells of a step lie, beside its slice."""
    return slice_file + _SUFFIX


def pack(sources: Iterable[str]) -> bytes:
    """Return the compiled cells of a step, in the order in which they run.

    It ends before the first cell that may need IPython, which runs all cells from there on, and
    before one about which compiling has something to say: that is for the step to say.
    """
    import warnings

    flags = FIRST_FLAGS
    found: dict[tuple[str, int], tuple[int, list[types.CodeType]]] = {}
    for source in sources:
        if wants_shell(source):
            break
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                codes = compile_cell(source, "<cell>", flags, True)
        except Exception:
            break
        found[source, flags] = murmur2(source), codes
        flags = flags_after(flags, codes)
    return marshal.dumps((sys.version, sys.flags.optimize, marshal.dumps(found)))


class Compiled:
    """The cells of a step that were compiled before it started, by the same Python."""

    def __init__(self, path: str) -> None:
        """Read them; there are none where the file is missing, damaged, or of another Python."""
        self._found: dict[tuple[str, int], tuple[int, list[types.CodeType]]] = {}
        try:
            with open(path, "rb") as file:
                version, optimize, data = marshal.loads(file.read())
            if (version, optimize) == (sys.version, sys.flags.optimize):
                self._found = marshal.loads(data)
        except (OSError, ValueError, EOFError, TypeError):
            return

    def murmur2(self, source: str, flags: int) -> int:
        """Return the hash by which a kernel names the code of a cell."""
        found = self._found.get((source, flags))
        return found[0] if found else murmur2(source)

    def codes(self, source: str, name: str, flags: int) -> list[types.CodeType] | None:
        """Return the code of a cell, under the name of its file in this process."""
        found = self._found.get((source, flags))
        if found is None:
            return None
        for code in found[1]:
            __import__("_imp")._fix_co_filename(code, name)
        return found[1]
