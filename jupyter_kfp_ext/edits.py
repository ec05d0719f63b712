"""Changes of a notebook as values, so that every face can show a fix before it makes it.

A fix is computed once, in Python; the panel makes it through the notebook's own undo history, the
command line by writing the file. `notation.editing` makes them on a notebook.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True)
class Replace:
    """Text of a cell is replaced; nothing is done where `old` does not stand there any more."""

    cell_id: str
    line: int
    """Of the first character, from 1."""
    column: int
    """Of the first character, in characters (not bytes) from 0."""
    old: str
    """May be empty: then `new` is inserted; may hold line ends."""
    new: str
    kind: Literal["replace"] = "replace"


@dataclass(frozen=True)
class Insert:
    """A code cell is added."""

    source: str
    before: str | None
    """Id of the cell that it stands before; None: at the end."""
    metadata: Any = field(default_factory=dict, hash=False)
    kind: Literal["insert"] = "insert"


@dataclass(frozen=True)
class Move:
    """A cell takes another place."""

    cell_id: str
    before: str | None
    """Id of the cell that it then stands before; None: at the end."""
    kind: Literal["move"] = "move"


@dataclass(frozen=True)
class SetMetadata:
    """One key of the metadata of a cell, or of the notebook itself, gets a value."""

    cell_id: str | None
    """None: the notebook's own metadata."""
    key: str
    value: Any = field(hash=False)
    """A JSON value; None takes the key away."""
    kind: Literal["metadata"] = "metadata"


Edit: TypeAlias = Replace | Insert | Move | SetMetadata


@dataclass(frozen=True)
class Fix:
    """One way to mend a problem, complete: all its edits or none."""

    title: str
    """What it does, as an imperative: `Move cell 5 above cell 3`."""
    edits: tuple[Edit, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the wire form (docs/api.md, `Fix`)."""
        return {"title": self.title, "edits": [asdict(each) for each in self.edits]}

    @staticmethod
    def from_json(data: Any) -> "Fix":
        """Build a fix from its wire form."""
        return Fix(data["title"], tuple(_KINDS[each["kind"]](**each) for each in data["edits"]))


_KINDS: dict[str, Any] = {
    "replace": Replace,
    "insert": Insert,
    "move": Move,
    "metadata": SetMetadata,
}
