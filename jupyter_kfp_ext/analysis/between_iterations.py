"""What an iteration of a loop would leave to the next one in the world: files, settings, draws."""

import ast
from collections.abc import Iterator

from ..errors import Code, Problem
from . import world
from .control import Control, problem_at
from .ipython import to_python
from .segments import Segment

_GENERATOR = (
    "it draws from a generator that was seeded before the loop: the iterations would all draw the "
    "same numbers",
    "Seed it in the cell, or give `random_state` an own number.",
)
_PARTS = {
    world.CWD: ("it changes the working folder", "Use paths instead."),
    world.ENVIRON: ("it changes environment variables", "Set them in a step above."),
    world.SYS_PATH: ("it changes `sys.path`", "Do that in a step above."),
    world.SETTINGS: ("it sets up a library with what one iteration has", "Set it up above."),
}


def problems_between_iterations(control: Control, segment: Segment) -> list[Problem]:
    """Return what each iteration would start from as it was before the loop, and changes."""
    found = [
        (
            f"it appends to {path}: each iteration would do so as if it were the first",
            "Let each iteration write a file of its own: put the item into its name.",
        )
        for cell in segment.cells
        for path in _appended_files(cell.body)
    ]
    parts = {name for name in segment.changed | segment.bound if name[0] == "@"}
    parts -= {world.FILES}
    parts -= segment.definite & set(world.GENERATORS)
    known = {*_PARTS, *world.GENERATORS}
    found += [_PARTS.get(part, _GENERATOR) for part in sorted(parts & known)]
    return [
        problem_at(control.step, "for_each", message, remedy, Code.VALUE_CANNOT_CROSS)
        for message, remedy in found
    ]


def _appended_files(source: str) -> Iterator[str]:
    """Yield paths that code opens to append, where they are written down."""
    try:
        tree = ast.parse(to_python(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
        named = {each.arg: each.value for each in node.keywords}
        mode = named.get("mode")
        texts += [mode.value] if isinstance(mode, ast.Constant) else []
        paths = [each for each in texts if isinstance(each, str) and not _appends(each)]
        if not paths and isinstance(node.func, ast.Attribute):
            # `Path("log.txt").open("a")`
            inner = node.func.value
            given = inner.args if isinstance(inner, ast.Call) else []
            paths = [str(each.value) for each in given if isinstance(each, ast.Constant)]
        known = ast.unparse(node.func).rpartition(".")[2] in {"open", "to_csv", "to_json"}
        if known and len(paths) == 1 and any(map(_appends, texts)):
            yield paths[0]


def _appends(text: object) -> bool:
    return isinstance(text, str) and "a" in text and set(text) <= set("abt+") and len(text) < 4
