"""Which of the user's own modules each step needs: followed statically, and nothing is imported.

A module that comes before the installed ones on the kernel's `sys.path` wins over an installed one
of the same name. Installed packages are never shipped, and a name that is in none of the user's
folders is taken to be installed: the server's environment need not be the kernel's.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..analysis.plan import Plan
from ..errors import Problem
from .closure import Closure, StepModules
from .idle import without_idle_imports
from .ignore import Ignored
from .installed import site_folders
from .named_files import find_named_files
from .placing import FOLDER, Places
from .project import Project, find_project
from .reading import Reader
from .scan import Scans

__all__ = ["FOLDER", "Helpers", "Use", "find_helpers"]


@dataclass(frozen=True)
class Use:
    """A module of the user's that a step needs, and why."""

    module: str
    """Dotted name."""
    path: str
    """Its path in the bundle."""
    chain: tuple[str, ...]
    """From what the cell imports to what imports the module; empty where the cell does itself."""
    cell: int | None = None
    """The first cell that leads to it, its id and the line of the import."""
    cell_id: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Helpers:
    """The user's own files that a pipeline needs."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    """Content by path in the bundle (`helpers/images.py`, `files/data.csv`), sorted by path."""
    by_step: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Bundle paths that each step uses, sorted, by task name."""
    problems: tuple[Problem, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    """Where each file lies on this machine, absolute, by path in the bundle."""
    uses: Mapping[str, tuple[Use, ...]] = field(default_factory=dict)
    """Why each step needs its modules, sorted by name, by task name."""
    entries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What stands first on the `sys.path` of each step, as places below `helpers/`, by task name:
    the user's folders in the notebook's order, as far as the step uses them."""
    above: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of the notebook's folder and those above it, as far as a step's files need them."""
    carried: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of the files of each step: those that only values from earlier steps may need."""
    own_folders: tuple[str, ...] = ()
    """The user's folders on this machine, absolute, the notebook's first: a step takes modules in
    them from the bundle alone, so that it runs the code as it was."""
    made: tuple[str, ...] = ()
    """Modules that the notebook itself writes, by path from its folder; they are not sent."""
    plan: Plan | None = None
    """The plan that they are for: without imports that only other steps have a use for. None
    where the notebook lies nowhere, so that nothing is known of its modules."""


def find_helpers(plan: Plan, folder: Path | None, python: str | None = None) -> Helpers:
    """Return the helper files of a plan; `folder` is the notebook's (None: it was never saved).

    `python` is the interpreter of the notebook's kernel, whose installed packages are not sent
    (None: the one that this runs with).
    """
    if folder is None:
        return Helpers()
    project = find_project(plan, folder, site_folders(python))
    places = Places(project.folder)
    ignored = Ignored(project.folder, project.top, plan.model.settings.exclude or ())
    scans = Scans(project.folder)
    reader = Reader(places, ignored, scans)
    closure = Closure(project, reader, places)
    include = plan.model.settings.include or ()
    found = {step.task: closure.of_step(step, include) for step in plan.steps}
    lean = without_idle_imports(plan, found, project, closure, reader)
    for before, step in zip(plan.steps, lean.steps, strict=True):
        if step is not before:
            found[step.task] = closure.of_step(step, include)
    scans.keep()
    return _joined(lean, project, places, ignored, found)


def _joined(
    plan: Plan,
    project: Project,
    places: Places,
    ignored: Ignored,
    found: Mapping[str, StepModules],
) -> Helpers:
    named = find_named_files(
        plan, project.folder, {task: each.mentions() for task, each in found.items()}, ignored
    )
    carried = _carried(plan, found)
    files: dict[str, tuple[Path, bytes]] = {}
    for each in found.values():
        files |= each.files
    by_step = {
        task: (*sorted({*each.files, *carried[task]}), *named.by_step[task])
        for task, each in found.items()
    }
    content = {path: content for path, (_, content) in files.items()}
    sources = {path: str(place) for path, (place, _) in files.items()}
    return Helpers(
        dict(sorted({**content, **named.files}.items())),
        by_step,
        (*project.problems, *_once(found.values()), *named.problems),
        {**sources, **named.sources},
        {task: _uses(each) for task, each in found.items()},
        _entries(plan, places, found, by_step),
        {task: places.above(paths) for task, paths in by_step.items()},
        {task: tuple(sorted(paths - found[task].files.keys())) for task, paths in carried.items()},
        _own_folders(project, found),
        tuple(sorted(os.path.relpath(each, project.folder) for each in project.made)),
        plan,
    )


def _carried(plan: Plan, found: Mapping[str, StepModules]) -> dict[str, set[str]]:
    """Return the files of the steps from which each step takes values, directly or not.

    A value may hold an object of a class in one of them, or a function: their module is imported
    when the value is loaded.
    """
    tasks = {step.name: step.task for step in plan.steps}
    in_values = {task: each.files.keys() for task, each in found.items() if each.in_values}
    reached: dict[str, set[str]] = {}
    for step in plan.steps:
        own: set[str] = set()
        for taken in step.inputs:
            if any(not name.startswith("@") or name == "@packages" for name in taken.names):
                task = tasks[taken.step]
                own |= reached.get(task, set())
                own |= in_values.get(task, set())
        reached[step.task] = own
    return reached


def _entries(
    plan: Plan,
    places: Places,
    found: Mapping[str, StepModules],
    by_step: Mapping[str, tuple[str, ...]],
) -> dict[str, tuple[str, ...]]:
    """Return the search path of each step: its own, then of the steps that it takes values from."""
    by_file: dict[str, tuple[str, ...]] = {}
    of_step = {task: each.entries(places) for task, each in found.items()}
    for task, each in found.items():
        for path in each.files:
            by_file.setdefault(path, of_step[task])
    entries = {}
    for step in plan.steps:
        own = found[step.task]
        listed = dict.fromkeys(of_step[step.task])
        for path in by_step[step.task]:
            if path not in own.files:
                listed |= dict.fromkeys(by_file.get(path, ()))
        entries[step.task] = tuple(listed)
    return entries


def _uses(found: StepModules) -> tuple[Use, ...]:
    return tuple(
        Use(
            name,
            each.module.place,
            each.chain,
            each.start.cell,
            each.start.cell_id,
            each.start.line,
        )
        for name, each in sorted(found.reached.items())
        if each.module.place
    )


def _own_folders(project: Project, found: Mapping[str, StepModules]) -> tuple[str, ...]:
    folders = {project.top}
    refused = {project.folder}
    for each in found.values():
        folders |= {root.folder for root in each.roots}
        refused |= {one.module.file.root.folder for one in each.reached.values() if one.is_left}
    return (str(project.folder), *sorted(str(each) for each in folders - refused))


def _once(found: Iterable[StepModules]) -> tuple[Problem, ...]:
    """Return each message once, at the first step that has it."""
    by_message: dict[str, Problem] = {}
    for each in found:
        for problem in each.problems:
            by_message.setdefault(problem.message, problem)
    return tuple(by_message.values())
