"""Reads one of the user's modules: its text, what it imports, its data, and why it cannot go."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import Code, Problem, Severity
from .data import files_beside, package_data
from .ignore import Ignored
from .locate import ModuleFile, Root
from .placing import Places
from .refuse import LARGEST_DATA_FILE, looks_secret
from .scan import Scan, Scans


@dataclass(frozen=True)
class Module:
    """What importing one module of the user's brings along."""

    file: ModuleFile
    place: str = ""
    """Its path in the bundle; empty where it is not sent."""
    files: dict[str, tuple[Path, bytes]] = field(default_factory=dict)
    """Itself and its data: place on this machine and content, by path in the bundle."""
    scan: Scan | None = None
    problems: tuple[Problem, ...] = ()


class Reader:
    """Reads modules and data files, each once."""

    def __init__(self, places: Places, ignored: Ignored, scans: Scans) -> None:
        self._places = places
        self._ignored = ignored
        self._scans = scans
        self._known: dict[Path, Module] = {}

    def module(self, file: ModuleFile) -> Module:
        """Return a module with its data; one that must not go has a problem instead."""
        if file.path not in self._known:
            self._known[file.path] = self._read(file)
        return self._known[file.path]

    def data(
        self, paths: Iterable[Path], root: Root
    ) -> tuple[dict[str, tuple[Path, bytes]], tuple[Problem, ...]]:
        """Return data files by path in the bundle, and a warning for each that is left out."""
        files: dict[str, tuple[Path, bytes]] = {}
        problems = []
        for path in paths:
            if self._ignored(path):
                continue
            content, why, remedy = _data(path)
            if why:
                message = f"The file `{self._places.shown(path)}` is not sent along: {why}."
                problems.append(
                    Problem(Code.HELPER_REFUSED, message, remedy, severity=Severity.WARNING)
                )
            else:
                files[self._places.of(path, root)] = (path, content)
        return files, tuple(problems)

    def _read(self, file: ModuleFile) -> Module:
        shown = self._places.shown(file.path)
        if self._ignored(file.path):
            return Module(file)
        if file.compiled:
            # What is installed to be edited can also be installed from an index or a wheel.
            installed = bool(file.root.only or file.root.top)
            return Module(
                file,
                problems=(
                    Problem(
                        Code.HELPER_REFUSED,
                        f"`{shown}` is a compiled extension: it would not load on another machine.",
                        "Install it in the step's image, or import its Python source.",
                        severity=Severity.WARNING if installed else Severity.ERROR,
                    ),
                ),
            )
        try:
            content = file.path.read_bytes()
        except OSError as error:
            return _refused(
                file,
                f"The helper `{shown}` cannot be read: {error.strerror or error}.",
                "Check its permissions.",
            )
        try:
            scan = self._scans.scan(content, file.package)
        except (SyntaxError, ValueError) as error:
            return Module(file, problems=(_syntax_problem(shown, error),))
        if scan.token is not None or looks_secret(file.path, b""):
            line, kind = scan.token or (1, "a secret")
            return _refused(
                file,
                f"The helper `{shown}`, line {line}, seems to hold {kind}, so it is not sent.",
                "Keep it in a Secret and use `secret_env` or `secret_volume`.",
            )
        place = self._places.of(file.path, file.root)
        if file.is_package:
            named = files_beside(file.path, (), scan.own_files)
            paths = dict.fromkeys((*package_data(file.path.parent), *named))
        else:
            paths = dict.fromkeys(files_beside(file.path, scan.mentions, scan.own_files))
        data, problems = self.data(paths, file.root)
        return Module(file, place, {place: (file.path, content), **data}, scan, problems)


def _data(path: Path) -> tuple[bytes, str, str]:
    """Return a data file's content, or why it is not sent and what to do."""
    try:
        if path.stat().st_size > LARGEST_DATA_FILE:
            why = f"it is larger than {LARGEST_DATA_FILE // 1024} KiB"
            return b"", why, "Put it on a volume if the steps need it."
        content = path.read_bytes()
    except OSError as error:
        return b"", f"it cannot be read ({error.strerror or error})", "Check its permissions."
    if looks_secret(path, content):
        remedy = "Use `secret_env` or `secret_volume` if the steps need it."
        return b"", "it seems to be a secret", remedy
    return content, "", ""


def _refused(file: ModuleFile, message: str, remedy: str) -> Module:
    return Module(file, problems=(Problem(Code.HELPER_REFUSED, message, remedy),))


def _syntax_problem(shown: str, error: SyntaxError | ValueError) -> Problem:
    line = getattr(error, "lineno", None)
    where = f", line {line}" if line else ""
    reason = getattr(error, "msg", None) or str(error)
    return Problem(
        Code.SYNTAX_ERROR,
        f"The helper `{shown}`{where} is not valid Python: {reason}.",
        "Correct the file.",
    )
