"""Which magics mean what where a notebook is cut into steps, and which cannot be cut.

A magic that sets up the shell is replayed in later steps; one that speaks of the whole session (its
history, its names) is right only where one step holds all that was run before it.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ..errors import Code, Problem
from ..notation.model import MarkedCell, PipelineModel, Role
from .cell import analyse_cell
from .ipython import LINE_MAGICS, to_python
from .texts import magic_of

SESSION = {
    "who": "lists the names of the whole notebook",
    "whos": "lists the names of the whole notebook",
    "who_ls": "lists the names of the whole notebook",
    "reset": "deletes the names of the whole notebook",
    "reset_selective": "deletes names of the whole notebook",
    "history": "shows what the whole notebook ran",
    "hist": "shows what the whole notebook ran",
    "recall": "fetches what other cells ran",
    "rep": "fetches what other cells ran",
    "rerun": "runs other cells again",
    "macro": "takes its text from other cells",
    "save": "takes its text from other cells",
    "notebook": "writes down what the whole notebook ran",
    "logstart": "writes down what the whole notebook runs",
    "logon": "goes on with the log of other cells",
    "logoff": "stops the log of other cells",
    "logstop": "stops the log of other cells",
    "logstate": "tells of the log of other cells",
    "pushd": "keeps a stack of folders for later cells",
    "popd": "takes from a stack of folders of other cells",
    "dirs": "shows a stack of folders of other cells",
    "dhist": "shows the folders of other cells",
}
"""Line magics that know of the session as a whole, and what they do with it."""
_AFTERWARDS = frozenset({"logstart", "pushd"})
"""Those of them that later cells take part in."""
OF_A_PROCESS = frozenset({"connect_info", "edit", "ed", "qtconsole", "subshell"})
"""Line magics that speak of the kernel's process to whoever sits before it."""
_SESSION_NAMES = frozenset(
    {"In", "Out", "_ih", "_oh", "_dh", "_i", "_ii", "_iii", "__", "___", "__annotations__"}
)
_NUMBERED = re.compile(r"_i?\d+")


@dataclass(frozen=True)
class Magic:
    """A magic in a cell."""

    kind: str
    """`line`, `cell` or `system`"""
    name: str
    text: str
    line: int


@lru_cache(maxsize=4096)
def magics_in(source: str) -> tuple[Magic, ...]:
    """Return the magics and shell commands of a cell; none where it cannot be read."""
    python = to_python(source)
    if "get_ipython" not in python:
        return ()
    try:
        tree = ast.parse(python)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call)]
    found = [(magic_of(each), each.lineno) for each in calls]
    return tuple(Magic(*magic, line) for magic, line in found if magic is not None)


def magic_problems(model: PipelineModel) -> list[Problem]:
    """Return magics and names of a kernel that a step cannot have as the kernel has them."""
    cells = [cell for cell in model.cells if cell.role is not Role.SKIP and cell.body.strip()]
    bound: set[str] = set()
    problems = []
    for index, cell in enumerate(cells):
        before = any(_apart(cell, other) for other in cells[:index])
        after = any(_apart(cell, other) for other in cells[index + 1 :])
        for magic in [*magics_in(cell.body), *_bare(cell.body, bound)]:
            if magic.kind == "line" and magic.name in OF_A_PROCESS:
                problems.append(_of_a_process(cell, magic))
            elif _is_cut(magic, before, after):
                problems.append(_cut(cell, magic))
        facts = analyse_cell(cell.body)
        if before:
            shown = {f"_{each.cell.number}" for each in cells[:index]}
            problems += _session_names(cell, bound | shown)
        bound |= facts.binds
    return problems


def _apart(cell: MarkedCell, other: MarkedCell) -> bool:
    return other.step != cell.step or cell.step is None


def _bare(source: str, bound: set[str]) -> Iterator[Magic]:
    """Return the magic that a cell is of one word alone, which IPython takes for one (`who`)."""
    word = source.strip()
    if word in LINE_MAGICS and word not in bound:
        yield Magic("line", word, "", 1 + source[: source.index(word)].count("\n"))


def _is_cut(magic: Magic, before: bool, after: bool) -> bool:
    if magic.kind != "line":
        return False
    if magic.name == "cd" and magic.text.strip().startswith("-") and magic.text.strip() != "-q":
        return before and not magic.text.strip().startswith("-q ")
    return magic.name in SESSION and (before or (after and magic.name in _AFTERWARDS))


def _cut(cell: MarkedCell, magic: Magic) -> Problem:
    does = SESSION.get(magic.name, "goes back to a folder of other cells")
    return Problem(
        Code.MAGIC_UNSUPPORTED,
        f"%{magic.name} {does}; step '{cell.step}' has only its own cells.",
        "Take it out or mark the cell as skip, or put all cells that it is about into one step.",
        cell=cell.cell.number,
        cell_id=cell.cell.id,
        line=magic.line,
        step=cell.step,
    )


def _of_a_process(cell: MarkedCell, magic: Magic) -> Problem:
    return Problem(
        Code.MAGIC_UNSUPPORTED,
        f"%{magic.name} needs a running kernel and someone who sits before it.",
        "Take it out, or mark the cell as skip.",
        cell=cell.cell.number,
        cell_id=cell.cell.id,
        line=magic.line,
        step=cell.step,
    )


def _session_names(cell: MarkedCell, bound: set[str]) -> Iterator[Problem]:
    for name in sorted(analyse_cell(cell.body).uses - bound):
        if name in _SESSION_NAMES or _NUMBERED.fullmatch(name):
            yield Problem(
                Code.MAGIC_UNSUPPORTED,
                f"{name} is about cells of other steps; step '{cell.step}' has only its own.",
                "Give the value a name where it is made, and use that.",
                cell=cell.cell.number,
                cell_id=cell.cell.id,
                line=_line_of(cell.body, name),
                step=cell.step,
            )


def _line_of(source: str, name: str) -> int | None:
    for number, line in enumerate(source.split("\n"), 1):
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line):
            return number
    return None
