"""Where a step's code lies, whether it is what was compiled, and how its modules are imported."""

from __future__ import annotations

import os
import sys

from .failure import StepFailure
from .fast_modules import sha256
from .jsontext import loads

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

RUNTIME_FILE = "kfp_step.py"
WHEELS = "wheels/"
"""Begins the paths of packages that lie in the bundle."""
LIVE_VARIABLE = "KFP_LIVE"
"""Names the folder of a working tree that a step imports from instead of the bundle."""


class CodePlace:
    """The bundle that this runtime belongs to: a zip, or the same files in a folder."""

    def __init__(self, package: Any) -> None:
        self._loader: Any = package.__loader__
        self.runtime: str = package.__file__
        beside = os.path.dirname(os.path.abspath(package.__file__))
        archive = getattr(self._loader, "archive", None)
        if not archive and beside == os.environ.get("KFP_STEP_CACHE"):
            archive = os.environ["KFP_STEP_CODE"]
            self._loader = None
        self.root: str = archive or beside
        self.handed = ""
        """The file with the slice, where an engine has checked and handed it over."""

    def read(self, path: str) -> bytes:
        """Return a file of the bundle; raises `StepFailure` (`code-changed`) if there is none."""
        place = os.path.join(self.root, *path.split("/"))
        try:
            if path == RUNTIME_FILE and os.path.isfile(self.runtime):
                # What runs, not what lies in the bundle, is what must be as it was compiled.
                with open(self.runtime, "rb") as file:
                    return file.read()
            if self._loader is None:
                from zipimport import zipimporter

                self._loader = zipimporter(self.root)
            data: bytes = self._loader.get_data(place)
        except OSError:
            raise StepFailure(
                "code-changed",
                f"The code bundle {self.root} holds no {path}.",
                "Submit the pipeline again: its specification and its code do not match.",
            ) from None
        return data


def slice_path(task: str) -> str:
    """Return where a step's slice lies in the bundle."""
    return f"steps/{task}.json"


def part_of_step(task: str, helpers: Iterable[str]) -> list[str]:
    """Return the paths of the bundle's files that one step uses, in the order of its hash."""
    return [RUNTIME_FILE, slice_path(task), *sorted(helpers)]


def slice_hash(files: Mapping[str, bytes], task: str, helpers: Iterable[str]) -> str:
    """Return the slice hash: 32 hexadecimal digits over path and content of a step's files.

    `files` holds at least the step's part of the bundle, `helpers` are the paths that the slice
    names. Path and length stand before each content, so no two sets of files agree.
    """
    runtime, *others = part_of_step(task, helpers)
    digest = _begun(runtime, files[runtime]).copy()
    for path in others:
        _add(digest, path, files[path])
    text: str = digest.hexdigest()
    return text[:32]


_last_begun: dict[bytes, Any] = {}
"""The hash that was begun last, by the runtime in it."""


def _begun(path: str, runtime: bytes) -> Any:
    """Return a hash of the runtime alone, which all steps of a bundle share. Copy it."""
    if runtime not in _last_begun:
        digest = sha256()
        _add(digest, path, runtime)
        _last_begun.clear()
        _last_begun[runtime] = digest
    return _last_begun[runtime]


def _add(digest: Any, path: str, content: bytes) -> None:
    digest.update(f"{path}\0{len(content)}\0".encode())
    digest.update(content)


def stamp(path: str) -> str:
    """Return what tells a file from another, and from itself once it was changed (`OSError`)."""
    state = os.stat(path)
    return f"{state.st_dev}.{state.st_ino}.{state.st_size}.{state.st_mtime_ns}"


def _handed_over(place: CodePlace, expected: str) -> Any:
    """Return the slice that the local engine has checked, where its files are still the same.

    Hashing the runtime and looking for the slice in a large bundle take several milliseconds.
    """
    said = os.environ.pop("KFP_STEP_SLICE", "").split(" ", 4)
    try:
        if len(said) < 5 or said[0] != expected:
            return None
        if said[1:4] == [stamp(place.root), stamp(place.runtime), stamp(said[4])]:
            with open(said[4], "rb") as file:
                slice_ = loads(file.read())
            place.handed = said[4]
            return slice_
    except OSError:
        pass  # then it is read and checked here
    return None


def read_slice(place: CodePlace, task: str, expected: str) -> dict[str, Any]:
    """Return a step's slice; raises `StepFailure` (`code-changed`) if it was not compiled so."""
    handed = _handed_over(place, expected)
    if handed is not None:
        return dict(handed)
    slice_: dict[str, Any] = loads(place.read(slice_path(task)))
    helpers = slice_.get("helpers") or ()
    files = {path: place.read(path) for path in part_of_step(task, helpers)}
    found = slice_hash(files, task, helpers)
    if found != expected:
        raise StepFailure(
            "code-changed",
            f"The code of step {slice_.get('step', task)!r} is not the code that was compiled"
            f" (hash {found}, expected {expected}).",
            "Submit the pipeline again, so that its specification and its code match.",
        )
    return slice_


def private_folder() -> str:
    """Return a new folder of this process for code, outside the working folder."""
    import tempfile

    return tempfile.mkdtemp(prefix="kfp-step-")


def extract_files(place: CodePlace, helpers: list[str]) -> None:
    """Put the data files that came along where relative paths of the cells lead to.

    A file that is there already stays: on the user's own machine it is the real one.
    """
    for path in helpers:
        folder, *parts = path.split("/")
        target = os.path.join(*(os.pardir if part == "@parent" else part for part in parts))
        if folder != "files" or os.path.lexists(target):
            continue
        try:
            write_file(target, place.read(path))
        except OSError as error:
            raise StepFailure(
                "storage-failed",
                f"The file {target} cannot be put into {os.getcwd()}: {error.strerror}.",
                "Use an image whose working folder can be written, or `/` as working folder.",
            ) from None


def write_file(target: str, data: bytes) -> None:
    """Write a file; its folders are made."""
    os.makedirs(os.path.dirname(target) or os.curdir, exist_ok=True)
    with open(target, "wb") as file:
        file.write(data)


def install_packages(packages: list[str], place: CodePlace) -> None:
    """Install the packages that are not there yet, for this process only.

    One that is a path in the bundle is a wheel.

    An engine that provides them itself says so by `KFP_PACKAGES_READY`. Raises `StepFailure`
    where pip is missing or fails.
    """
    if os.environ.pop("KFP_PACKAGES_READY", ""):
        return
    wanted = [each for each in packages if not is_installed(each)]
    if not wanted:
        return
    import subprocess

    folder = private_folder()
    wheels = [each for each in wanted if each.startswith(WHEELS)]
    for each in wheels:
        write_file(os.path.join(folder, each), place.read(each))
    wanted = [os.path.join(folder, each) if each in wheels else each for each in wanted]
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["--quiet", "--target", folder, *wanted]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        reason = done.stdout.decode(errors="replace").strip()
        raise StepFailure(
            "step-failed",
            f"The packages {', '.join(wanted)} cannot be installed:\n{reason[-2000:]}",
            "Check the names in the step's `packages`, or use an image that has them.",
        )
    sys.path.insert(0, folder)


def is_installed(requirement: str) -> bool:
    """Whether a requirement is satisfied for certain: a bare name, or a name with `==version`."""
    import re
    from importlib import metadata

    match = re.fullmatch(r"\s*([A-Za-z0-9._-]+)\s*(?:==\s*([A-Za-z0-9.!+_-]+))?\s*", requirement)
    if not match:
        return False
    try:
        version = metadata.version(match[1])
    except metadata.PackageNotFoundError:
        return False
    return match[2] is None or match[2] == version
