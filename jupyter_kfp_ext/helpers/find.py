"""Which of the user's own modules each step needs: followed statically, from the notebook's folder.

A module beside the notebook wins over an installed one, as in a kernel, whose working folder comes
first on `sys.path`. Installed packages are never shipped, and a name that is not beside the
notebook is taken to be installed: the server's environment need not be the kernel's.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..analysis.plan import Plan, StepPlan
from ..errors import Code, Problem, Severity
from .data import files_beside, package_data
from .imports import imported_modules
from .locate import ModuleFile, locate
from .named_files import find_named_files
from .refuse import LARGEST_DATA_FILE, looks_secret

FOLDER = "helpers"
"""Folder of the bundle that holds the user's modules; it is on `sys.path` in a step."""


@dataclass(frozen=True)
class Helpers:
    """The user's own files that a pipeline needs."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    """Content by path in the bundle (`helpers/images.py`, `files/data.csv`), sorted by path."""
    by_step: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Bundle paths that each step uses, sorted, by task name."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Module:
    """What importing one module of the user's brings along."""

    files: Mapping[str, bytes]
    imports: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


def find_helpers(plan: Plan, folder: Path | None) -> Helpers:
    """Return the helper files of a plan; `folder` is the notebook's (None: it was never saved)."""
    if folder is None:
        return Helpers()
    known: dict[str, _Module] = {}
    files: dict[str, bytes] = {}
    by_step: dict[str, tuple[str, ...]] = {}
    problems: dict[Problem, None] = {}
    for step in plan.steps:
        own: dict[str, bytes] = {}
        for start, module in _closure(folder, step.modules, known):
            own |= module.files
            problems |= {_placed(each, step, start): None for each in module.problems}
        files |= own
        by_step[step.task] = tuple(sorted(own))
    named = find_named_files(plan, folder, _texts(files, by_step))
    return Helpers(
        dict(sorted({**files, **named.files}.items())),
        {task: own + named.by_step[task] for task, own in by_step.items()},
        (*_once(problems), *named.problems),
    )


def _texts(
    files: Mapping[str, bytes], by_step: Mapping[str, tuple[str, ...]]
) -> dict[str, list[str]]:
    """Return the source of the modules that each step uses."""
    return {
        task: [files[path].decode(errors="replace") for path in own if path.endswith(".py")]
        for task, own in by_step.items()
    }


def _closure(
    root: Path, modules: Iterable[str], known: dict[str, _Module]
) -> list[tuple[str, _Module]]:
    """Return the local modules that names lead to, each with the first name that led to it."""
    reached: dict[str, tuple[str, _Module]] = {}
    waiting = [(name, name) for name in sorted(modules, reverse=True)]
    seen: set[str] = set()
    while waiting:
        start, dotted = waiting.pop()
        if dotted in seen:
            continue
        seen.add(dotted)
        for file in locate(root, dotted):
            if file.name not in reached:
                if file.name not in known:
                    known[file.name] = _read(root, file)
                reached[file.name] = (start, known[file.name])
                waiting += [(start, name) for name in known[file.name].imports]
    return list(reached.values())


def _read(root: Path, file: ModuleFile) -> _Module:
    shown = file.path.relative_to(root).as_posix()
    if file.name in sys.stdlib_module_names:
        return _refused(
            f"The file `{shown}` has the name of the standard module `{file.name}`, so it is not "
            "clear which of the two is meant.",
            "Rename the file and its imports.",
        )
    if file.compiled:
        return _refused(
            f"`{shown}` is a compiled extension: it would not load on another machine.",
            "Install it in the step's image, or import its Python source.",
        )
    try:
        content = file.path.read_bytes()
    except OSError as error:
        return _refused(
            f"The helper `{shown}` cannot be read: {error.strerror or error}.",
            "Check its permissions.",
        )
    if looks_secret(file.path, content):
        return _refused(
            f"The helper `{shown}` seems to hold a private key, so it is not sent along.",
            "Keep the key in a Secret and use `secret_env` or `secret_volume`.",
        )
    try:
        imports = imported_modules(content, file.package)
    except (SyntaxError, ValueError) as error:
        return _Module({}, (), (_syntax_problem(shown, error),))
    files = {f"{FOLDER}/{shown}": content}
    if file.is_package:
        data, problems = _data(root, package_data(file.path.parent))
    else:
        data, problems = _data(root, files_beside(file.path, content.decode(errors="replace")))
    return _Module(files | data, imports, problems)


def _data(root: Path, paths: Iterable[Path]) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
    """Return a module's data files, and a warning for each that is left out."""
    files: dict[str, bytes] = {}
    problems = []
    for path in paths:
        shown = path.relative_to(root).as_posix()
        why = remedy = ""
        try:
            too_big = path.stat().st_size > LARGEST_DATA_FILE
            content = b"" if too_big else path.read_bytes()
        except OSError as error:
            too_big, content, why = False, b"", f"it cannot be read ({error.strerror or error})"
            remedy = "Check its permissions."
        if too_big:
            why = f"it is larger than {LARGEST_DATA_FILE // 1024} KiB"
            remedy = "Put it on a volume if the steps need it."
        elif not why and looks_secret(path, content):
            why = "it seems to be a secret"
            remedy = "Use `secret_env` or `secret_volume` if the steps need it."
        if why:
            message = f"The file `{shown}` is not sent along: {why}."
            problems.append(
                Problem(Code.HELPER_REFUSED, message, remedy, severity=Severity.WARNING)
            )
        else:
            files[f"{FOLDER}/{shown}"] = content
    return files, tuple(problems)


def _refused(message: str, remedy: str) -> _Module:
    return _Module({}, (), (Problem(Code.HELPER_REFUSED, message, remedy),))


def _syntax_problem(shown: str, error: SyntaxError | ValueError) -> Problem:
    line = getattr(error, "lineno", None)
    where = f", line {line}" if line else ""
    reason = getattr(error, "msg", None) or str(error)
    return Problem(
        Code.SYNTAX_ERROR,
        f"The helper `{shown}`{where} is not valid Python: {reason}.",
        "Correct the file.",
    )


def _placed(problem: Problem, step: StepPlan, start: str) -> Problem:
    """Return the problem with the cell whose import led to the module."""
    top = re.escape(start.split(".")[0])
    statement = re.compile(rf"^\s*(?:import\b.*\b{top}\b|from\s+{top}\b)")
    for code in (*step.prelude, *step.cells):
        for number, line in enumerate(code.source.split("\n"), 1):
            if statement.match(line):
                return replace(
                    problem, cell=code.number, cell_id=code.cell_id, line=number, step=step.name
                )
    return replace(problem, step=step.name)


def _once(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return each message once, at the first step that has it."""
    by_message: dict[str, Problem] = {}
    for problem in problems:
        by_message.setdefault(problem.message, problem)
    return tuple(by_message.values())
