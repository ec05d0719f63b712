"""Things that live in one process only: the notebook's generators, and who made them."""

from .facts import Bind, Call, Statement
from .heap import Code, Heap
from .segments import Version, Walk


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


def maker_after(index: int, earlier: Version | None, found: Walk) -> int | None:
    """Return the statement that made a value which the one at `index` changes.

    What can never cross still cannot, so what made it stays in mind; but files are closed. A
    statement that makes such a thing makes none of what it only changes (`rows = read(log)`).
    """
    changed = None if found.placed[index].resource else index
    if earlier is None or earlier.maker is None:
        return changed
    resource = found.placed[earlier.maker].resource
    return earlier.maker if resource and "file" not in resource else changed
