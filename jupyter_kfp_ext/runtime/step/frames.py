"""Keeps what pandas knows of shared memory: who must copy before it writes (copy-on-write).

A frame and the column taken from it share memory, in a kernel and after crossing. pandas copies
before it changes one of them, because the blocks on that memory hold one list of references; its
own pickling gives each block a list of its own, so that a change would show in the other.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


class References:
    """Stands in a pickle for the list of references of blocks on the same memory."""

    def __reduce__(self) -> Any:
        return make_references, ()


def reduce_block(pickler: Any, value: Any) -> Any:
    """Return how a block of a frame is made again; `NotImplemented` for pandas before 2.0."""
    references = getattr(value, "refs", None)
    if references is None:
        return NotImplemented
    shared = pickler.spaces.setdefault(id(references), References())
    return make_block, (*value.__reduce__()[:2], shared)


def make_references() -> Any:
    """Make an empty list of references."""
    from importlib import import_module

    return import_module("pandas._libs.internals").BlockValuesRefs()


def make_block(make: Any, arguments: Any, references: Any) -> Any:
    """Make a block with the references that it shares."""
    block = make(*arguments)
    references.add_reference(block)
    block.refs = references
    return block


def reduce_manager(pickler: Any, value: Any) -> Any:
    """Return how the manager of a series, which pickles its values without their block, is made."""
    if getattr(value.blocks[0], "refs", None) is None:
        return NotImplemented
    return type(value), (value.blocks[0], value.axes[0])
