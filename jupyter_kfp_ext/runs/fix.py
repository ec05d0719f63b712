"""Making fixes in a notebook's file: each problem's first one, until none is left."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import Problem, Severity
from ..notation.editing import apply_fix
from ..notation.notebook import Notebook
from ..notation.reader import read_notebook
from .chain import Checked, check
from .notebook_file import write_changed

MOST_FIXES = 200
"""Each fix removes a problem and brings none, so there is an end; this is for our own mistakes."""


@dataclass(frozen=True)
class Fixed:
    """What was mended in a notebook, and how it is now."""

    done: tuple[Problem, ...]
    """The problems that are gone; the first fix of each was made."""
    checked: Checked


def fix_file(path: Path, split: str | None = None) -> Fixed:
    """Mend the errors and warnings of a notebook that have a fix, and write it once.

    Hints stay: what they are about runs, and is the user's to decide. Raises `KfpExtError`:
    `notebook-missing`, `notebook-unreadable`, `storage-failed` (also where the file was changed
    meanwhile; then nothing is written).
    """
    original = path.read_bytes() if path.is_file() else b""
    fixed = _fix(read_notebook(path), split)
    if fixed.done:
        write_changed(fixed.checked.plan.model.notebook, path, original, path)
    return fixed


def _fix(notebook: Notebook, split: str | None) -> Fixed:
    checked = check(notebook, split)
    done: list[Problem] = []
    while len(done) < MOST_FIXES:
        problem = _first(checked.problems)
        if problem is None:
            break
        notebook = apply_fix(notebook, problem.fixes[0])
        done.append(problem)
        checked = check(notebook, split)
    return Fixed(tuple(done), checked)


def _first(problems: Iterable[Problem]) -> Problem | None:
    """Return the first problem to mend."""
    for each in problems:
        if each.fixes and each.severity is not Severity.INFO:
            return each
    return None
