"""Paths that are only there on this machine: absolute ones, and those below the home folder."""

import ast
import re
from collections.abc import Iterator

from ..errors import Code, Problem, Severity
from ..notation.options import StepOptions
from .reading import ReadCell, Reading, text_of

_HOME = re.compile(r"^~(/|$)")
_ABSOLUTE = re.compile(r"^(/[^/\s:*?\"<>|]+){2,}/?$|^[A-Za-z]:[\\/][^\s]+$")
_SHARED = re.compile(r"^/(tmp|dev|proc|sys|usr|bin|sbin|lib|etc|opt|var/tmp|run)(/|$)")
"""What an image has as well, or what each step has of its own."""

_TAKERS = re.compile(
    r"^(open|read_\w+|to_(csv|parquet|json|excel|pickle|hdf|feather|html|stata)|load\w*|save\w*|"
    r"imread|imwrite|savefig|Path|PurePath|PosixPath|join|glob|iglob|listdir|scandir|walk|chdir|"
    r"exists|isfile|isdir|makedirs|mkdir|loadtxt|genfromtxt|fromfile|memmap|ImageFolder|"
    r"from_pretrained|copy\w*|move|rmtree|connect|expanduser|insert|append)$"
)
_NAMED = re.compile(r"(^|_)(path|dir|directory|folder|file|filename|root|location)s?$", re.I)


def not_portable(reading: Reading) -> Iterator[Problem]:
    """Yield paths of this machine, one for each cell and path.

    A hint while the pipeline runs on this machine; a warning where the step has an image of its
    own or the pipeline is for a cluster.
    """
    remote = reading.plan.model.settings.engine not in (None, "local")
    for cell in reading.cells:
        options = reading.options.get(cell.marked.step or "", StepOptions())
        told: set[str] = set()
        for node, path in _paths(reading, cell):
            if path in told or _mounted(path, options):
                continue
            told.add(path)
            home = path.startswith("~")
            yield cell.problem(
                Code.PATH_NOT_PORTABLE,
                f"{path} is {'below the home folder' if home else 'a place'} of this machine: "
                "a step that runs in a container does not have it.",
                "Put the file beside the notebook and name it from there, mount a volume at that "
                "path (option `volumes`), or make the path a parameter.",
                Severity.WARNING if remote or options.image else Severity.INFO,
                node,
            )


def _paths(reading: Reading, cell: ReadCell) -> Iterator[tuple[ast.expr, str]]:
    for node in ast.walk(cell.tree):
        if isinstance(node, ast.Assign):
            named = any(isinstance(t, ast.Name) and _NAMED.search(t.id) for t in node.targets)
            texts = [node.value] if named else []
        elif isinstance(node, ast.Call):
            texts = _arguments(node)
            if reading.dotted(node.func) in {"pathlib.Path.home", "Path.home"}:
                yield node, "~"
        else:
            continue
        for each in texts:
            text = text_of(each)
            if text and (_HOME.match(text) or (_ABSOLUTE.match(text) and not _SHARED.match(text))):
                yield each, text


def _arguments(call: ast.Call) -> list[ast.expr]:
    """Return the arguments that a call may take for paths."""
    func = call.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if name == "run_line_magic" and text_of(call.args[0]) in {"cd", "run"}:
        return call.args[1:]
    if name in {"insert", "append"}:
        owner = func.value if isinstance(func, ast.Attribute) else None
        is_path = isinstance(owner, ast.Attribute) and owner.attr == "path"
        return call.args if is_path else []
    if not _TAKERS.match(name):
        return []
    return [*call.args, *(each.value for each in call.keywords)]


def _mounted(path: str, options: StepOptions) -> bool:
    """Tell whether a path lies in what is mounted into the step."""
    places = [
        *(each.path for each in options.volumes),
        *(each.path for each in options.scratch),
        *(each.path for each in options.secret_volume),
        *(each.path for each in options.config_map_volume),
    ]
    return any(path == each or path.startswith(each.rstrip("/") + "/") for each in places)
