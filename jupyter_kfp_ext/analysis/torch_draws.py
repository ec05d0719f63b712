"""Which statements may draw from torch's random generators, once a notebook has seeded them.

Layers draw when they are made and called, loaders when they are iterated, and what is called need
not show that it is of torch. So any call or iteration may draw, but for a few built-in functions.
"""

from collections.abc import Iterable, Iterator

from .facts import Branch, Call, Iterate, Loop, Operation, Statement

_NEVER_DRAWING = frozenset({"print", "len", "range", "str", "int", "float", "type", "repr"})


def may_draw(statement: Statement) -> bool:
    """Tell whether a statement may draw from torch's generators."""
    return any(
        isinstance(each, Iterate)
        or (isinstance(each, Call) and (each.path or each.callee not in _NEVER_DRAWING))
        for each in _all(statement.operations)
    )


def _all(operations: Iterable[Operation]) -> Iterator[Operation]:
    for each in operations:
        yield each
        if isinstance(each, Loop):
            yield from _all(each.operations)
        elif isinstance(each, Branch):
            for alternative in each.alternatives:
                yield from _all(alternative)
