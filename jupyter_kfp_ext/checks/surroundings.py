"""What a cell asks of its surroundings that a step has not: someone who answers, packages, names.

Questions (`input()`), installations in the middle, modules whose name another one has.
"""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path

from ..errors import Code, Problem, Severity
from .reading import ReadCell, Reading, calls_in, run_at_once, text_of

_INSTALL = re.compile(
    r"^\s*(?:python3?\s+-m\s+|\{sys\.executable\}\s+-m\s+)?(?:pip3?|uv pip|conda|mamba|apt|apt-get)"
    r"\s+(?:-\w\s+)*install\b\s*(.*)$"
)
_REQUIREMENT = re.compile(r"^[A-Za-z][\w.-]*(\[[\w,.-]+\])?([=<>!~]=?[\w.,<>=!~*]+)?$")


def questions(reading: Reading) -> Iterator[Problem]:
    """Yield the calls that wait for someone to type: nobody can, in a step."""
    for cell in reading.cells:
        at_once = {id(node) for node in run_at_once(cell.tree)}
        for call in calls_in(cell.tree):
            asks = reading.dotted(call.func)
            if asks not in {"input", "getpass.getpass"}:
                continue
            sure = id(call) in at_once
            yield cell.problem(
                Code.INPUT_ASKED,
                f"{asks.rpartition('.')[2]}() waits for someone to type; in a step nobody can, so "
                f"the step {'stops here' if sure else 'stops where this is called'}.",
                "Assign the value in a cell with the role `parameters`, so that it can be given "
                "with each run.",
                Severity.WARNING if sure else Severity.INFO,
                call,
            )


def installations(reading: Reading) -> Iterator[Problem]:
    """Yield where packages are installed that the step's options do not name."""
    for cell in reading.cells:
        options = reading.options.get(cell.marked.step or "", reading.plan.model.settings.defaults)
        said = {_project(each) for each in options.packages}
        for call in calls_in(cell.tree):
            found = installed_by(call)
            if found is not None and not (found and said.issuperset(map(_project, found))):
                yield cell.problem(
                    Code.PACKAGE_INSTALLED,
                    "This installs packages while the pipeline runs: on this machine into the "
                    "notebook's own environment, on a cluster only into the container of this "
                    "step; other steps do not have them.",
                    "Say them in the option `packages` of each step that needs them, or use an "
                    "image that has them.",
                    Severity.INFO,
                    call,
                )


def installed_by(call: ast.Call) -> list[str] | None:
    """Return the packages that a magic or shell command installs; None where it installs none.

    What is no plain requirement (a file, an address, a name in braces) is left out.
    """
    texts = [text_of(each) or "" for each in call.args]
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name == "run_line_magic" and len(texts) == 2:
        command = " ".join(texts)
    elif name in {"system", "getoutput"} and texts:
        command = texts[0]
    else:
        return None
    found = _INSTALL.match(command)
    if found is None:
        return None
    words = re.split(r"\s(?:&&|\||;|#)", found[1])[0].split()
    return [word.strip("'\"") for word in words if _REQUIREMENT.match(word.strip("'\""))]


def _project(requirement: str) -> str:
    """Return the name of a requirement's project as indexes compare it (PEP 503)."""
    name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def shadowed_modules(reading: Reading) -> Iterator[Problem]:
    """Yield modules beside the notebook that have the name of another module.

    One with a name of the standard library is told where the notebook does not import it (that
    is refused): what libraries import is then this one. One with the name of an installed package
    is told where the notebook does import it.
    """
    if reading.folder is None:
        return
    imported = {each.split(".")[0] for step in reading.plan.steps for each in step.modules}
    for name in sorted(_modules_in(reading.folder)):
        standard = name in sys.stdlib_module_names and name not in imported
        installed = (
            name in imported
            and name not in sys.stdlib_module_names
            and _is_installed(name, reading.folder)
        )
        if not (standard or installed):
            continue
        place = next((cell for cell in reading.cells if _imports(cell, name)), None)
        message = (
            f"The module {name} beside the notebook has the name of "
            f"{'one of the standard library' if standard else 'an installed package'}: "
            f"`import {name}` takes it instead, in every step and in every library."
        )
        remedy = "Give it another name, unless it is meant to stand in for the other one."
        if place is not None:
            yield place.problem(Code.MODULE_SHADOWED, message, remedy, node=_imports(place, name))
        else:
            yield Problem(Code.MODULE_SHADOWED, message, remedy, Severity.INFO)


def _modules_in(folder: Path) -> set[str]:
    try:
        entries = list(folder.iterdir())
    except OSError:
        return set()
    files = {each.stem for each in entries if each.suffix == ".py" and each.stem.isidentifier()}
    return files | {each.parent.name for each in folder.glob("*/__init__.py")}


def _is_installed(name: str, folder: Path) -> bool:
    """Tell whether this environment has a module of that name elsewhere."""
    places = [each for each in sys.path if each and Path(each).resolve() != folder.resolve()]
    found = PathFinder.find_spec(name, places)
    return found is not None and found.origin is not None


def _imports(cell: ReadCell, name: str) -> ast.stmt | None:
    """Return the statement of a cell that imports a module."""
    for node in ast.walk(cell.tree):
        imported: list[str] = []
        if isinstance(node, ast.Import):
            imported = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported = [node.module or ""]
        if isinstance(node, ast.stmt) and any(each.split(".")[0] == name for each in imported):
            return node
    return None
