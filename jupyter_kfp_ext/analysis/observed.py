"""What runs saw cells do that their code does not say: hints for the next plan.

A plan assumes (docs/semantics.md); a step checks. What it finds comes back here, keyed by the text
of the cell that did it, so that it is forgotten when the cell is edited.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from hashlib import sha256
from typing import Any

from ..errors import Code, Problem, Severity
from ..notation.model import MarkedCell, PipelineModel


class Seen(str, Enum):
    """What a cell was seen to do."""

    CHANGES = "changes"
    """It changes the values of variables, or parts of the world (`@files`, `@numpy.random`)."""
    SHARES = "shares"
    """The variables share a mutable object after it."""
    READS = "reads"
    """It reads variables or parts of the world."""
    KEEPS = "keeps"
    """It leaves something behind inside packages, named here."""


@dataclass(frozen=True, order=True)
class Observed:
    """An effect of a cell that its code does not say."""

    kind: Seen
    names: tuple[str, ...]
    """Variables, parts of the world or packages, sorted."""
    source: str
    """Hash of the cell's text (`source_hash`)."""

    def to_json(self) -> dict[str, Any]:
        """Return the form on disk."""
        return {**asdict(self), "kind": self.kind.value}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Observed":
        """Build it from the form on disk; `KeyError`, `TypeError`, `ValueError` if damaged."""
        names = tuple(sorted(str(each) for each in data["names"]))
        return Observed(Seen(data["kind"]), names, str(data["source"]))


def source_hash(source: str) -> str:
    """Return what stands for the text of a cell: 32 hexadecimal digits of its sha-256."""
    return sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def by_cell(
    model: PipelineModel, observed: Iterable[Observed]
) -> dict[str, tuple[MarkedCell, list[Observed]]]:
    """Return the cells that effects are known of, by cell id; effects of no cell are left out."""
    of_source: dict[str, list[Observed]] = {}
    for each in sorted(set(observed)):
        of_source.setdefault(each.source, []).append(each)
    if not of_source:
        return {}
    return {
        cell.cell.id: (cell, of_source[text])
        for cell in model.cells
        if (text := source_hash(cell.body)) in of_source
    }


def in_words(kind: Seen, names: Iterable[str]) -> str:
    """Return what was seen as the rest of a sentence: `changes x`."""
    verb = {
        Seen.CHANGES: "changes",
        Seen.READS: "reads",
        Seen.KEEPS: "leaves something behind in",
        Seen.SHARES: "makes one object a part of",
    }[kind]
    parts = [_PARTS.get(each, each) for each in names]
    if kind is Seen.CHANGES and all(each in _GENERATORS for each in names):
        verb = "draws from"
    return f"{verb} {' and '.join(parts)}"


_GENERATORS = {
    "@random": "Python's random generator",
    "@numpy.random": "numpy's random generator",
    "@torch.random": "torch's random generator",
}
_PARTS = {
    **_GENERATORS,
    "@files": "files of the working folder",
    "@patches": "functions of the standard library",
    "@environ": "environment variables",
    "@cwd": "the working folder",
}


def learned(model: PipelineModel, observed: Iterable[Observed]) -> list[Problem]:
    """Return a line for each cell and effect that a plan takes into account."""
    return [
        Problem(
            Code.ASSUMPTION_BROKEN,
            f"Learned from a run: this cell {in_words(each.kind, each.names)}.",
            "Nothing is to be done: the plan knows it, until the cell is edited.",
            severity=Severity.INFO,
            cell=cell.cell.number,
            cell_id=cell.cell.id,
            step=cell.step,
        )
        for cell, effects in by_cell(model, observed).values()
        for each in effects
    ]
