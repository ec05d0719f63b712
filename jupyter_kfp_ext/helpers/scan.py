"""What the text of a module says, read once per content and remembered between processes.

Parsing is nearly all of the time that finding helpers takes. What it gives depends on nothing but
the text, so it is kept in the home under the text's hash: a project of 2,000 files in which nothing
changed is only read.
"""

import ast
import contextlib
import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..errors import KfpExtError
from ..storage import home, write_atomically
from .functions import Functions, functions_of
from .imports import Imports, read_imports
from .mentions import Mention, mentions
from .own_files import own_files
from .quiet import is_quiet
from .refuse import token_in

_VERSION = 3
"""Changes with what is read from a text, so that what older versions kept counts no longer."""
_WORTH_KEEPING = 20
"""Texts; fewer are read faster than the file that would hold them."""
_MOST = 20_000
_MAKERS = frozenset({"namedtuple", "NamedTuple", "Enum", "make_dataclass", "new_class"})


@dataclass(frozen=True)
class Scan:
    """What the text of one module says."""

    imports: Imports
    mentions: tuple[Mention, ...]
    """The files that it names."""
    own_files: tuple[str, ...]
    """The paths that it makes from its own, relative to its folder."""
    token: tuple[int, str] | None
    """Line and kind of a token or key that stands in it."""
    changes_path: bool
    """Whether it adds to `sys.path`."""
    makes_classes: bool
    """Whether values may be objects of its classes."""
    quiet: bool
    """Whether importing it does nothing but define what is in it, as far as its own text goes."""
    functions: Functions
    """The functions that it defines and hands on; empty where it makes classes."""


class Scans:
    """The scans of one notebook's modules."""

    def __init__(self, folder: Path) -> None:
        """Take the notebook's folder, whose modules are kept together."""
        name = sha256(str(folder).encode()).hexdigest()[:24]
        self._file = home() / "scans" / f"{name}.json"
        self._kept: dict[str, Any] | None = None
        self._found: dict[str, Scan] = {}
        self._new = 0

    def scan(self, content: bytes, package: str) -> Scan:
        """Return what a text says; raises `SyntaxError` or `ValueError` where it is no Python."""
        key = f"{sha256(content).hexdigest()}:{package}"
        if key not in self._found:
            self._found[key] = self._of_before(key) or self._read(content, package)
        return self._found[key]

    def keep(self) -> None:
        """Remember what was found, where reading it again would take longer."""
        if self._new == 0 or len(self._found) < _WORTH_KEEPING:
            return
        kept = {**(self._kept or {}), **{key: asdict(each) for key, each in self._found.items()}}
        if len(kept) > _MOST:
            kept = {key: asdict(each) for key, each in self._found.items()}
        text = json.dumps({"version": _VERSION, "scans": kept}, separators=(",", ":"))
        with contextlib.suppress(KfpExtError):  # a full disk: it is read again the next time
            write_atomically(self._file, text)

    def _read(self, content: bytes, package: str) -> Scan:
        self._new += 1
        text = content.decode("utf-8-sig", errors="replace")
        tree = ast.parse(content)
        makes_classes = any(map(_makes_class, ast.walk(tree)))
        return Scan(
            read_imports(content, package),
            mentions(text),
            own_files(tree) if "__file__" in text else (),
            token_in(text),
            b"sys" in content and b"path" in content,
            makes_classes,
            is_quiet(tree, text),
            Functions() if makes_classes else functions_of(tree),
        )

    def _of_before(self, key: str) -> Scan | None:
        if self._kept is None:
            self._kept = self._load()
        said = self._kept.get(key)
        try:
            return _scan(said) if said else None
        except (KeyError, TypeError, ValueError):
            return None

    def _load(self) -> dict[str, Any]:
        try:
            said = json.loads(self._file.read_bytes())
            return dict(said["scans"]) if said["version"] == _VERSION else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}


def _makes_class(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return isinstance(node, ast.ClassDef)
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in _MAKERS or (name == "type" and len(node.args) == 3)


def _scan(said: dict[str, Any]) -> Scan:
    imports = {name: tuple(map(_frozen, value)) for name, value in said["imports"].items()}
    token = said["token"]
    return Scan(
        Imports(**imports),
        tuple(Mention(**each) for each in said["mentions"]),
        tuple(said["own_files"]),
        (token[0], token[1]) if token else None,
        said["changes_path"],
        said["makes_classes"],
        said["quiet"],
        Functions(**{name: tuple(each) for name, each in said["functions"].items()}),
    )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
