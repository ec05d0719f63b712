"""Files beside the notebook that its code names: they travel with it, so steps find them.

On this machine a step sees the notebook's folder as it is. On a cluster there is only what was
sent: small files go along in the bundle and are put where the relative path leads.
"""

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ..analysis.plan import Code as Source
from ..analysis.plan import Plan, StepPlan
from ..errors import Code, Problem, Severity
from .mentions import Mention, mentions
from .placing import PARENT
from .refuse import LARGEST_DATA_FILE, looks_secret

FOLDER = "files"
"""Folder of the bundle that holds data files, by their path from the notebook's folder."""
LARGEST_SUM = 512 * 1024
"""Bytes of all data files of a pipeline: the bundle has to fit into a ConfigMap of 1 MiB."""
_DEEPEST = 3
"""How many folders above the notebook's a step has room for (`runtime.step.world`)."""
_MOST_FILES = 200
"""More than these below one folder or pattern are not sent."""
_NO_DATA = (".py", ".pyc", ".ipynb")
"""Sent only where they are named themselves; modules go with the imports."""


@dataclass(frozen=True)
class NamedFiles:
    """The data files of a pipeline."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    """Content by path in the bundle."""
    by_step: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Bundle paths that each step may read, sorted, by task name."""
    problems: tuple[Problem, ...] = ()
    """What is not sent along, and why."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Where each file lies on this machine, by path in the bundle."""


@dataclass(frozen=True)
class _Place:
    source: Source
    line: int
    step: str


def find_named_files(
    plan: Plan,
    folder: Path,
    modules: Mapping[str, Iterable[tuple[Mention, ...]]],
    ignored: Callable[[Path], bool],
) -> NamedFiles:
    """Return the data files of a plan; `folder` is the notebook's.

    `modules` is what the texts of the user's modules name that each task uses, `ignored` tells
    which files the user keeps back. A step gets what its own code and its modules name and what
    steps name that it takes values from: a path may be such a value. A file that the notebook
    writes before it reads it is none.
    """
    finder = _Finder(folder, ignored)
    own: dict[str, set[str]] = {}
    for step in plan.steps:
        own[step.name] = finder.of_step(step, modules.get(step.task, ()))
    reached: dict[str, set[str]] = {}
    for step in plan.steps:
        taken = (reached[each.step] for each in step.inputs if each.step in reached)
        reached[step.name] = own[step.name].union(*taken)
    content, problems = _read(folder, finder)
    by_step = {
        step.task: tuple(sorted(_in_bundle(path) for path in reached[step.name] & content.keys()))
        for step in plan.steps
    }
    return NamedFiles(
        {_in_bundle(path): content[path] for path in sorted(content)},
        by_step,
        problems,
        {_in_bundle(path): os.path.normpath(folder / path) for path in content},
    )


class _Finder:
    """Remembers what was first mentioned how, over the notebook in its order."""

    def __init__(self, folder: Path, ignored: Callable[[Path], bool]) -> None:
        self._folder = folder
        self._ignored = ignored
        self._written: set[str] = set()
        self._by_mention: dict[Mention, list[str]] = {}
        self.places: dict[str, _Place] = {}
        """First place that reads each file, by its path from the notebook's folder."""

    def of_step(self, step: StepPlan, modules: Iterable[tuple[Mention, ...]]) -> set[str]:
        found: set[str] = set()
        codes = (*step.prelude, *step.cells)
        for source in codes:
            for each in mentions(source.source):
                found |= self._of(each, _Place(source, each.line, step.name))
        for named in modules:
            for each in named:
                found |= self._of(each, _Place(codes[0], 1, step.name) if codes else None)
        return found

    def _of(self, mention: Mention, place: _Place | None) -> set[str]:
        paths = self._by_mention.get(mention)
        if paths is None:
            found = _matching(self._folder, mention)
            paths = [path for path in found if not self._ignored(self._folder / path)]
            self._by_mention[mention] = paths
        if mention.written:
            self._written.update(path for path in paths if path not in self.places)
            return set()
        read = {path for path in paths if path not in self._written}
        if place:
            for path in read:
                self.places.setdefault(path, place)
        return read


def _matching(folder: Path, mention: Mention) -> list[str]:
    """Return the files that a mention names, as normal paths from the notebook's folder.

    The pattern itself stands for too many of them.
    """
    pattern = os.path.normpath(mention.pattern)
    if Path(pattern).parts.count(os.pardir) > _DEEPEST:
        return []
    found: Iterable[str] = ()
    try:
        if glob.has_magic(pattern):
            # Not `Path.glob`: its rules differ from those of the code's own `glob`.
            matching = glob.iglob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207
            found = (name for name in matching if _is_data(name) and (folder / name).is_file())
        elif (folder / pattern).is_file():
            found = [pattern]
        elif mention.folder and pattern not in (os.curdir, os.pardir):
            found = _below(folder, pattern)
        names = sorted(islice(found, _MOST_FILES + 1))
    except (OSError, ValueError, re.error):
        return []
    return names if len(names) <= _MOST_FILES else [pattern]


def _below(folder: Path, name: str) -> Iterator[str]:
    """Yield the data files below a folder; hidden ones are left out."""
    for where, folders, files in os.walk(folder / name):
        folders[:] = [each for each in folders if not each.startswith((".", "__pycache__"))]
        for file in files:
            if _is_data(file):
                yield os.path.relpath(Path(where) / file, folder)


def _is_data(name: str) -> bool:
    return not Path(name).name.startswith(".") and not name.endswith(_NO_DATA)


def _read(folder: Path, finder: _Finder) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
    """Return the contents of the files that are sent, and a hint for each that is not."""
    content: dict[str, bytes] = {}
    problems = []
    total = 0
    for path in sorted(finder.places, key=lambda path: (_size(folder / path), path)):
        size = _size(folder / path)
        why = ""
        data = b""
        try:
            if not (folder / path).is_file():
                why = f"more than {_MOST_FILES} files match it"
            elif size > LARGEST_DATA_FILE or total + size > LARGEST_SUM:
                why = f"it has {size:,} bytes, too many to travel with the code"
            else:
                data = (folder / path).read_bytes()
                if looks_secret(Path(path), data):
                    why = "it seems to be a secret"
        except OSError as error:
            why = f"it cannot be read ({error.strerror or error})"
        if why:
            problems.append(_not_sent(path, why, finder.places[path]))
        else:
            content[path] = data
            total += size
    return content, tuple(problems)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _not_sent(path: str, why: str, place: _Place) -> Problem:
    return Problem(
        Code.FILE_NOT_SENT,
        f"`{path}` is read where it is on this machine, but not sent along to a cluster: {why}.",
        "For a cluster, put it on a volume (`volumes`) or read it from an object store.",
        severity=Severity.INFO,
        cell=place.source.number,
        cell_id=place.source.cell_id,
        line=place.line,
        step=place.step,
    )


def _in_bundle(path: str) -> str:
    parts = (PARENT if part == os.pardir else part for part in Path(path).parts)
    return "/".join((FOLDER, *parts))
