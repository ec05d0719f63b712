"""Imports of the preamble that the step which runs it has no use for.

The first step runs the preamble whole, for the record. Of its imports it may need few: those that
only other steps use are named here, so that whoever knows the modules can leave them out
(`helpers.idle`).
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from ..notation.model import MarkedCell, Role
from .facts import Define, Import, Statement, imports_of
from .segments import Walk

_WORD = re.compile(r"[^\W\d]\w*")


def needed_parts(
    found: Walk, cells: Iterable[MarkedCell], replays: set[int], always: set[int], names: set[str]
) -> set[int]:
    """Return the statements that a step replays without imports of parts that it never names.

    What reads `a` needs all imports of parts of `a` (`package_parts`); a part whose name, and the
    name that the import binds, stand nowhere in the step's code is not read. `always` are those
    that it replays in any case, `names` what its own cells read.
    """
    run = {index for cell in cells for index in _span(found, cell)} | replays
    names = names.union(*(found.placed[index].needs for index in run))
    imports = {
        index
        for index in replays - always
        if _only_imports(found.placed[index].statement) and _adds_parts(found, index, names)
    }
    return replays - _unnamed(found, imports, run)


def _adds_parts(found: Walk, index: int, names: set[str]) -> bool:
    """Tell an import that counts only for what it adds to a package: its own names are not read."""
    imports = _imports(found, index)
    packages = {each.module for each in imports if each.attribute is None}
    return all(each.name in packages or each.name not in names for each in imports)


def idle_imports(
    found: Walk, cells: Iterable[MarkedCell], replays: Iterable[int]
) -> dict[str, tuple[int, ...]]:
    """Return, by cell id, the indices of the statements that import what a step never reads.

    `cells` are those that it runs whole, `replays` the statements that it needs beside its own.
    """
    spans = {cell.cell.id: _span(found, cell) for cell in cells}
    maybe = {
        index
        for cell in cells
        if cell.role is Role.PREAMBLE
        for index in spans[cell.cell.id]
        if _only_imports(found.placed[index].statement) and found.placed[index].replays
    }
    run = [index for span in spans.values() for index in span]
    if not maybe or any(found.placed[index].statement.hides for index in run):
        return {}
    pending = [
        *replays,
        *(each for each in run if each not in maybe and not _only_defines(found, each)),
    ]
    needed = set(pending)
    while pending:
        for version in found.placed[pending.pop()].needs.values():
            makers = () if version.maker is None else (version.maker,)
            new = {*version.statements, *makers} - needed
            needed |= new
            pending += new
    # A text may name it too: `ols("y ~ np.log(x)", df)`.
    read = [each for each in run if each in needed and each not in maybe]
    words = frozenset[str]().union(*(_words(*_place(found, each)) for each in read))
    idle = {each for each in maybe - needed if words.isdisjoint(_bound(found, each))}
    idle |= _unnamed(found, maybe & needed, {*run, *replays})
    return {
        cell: tuple(index - span.start for index in span if index in idle)
        for cell, span in spans.items()
        if not idle.isdisjoint(span)
    }


def _unnamed(found: Walk, imports: set[int], run: set[int]) -> set[int]:
    """Return those of some imports of which no other statement that runs has a name."""
    if not imports or any(found.placed[index].statement.hides for index in run):
        return set()
    words = {index: _words(*_place(found, index)) for index in run}
    counts = Counter(word for each in words.values() for word in each)
    bound = Counter(name for index in run for name in _bound(found, index))
    left: set[int] = set()
    for index in sorted(imports):
        packages = {each.package for each in _imports(found, index)}
        own = words[index] - packages - {"import", "from", "as"}
        binds = _bound(found, index) & packages
        if own and all(counts[word] == 1 for word in own) and all(bound[n] > 1 for n in binds):
            left.add(index)
            bound.subtract(_bound(found, index))
    return left


def _imports(found: Walk, index: int) -> list[Import]:
    return imports_of(found.placed[index].statement)


def _bound(found: Walk, index: int) -> set[str]:
    return {each.name for each in _imports(found, index)}


def _place(found: Walk, index: int) -> tuple[str, int, int]:
    placed = found.placed[index]
    return placed.cell.body, placed.statement.line, placed.statement.end_line


@lru_cache(maxsize=4096)
def _words(source: str, line: int, end_line: int) -> frozenset[str]:
    return frozenset(_WORD.findall("\n".join(source.split("\n")[line - 1 : end_line])))


def _span(found: Walk, cell: MarkedCell) -> range:
    start = found.starts[cell.cell.id]
    return range(start, start + len(found.facts[cell.cell.id].statements))


def _only_imports(statement: Statement) -> bool:
    operations = statement.operations
    return not statement.compiles and all(
        isinstance(each, Import) and each.name != "*" and each.attribute != "*"
        for each in operations
    )


def _only_defines(found: Walk, index: int) -> bool:
    """Tell a function that is defined and no more: its body runs where it is called."""
    operations = found.placed[index].statement.operations
    return bool(operations) and all(
        isinstance(each, Define) and each.code.kind == "function" for each in operations
    )
