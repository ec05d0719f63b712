"""Imports of the preamble that the step which runs it has no use for.

The first step runs the preamble whole, for the record. Of its imports it may need few: those that
only other steps use are named here, so that whoever knows the modules can leave them out
(`helpers.idle`).
"""

from collections.abc import Iterable

from ..notation.model import MarkedCell, Role
from .facts import Define, Import, Statement
from .segments import Walk


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
    idle = maybe - needed
    return {
        cell: tuple(index - span.start for index in span if index in idle)
        for cell, span in spans.items()
        if not idle.isdisjoint(span)
    }


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
