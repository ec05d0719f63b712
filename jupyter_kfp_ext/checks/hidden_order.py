"""What the saved execution numbers tell: cells that were last run in another order.

The notebook's saved outputs are then those of that order, and a pipeline runs from top to bottom.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ..analysis.cell import analyse_cell
from ..errors import Code, Problem
from .reading import ReadCell, Reading


def hidden_order(reading: Reading) -> Iterator[Problem]:
    """Yield one hint for the first cell whose saved output may come from another order.

    Only where it matters: the cell that was run later binds a name that the other one reads, or
    reads one that the other one binds.
    """
    counts = saved_counts(reading)
    ran = [cell for cell in reading.cells if cell.id in counts]
    for position, first in enumerate(ran):
        for second in ran[position + 1 :]:
            if counts[first.id] < counts[second.id]:
                continue
            name = _shared_name(reading, first, second)
            if name:
                yield first.problem(
                    Code.HIDDEN_ORDER,
                    f"This cell was last run after cell {second.marked.cell.number}, which comes "
                    f"later and has {name} in common with it: the saved outputs may not be those "
                    "of a run from top to bottom, which a pipeline gives.",
                    "Restart the kernel and run all cells, and look whether the outputs stay.",
                )
                return


def saved_counts(reading: Reading) -> Mapping[str, int]:
    """Return the saved execution number of each cell that has one, by cell id."""
    notebook = reading.plan.model.notebook
    entries: Any = notebook.raw.get("cells", ())
    found: dict[str, int] = {}
    for cell, entry in zip(notebook.cells, entries, strict=False):
        count = entry.get("execution_count")
        if cell.number is not None and isinstance(count, int) and count > 0:
            found[cell.id] = count
    return found


def _shared_name(reading: Reading, first: ReadCell, second: ReadCell) -> str:
    """Return a name for which the order of two cells matters; empty where there is none.

    A name that is only ever imported is the same in any order.
    """
    one, other = analyse_cell(first.marked.body), analyse_cell(second.marked.body)
    shared = (one.binds & other.uses) | (one.uses & other.binds)
    return min(shared - reading.modules.keys(), default="")
