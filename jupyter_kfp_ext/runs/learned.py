"""What runs learned about a notebook, kept beside its list of runs, for its next plan.

Hints only: without them the next run finds out again. One file a notebook, named by its path.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..analysis.observed import Observed, Seen, in_words, source_hash
from ..engines.local.lookup import notebook_index
from ..engines.model import Broken
from ..notation.model import PipelineModel
from ..storage import home as default_home
from ..storage import read_json, write_json


def learned_file(notebook: str, home: Path | None = None) -> Path:
    """Return where the effects seen in a notebook (absolute path) are kept."""
    folder = notebook_index(home or default_home(), notebook)
    return folder.with_name(f"{folder.name}.learned.json")


def read_learned(notebook: str | None, home: Path | None = None) -> tuple[Observed, ...]:
    """Return what runs of a notebook saw its cells do; nothing for one that was never saved."""
    return () if notebook is None else read_observed(learned_file(notebook, home))


def read_observed(path: Path) -> tuple[Observed, ...]:
    """Return the effects in a file; one that is missing or damaged holds none."""
    try:
        return tuple(Observed.from_json(each) for each in read_json(path)["observed"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def write_observed(path: Path, observed: Iterable[Observed]) -> None:
    """Write effects to a file; raises `KfpExtError` (`storage-failed`)."""
    write_json(path, {"version": 1, "observed": [each.to_json() for each in sorted(observed)]})


def keep_learned(model: PipelineModel, observed: Iterable[Observed], home: Path) -> None:
    """Add effects to those known of a notebook, and forget those of cells that it lacks."""
    if model.notebook.path is None:
        return
    texts = {source_hash(cell.body) for cell in model.cells}
    known = {*read_learned(model.notebook.path, home), *observed}
    place = learned_file(model.notebook.path, home)
    write_observed(place, (each for each in known if each.source in texts))


def observed_in(model: PipelineModel, broken: Iterable[Broken]) -> tuple[Observed, ...]:
    """Return broken assumptions as effects of the cells that may have caused them."""
    sources = {cell.cell.id: source_hash(cell.body) for cell in model.cells}
    return tuple(
        Observed(Seen(each.kind), tuple(sorted(each.names)), sources[cell])
        for each in broken
        for cell in each.cells
        if cell in sources and each.kind in set(Seen)
    )


def broken_in_words(model: PipelineModel, broken: Iterable[Broken]) -> str:
    """Return what was found: `cell 4 changes x`."""
    numbers: Mapping[str, Any] = {cell.cell.id: cell.cell.number for cell in model.cells}
    said = []
    for each in broken:
        cells = " or ".join(f"cell {numbers[cell]}" for cell in each.cells if cell in numbers)
        said.append(f"{cells} {in_words(Seen(each.kind), each.names)}")
    return "; ".join(dict.fromkeys(said))
