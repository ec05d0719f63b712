"""Names and bodies that operations mention, without running them."""

from collections.abc import Iterable

from .facts import (
    Attribute,
    Bind,
    Body,
    Branch,
    Call,
    Change,
    Compare,
    Define,
    Loop,
    Operate,
    Operation,
)


def names_in(operations: Iterable[Operation]) -> set[str]:
    """Return all names that operations mention, nested function bodies left out."""
    found: set[str] = set()
    for each in operations:
        if isinstance(each, Branch):
            for alternative in each.alternatives:
                found |= names_in(alternative)
        elif isinstance(each, Loop):
            found |= names_in(each.operations)
        elif isinstance(each, Bind):
            found |= {each.name, *each.sources, *filter(None, (each.operated,))}
        elif isinstance(each, Change):
            found |= {each.name, *each.adds}
        elif isinstance(each, (Operate, Compare)):
            found |= set(each.names)
        elif isinstance(each, Call):
            found |= {each.callee, *(argument.value for argument in each.arguments)}
        elif isinstance(each, Attribute):
            found.add(each.value)
        else:
            found.add(each.name)
    return found


def captured_names(body: Body) -> set[str]:
    """Return the variables of enclosing functions that a body refers to."""
    bodies = [body]
    own: set[str] = set()
    found: set[str] = set()
    while bodies:
        each = bodies.pop()
        own |= each.locals
        found |= {name for name in names_in(each.operations) if name.startswith(":")}
        bodies += [inner for _, inner in each.methods]
        bodies += bodies_in(each.operations)
    return found - own


def bodies_in(operations: Iterable[Operation]) -> list[Body]:
    """Return the bodies that operations define."""
    found: list[Body] = []
    for each in operations:
        if isinstance(each, Define):
            found.append(each.code)
        elif isinstance(each, Branch):
            for alternative in each.alternatives:
                found += bodies_in(alternative)
        elif isinstance(each, Loop):
            found += bodies_in(each.operations)
    return found
