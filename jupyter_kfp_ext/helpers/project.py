"""The search path of a step: the user's own folders, in the order in which the kernel has them.

First what cells put in front, then the notebook's folder and `PYTHONPATH`; the installed packages
stand here in the kernel; then what is installed to be edited, what cells append, the folders that
the notebook's settings name, and last the project's own folders, for notebooks that are run with
another working folder.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..analysis.cell import analyse_cell
from ..analysis.path_changes import path_changes
from ..analysis.plan import Plan, StepPlan
from ..errors import Code, Problem, Severity
from ..notation.model import MarkedCell, Role
from .installed import added_by_pth, editable_roots, is_target
from .locate import Root
from .mentions import mentions

_INSTALLS = re.compile(r"\b(pip|pip3|conda|mamba|uv|apt|apt-get)\b.*\b(install|add)\b")
_MARKS = ("pyproject.toml", "setup.py", "setup.cfg")


@dataclass(frozen=True)
class Search:
    """Where a step's modules are looked up."""

    before: tuple[Root, ...]
    """Folders that win over installed packages."""
    after: tuple[Root, ...]
    """Folders in which only those names count that are not installed."""


@dataclass(frozen=True)
class Project:
    """The user's own folders."""

    folder: Path
    """The notebook's, without links in its path, as a kernel's working folder is."""
    top: Path
    """The folder of the repository, else of the project, else the notebook's."""
    sites: tuple[Path, ...]
    """Folders of installed packages."""
    searches: Mapping[str, Search] = field(default_factory=dict)
    """By task."""
    problems: tuple[Problem, ...] = ()
    installs: bool = False
    """Whether more may be there once the notebook runs: it installs packages, or changes its path
    in a way that the text does not tell."""
    made: frozenset[Path] = frozenset()
    """Modules that the notebook writes before it imports them: what lies there now is another's."""


def find_project(plan: Plan, folder: Path, sites: tuple[Path, ...]) -> Project:
    """Return the user's own folders and the search path of each step."""
    folder = folder.resolve()
    top = project_top(folder)
    settings = plan.model.settings
    fixed = Search(
        (Root(folder), *_of_environment(folder, top)),
        (
            *editable_roots(sites),
            *_named(folder, settings.roots or ()),
            *_above(folder, top),
        ),
    )
    changes = _Changes(folder)
    by_cell: dict[str, Search] = {}
    problems: list[Problem] = []
    for cell in plan.model.cells:
        if cell.role is not Role.SKIP:
            problems += changes.read(cell)
        by_cell[cell.cell.id] = _joined(changes, fixed)
    last = _joined(changes, fixed)
    searches = {step.task: by_cell.get(_last_cell(step), last) for step in plan.steps}
    installs = bool(problems) or any(_INSTALLS.search(cell.body) for cell in plan.model.cells)
    return Project(folder, top, sites, searches, tuple(problems), installs, _made(plan, folder))


def _made(plan: Plan, folder: Path) -> frozenset[Path]:
    imported: set[str] = set()
    found = set()
    for cell in plan.model.cells:
        for each in mentions(cell.body) if cell.role is not Role.SKIP else ():
            place = Path(os.path.normpath(folder / each.pattern))
            name = place.parent.name if place.stem == "__init__" else place.stem
            if each.written and place.suffix == ".py" and name not in imported:
                found.add(place)
        imported |= {part for name in analyse_cell(cell.body).modules for part in name.split(".")}
    return frozenset(found)


def project_top(folder: Path) -> Path:
    """Return the folder of the repository that a folder is in, else of its Python project."""
    for mark in ((".git",), _MARKS):
        for each in (folder, *folder.parents):
            if any((each / name).exists() for name in mark):
                return each
    return folder


def _last_cell(step: StepPlan) -> str:
    return step.cells[-1].cell_id if step.cells else ""


def _joined(changes: "_Changes", fixed: Search) -> Search:
    return Search(
        _once((*changes.front, *fixed.before)),
        _once((*changes.back, *fixed.after)),
    )


def _once(roots: tuple[Root, ...]) -> tuple[Root, ...]:
    found: dict[tuple[Path, str, tuple[str, ...]], Root] = {}
    for root in roots:
        found.setdefault((root.folder, root.top, root.only), root)
    return tuple(found.values())


def _of_environment(folder: Path, top: Path) -> Iterator[Root]:
    for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep):
        place = Path(os.path.normpath(folder / entry))
        # What lies elsewhere (Spark's own Python, say) belongs to the environment.
        if entry and place.is_relative_to(top) and place.is_dir() and not is_target(place):
            yield Root(place, "the variable PYTHONPATH names it")


def _named(folder: Path, names: tuple[str, ...]) -> Iterator[Root]:
    for name in names:
        place = Path(os.path.normpath(folder / Path(name).expanduser()))
        if place.is_dir():
            yield Root(place, "the notebook's setting `roots` names it")


def _above(folder: Path, top: Path) -> Iterator[Root]:
    """Yield the project's folders from the notebook's up to its top, each after its `src`."""
    if not folder.is_relative_to(top):
        return
    why = "it is a folder of the project"
    for each in (folder, *folder.parents):
        if (each / "src").is_dir():
            yield Root(each / "src", why)
        if each != folder:
            yield Root(each, why)
        if each == top:
            return


class _Changes:
    """What the cells so far did to `sys.path`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: tuple[tuple[str, str], ...] = ()
        self.front: tuple[Root, ...] = ()
        self.back: tuple[Root, ...] = ()

    def read(self, cell: MarkedCell) -> Iterator[Problem]:
        """Take in what a cell does; yields what cannot be worked out."""
        changes, self._known = path_changes(cell.body or cell.cell.source, self._known)
        for each in changes:
            if each.entry is None:
                yield _not_told(cell, each.line)
                continue
            place = Path(os.path.normpath(self._folder / each.entry))
            if not place.is_dir() or is_target(place):
                continue
            root = Root(place, f"cell {cell.cell.number} adds it to `sys.path`")
            if each.front:
                self.front = (root, *(old for old in self.front if old.folder != place))
            elif all(old.folder != place for old in self.front):
                self.back = (*self.back, root)
            if each.site:
                more = (replace(root, folder=path) for path in added_by_pth(place))
                self.back = (*self.back, *more)


def _not_told(cell: MarkedCell, line: int) -> Problem:
    return Problem(
        Code.HELPER_MISSING,
        "The folder that this adds to `sys.path` cannot be worked out from the text, so modules "
        "in it are not sent along.",
        'Write it as a literal (`"../lib"`, `Path("..") / "lib"`), or name it in the notebook\'s '
        "setting `roots`.",
        severity=Severity.WARNING,
        cell=cell.cell.number,
        cell_id=cell.cell.id,
        line=line,
    )
