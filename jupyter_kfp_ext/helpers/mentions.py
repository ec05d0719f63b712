"""Which files a piece of code names, read from the literals in its text."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ..analysis import world
from ..analysis.ipython import to_python

_LONGEST = 255
_NOT_A_PATH = re.compile(r"[\0\n]|^~|^\w+://|^/|^\s*$")
_PATH_LIKE = re.compile(r"/|\.\w{1,8}$")
_COMMANDS = frozenset(
    {"system", "getoutput", "run_line_magic", "run_cell_magic", "popen", "run", "call"}
    | {"check_call", "check_output", "Popen"}
)
"""Calls whose text is a command line: its words are looked at, not the text as a whole."""
_WRITING_MAGICS = ("writefile", "file")
_OF_FOLDERS = frozenset(
    {"Path", "PurePath", "PosixPath", "join", "joinpath", "listdir", "scandir", "walk", "chdir"}
    | {"copytree", "ImageFolder", "iterdir"}
)
"""Calls that take a folder; elsewhere a word that happens to be a folder's name is only a word."""


@dataclass(frozen=True)
class Mention:
    """A literal that may name files, relative to the notebook's folder."""

    pattern: str
    """A path, or a pattern in the manner of `glob`."""
    line: int
    folder: bool = False
    """Whether it is used as a folder, so that it stands for all files below it."""
    written: bool = False
    """Whether the code writes it there (and does not read it)."""


@lru_cache(maxsize=2048)
def mentions(source: str) -> tuple[Mention, ...]:
    """Return what the literals of a cell or module may name, in the order of the text.

    Empty where the source is not valid Python. Remembered by the text: the cells of a prelude come
    up in each step.
    """
    try:
        tree = ast.parse(to_python(source))
    except (SyntaxError, ValueError):
        return ()
    found = [each for each in _visit(tree, None) if not _NOT_A_PATH.search(each.pattern)]
    return tuple(sorted(found, key=lambda each: each.line))


def _visit(node: ast.AST, call: ast.Call | None) -> Iterator[Mention]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring or a remark
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _of_text(node.value, node.lineno, call, used_in_path=False)
    elif isinstance(node, ast.JoinedStr):
        yield from _of_pattern(node, call)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        for side in (node.left, node.right):
            if isinstance(side, ast.Constant) and isinstance(side.value, str):
                yield from _of_text(side.value, side.lineno, call, used_in_path=True)
            else:
                yield from _visit(side, call)
    else:
        inner = node if isinstance(node, ast.Call) else call
        for child in ast.iter_child_nodes(node):
            yield from _visit(child, inner)


def _of_text(text: str, line: int, call: ast.Call | None, used_in_path: bool) -> Iterator[Mention]:
    name = _name(call)
    if name == "run_cell_magic" and _argument(call, 0) in _WRITING_MAGICS:
        options, _, path = text.rpartition(" ")
        if call and text == _argument(call, 1):
            yield Mention(path, line, written="-a" not in options.split())
        return
    if name in _COMMANDS:
        for word in re.split(r"[\s;|&<>\"'()=]+", text):
            if len(word) <= _LONGEST:
                yield Mention(word, line)
        return
    reads = _reads(call)
    if len(text) > _LONGEST or ("*" in text and not reads and not _PATH_LIKE.search(text)):
        return
    folder = used_in_path or text.endswith("/") or name in _OF_FOLDERS or reads
    yield Mention(text, line, folder, _writes(call))


def _of_pattern(node: ast.JoinedStr, call: ast.Call | None) -> Iterator[Mention]:
    """Yield the pattern of an f-string that reads like a path: `f"data/{name}.csv"`."""
    pattern = "".join(
        str(part.value).replace("[", "[[]") if isinstance(part, ast.Constant) else "*"
        for part in node.values
    )
    in_folder = re.match(r"[^*\s]+/", pattern)
    with_suffix = re.search(r"\.\w{1,8}$", pattern)
    if len(pattern) <= _LONGEST and (in_folder or (with_suffix and _reads(call))):
        yield Mention(pattern, node.lineno, False, _writes(call))


def _argument(call: ast.Call | None, index: int) -> object:
    """Return the literal that a call has as an argument; None where it has none."""
    arguments = call.args if call else []
    node = arguments[index] if index < len(arguments) else None
    return node.value if isinstance(node, ast.Constant) else None


def _name(call: ast.Call | None) -> str:
    function = call.func if call else None
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _effect(call: ast.Call | None) -> world.Effect:
    name = _name(call)
    if not call or not name:
        return world.NONE
    given = [*call.args[1:2], *(each.value for each in call.keywords if each.arg == "mode")]
    mode = next((each.value for each in given if isinstance(each, ast.Constant)), None)
    return world.of_method(name, mode, frozenset())


def _reads(call: ast.Call | None) -> bool:
    return world.FILES in _effect(call).reads


def _writes(call: ast.Call | None) -> bool:
    effect = _effect(call)
    return world.FILES in effect.writes and world.FILES not in effect.reads
