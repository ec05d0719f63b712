"""What people say of a run after it: a name, a note and tags, kept beside it.

The run itself never changes: this is a file of its own, and goes with the run.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engines.local.layout import run_folder
from ..engines.local.lookup import existing_run
from ..errors import Code, KfpExtError, Problem
from ..storage import home as default_home
from ..storage import read_json, write_json

NAME_LENGTH = 200
NOTE_LENGTH = 20_000
TAG_LENGTH = 60
MOST_TAGS = 50


@dataclass(frozen=True)
class About:
    """What was said of a run; all empty where nothing was."""

    name: str = ""
    """Shown instead of the pipeline's name."""
    note: str = ""
    tags: tuple[str, ...] = ()
    """Each once, in the order in which they were given."""

    def to_json(self) -> dict[str, Any]:
        """Return the wire form (docs/api.md, `About`)."""
        return {"name": self.name, "note": self.note, "tags": list(self.tags)}


def read_about(run_id: str, home: Path | None = None) -> About:
    """Return what was said of a run, whether or not it exists.

    A file that someone damaged says nothing: it must not hide the run.
    """
    try:
        data = read_json(run_folder(home or default_home(), run_id).about)
        tags = data.get("tags", [])
        return About(
            str(data.get("name", "")), str(data.get("note", "")), tuple(str(each) for each in tags)
        )
    except (OSError, ValueError, TypeError, AttributeError):
        return About()


def is_archived(run_id: str, home: Path | None = None) -> bool:
    """Whether a run was put aside (`runs.cleaning.archive_run`)."""
    return run_folder(home or default_home(), run_id).archived.exists()


def change_about(run_id: str, said: Mapping[str, Any], home: Path | None = None) -> About:
    """Change what is said of a run: `name`, `note`, `tags`; what is not in `said` stays.

    Raises `KfpExtError`: `run-missing`, `usage` for another key, type or length, `storage-failed`.
    """
    folder = existing_run(home or default_home(), run_id)
    unknown = sorted(set(said) - {"name", "note", "tags"})
    if unknown:
        raise _usage(f"A run has no {', '.join(unknown)} to change.")
    known = read_about(run_id, home)
    about = About(
        " ".join(_text(said, "name", known.name, NAME_LENGTH).split()),
        _text(said, "note", known.note, NOTE_LENGTH).strip(),
        _tags(said["tags"]) if said.get("tags") is not None else known.tags,
    )
    write_json(folder.about, about.to_json())
    return about


def _text(said: Mapping[str, Any], key: str, known: str, longest: int) -> str:
    text = said.get(key)
    if text is None:
        return known
    if not isinstance(text, str) or len(text) > longest:
        raise _usage(f"'{key}' must be a text of at most {longest} characters.")
    return text


def _tags(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise _usage("'tags' must be a list of texts.")
    # One word is one tag, however its letters are composed.
    words = (" ".join(unicodedata.normalize("NFC", each).split()) for each in given)
    tags = tuple(dict.fromkeys(each for each in words if each))
    if len(tags) > MOST_TAGS or any(len(each) > TAG_LENGTH for each in tags):
        raise _usage(f"A run has at most {MOST_TAGS} tags of at most {TAG_LENGTH} characters each.")
    return tags


def _usage(message: str) -> KfpExtError:
    return KfpExtError(Problem(Code.USAGE, message))
