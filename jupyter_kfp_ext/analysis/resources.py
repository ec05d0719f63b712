"""Things that live in one process only: the notebook's generators, and who made them."""

from .facts import Bind, Call, Statement
from .heap import Code, Heap
from .segments import Version, Walk

_WRITING = frozenset({("write",), ("writelines",), ("flush",), ("seek",), ("truncate",)})


def generator_made(statement: Statement, heap: Heap, found: Walk) -> str | None:
    """Tell `rows = read_rows()` where that is a generator function of the notebook."""
    called = {each.result: each for each in statement.operations if isinstance(each, Call)}
    last = statement.operations[-1] if statement.operations else None
    if not isinstance(last, Bind) or len(last.sources) != 1 or last.share != "same":
        return None
    call = called.get(last.sources[0])
    if call is None or call.path:
        return None
    makes = [
        isinstance(each, Code)
        and each.kind == "function"
        and each.body.generator
        # A decorator may have made something else of it (`contextmanager`).
        and call.callee in found.placed[found.definitions.get(each.body, 0)].named
        for each in heap.get(call.callee).knows
    ]
    return "a generator" if makes and all(makes) else None


def maker_after(name: str, index: int, earlier: Version | None, found: Walk) -> int | None:
    """Return the statement that made a value which the one at `index` changes under a name.

    What can never cross still cannot, so what made it stays in mind; but files are closed, unless
    it is plain that this statement only writes. A statement that makes such a thing makes none of
    what it only changes (`rows = read(log)`).
    """
    statement = found.placed[index].statement
    changed = None if found.placed[index].resource else index
    if earlier is None or earlier.maker is None:
        return changed
    resource = found.placed[earlier.maker].resource
    if resource and ("file" not in resource or _only_writes(statement, name)):
        return earlier.maker
    return changed


def _only_writes(statement: Statement, name: str) -> bool:
    """Tell `file.write(x)` and `print(x, file=file)`."""
    calls = [
        each
        for each in statement.operations
        if isinstance(each, Call)
        and (each.callee == name or any(given.value == name for given in each.arguments))
    ]
    return bool(calls) and all(
        each.path in _WRITING if each.callee == name else (each.callee, each.path) == ("print", ())
        for each in calls
    )
