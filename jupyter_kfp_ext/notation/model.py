"""What the marks of a notebook mean: steps with their cells and options, and the other roles."""

from dataclasses import dataclass
from enum import Enum

from ..errors import Problem
from .notebook import Cell, Notebook
from .options import PipelineSettings, StepOptions


class Role(str, Enum):
    """What a code cell is for (docs/notation.md)."""

    STEP = "step"
    PREAMBLE = "preamble"
    """Unmarked, before the first step: part of every step that needs what it defines."""
    IMPORTS = "imports"
    FUNCTIONS = "functions"
    PARAMETERS = "parameters"
    METRICS = "metrics"
    SKIP = "skip"


class MarkSource(str, Enum):
    """Where a cell's role was said."""

    METADATA = "metadata"
    MAGIC = "magic"
    TAGS = "tags"
    IMPLIED = "implied"
    """Unmarked: the role of the cell before it, or the preamble."""
    SPLIT = "split"
    """The notebook has no marks; `--split` made the step."""


@dataclass(frozen=True)
class MarkedCell:
    """A code cell with its role. `body` is what runs: the magic line is blanked, line for line."""

    cell: Cell
    role: Role
    source: MarkSource
    step: str | None = None
    body: str = ""


@dataclass(frozen=True)
class Step:
    """Cells of one name, in notebook order, with their options (defaults merged in)."""

    name: str
    cells: tuple[MarkedCell, ...]
    options: StepOptions
    said: StepOptions
    """What the marks say, without the pipeline's defaults."""


@dataclass(frozen=True)
class PipelineModel:
    """The typed result of reading a notebook's marks."""

    notebook: Notebook
    name: str
    """Name of the pipeline: from the settings, else the notebook's file name."""
    settings: PipelineSettings
    cells: tuple[MarkedCell, ...]
    """Every code cell with text, in order, whatever its role."""
    steps: tuple[Step, ...]
    """In the order of their first cells."""
    split: str | None
    """`headings`, `cells` or `none` where the notebook has no marks; None where it has."""
    problems: tuple[Problem, ...] = ()
