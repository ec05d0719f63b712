"""A cell's syntax tree, and where in its text a name stands."""

import ast
import warnings
from functools import lru_cache

from .ipython import to_python


@lru_cache(maxsize=4096)
def parsed(source: str) -> ast.Module:
    """Return a cell's syntax tree, its magics as calls; an empty one where it does not parse."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(to_python(source))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.Module([], [])


def first_read(source: str, name: str) -> int | None:
    """Return the first line of a cell that reads a name; None where none says it."""
    return min(
        (
            node.lineno
            for node in ast.walk(parsed(source))
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        ),
        default=None,
    )


def name_span(source: str, line: int | None, name: str) -> tuple[int, int] | None:
    """Return the first and the next-after-last character of a name in a line of a cell.

    None where the line does not say the name itself (a magic, an f-string before Python 3.12, a
    call of what uses it).
    """
    lines = source.split("\n")
    if line is None or line > len(lines):
        return None
    text = lines[line - 1]
    offsets = [
        node.col_offset
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.Name) and node.id == name and node.lineno == line
    ]
    for offset in sorted(offsets):
        column = len(text.encode()[:offset].decode(errors="replace"))
        if text[column : column + len(name)] == name:
            return column, column + len(name)
    return None


def is_main(test: ast.expr) -> bool:
    """Tell `if __name__ == "__main__":`, which is not so in an import."""
    return isinstance(test, ast.Compare) and getattr(test.left, "id", "") == "__name__"
