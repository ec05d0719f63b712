"""The wheel of a project of the user's, built once for each state of its files.

Building runs the project's own code, so only what the user asks for does it (a run, compiling,
an export); who just looks at a notebook gets the wheel that is there already, or none. It is built
in a copy: what a build leaves behind is not left in the project.
"""

import importlib.util
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from ..errors import Code, KfpExtError, Problem
from ..storage import home, write_atomically
from .git import files_of_project

MARK = "pyproject.toml"
_MOST_FILES, _MOST_BYTES = 20_000, 512 << 20
"""More is no project of Python modules: its data is better kept out by a `.gitignore`."""
_NOT_PART = frozenset({"__pycache__", "build", "dist", "node_modules", "venv"})
"""Folders that are left out where no git says it; those with a dot in front are, too."""
_PATIENCE = 600
"""Seconds for a build, with the download of what it needs."""
_WORDS = 1500
"""Letters of what a build said last that an error holds."""
_SAME_TIMES = {"SOURCE_DATE_EPOCH": "315532800", "PYTHONDONTWRITEBYTECODE": "1"}
"""The same bytes for the same files: https://reproducible-builds.org/docs/source-date-epoch/ (1980,
the first year that a zip can say)."""

log = logging.getLogger(__name__)


def known_wheel(project: Path) -> Path | None:
    """Return the wheel of a project as it is now, where it was built before; runs nothing.

    Raises `KfpExtError` (`option-invalid`) where it is no project, or a far too large one.
    """
    return next(_place(_files(project), project, _looked_at).glob("*.whl"), None)


def build_wheel(project: Path) -> Path:
    """Return the wheel of a project as it is now; build it where nobody has.

    Raises `KfpExtError`: `option-invalid` where it cannot be built, with what the build said last;
    `storage-failed`.
    """
    files = _files(project)
    place = _place(files, project, _digest)
    kept = next(place.glob("*.whl"), None)
    if kept is not None:
        return kept
    # At this level it is seen on a terminal and in a notebook, where nobody configured logging.
    log.warning("Building a wheel of %s ...", project)
    with tempfile.TemporaryDirectory() as folder:
        copy, out = Path(folder, "project"), Path(folder, "wheels")
        for name in files:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(project / name, copy / name)
        _build(project, copy, out)
        made = sorted(out.glob("*.whl"))
        if len(made) != 1:
            raise _invalid(f"The build of {project} left no wheel.", "Build it by hand to see why.")
        if not made[0].name.endswith("-none-any.whl"):
            raise _invalid(
                f"{made[0].name}, built of {project}, is for one platform only.",
                "Build wheels for the steps' image, and name that package by its version.",
            )
        write_atomically(place / made[0].name, made[0].read_bytes())
        return place / made[0].name


def _files(project: Path) -> list[str]:
    """Return the files that belong to a project, by their path in it, sorted.

    Notebooks do not: each save of the one that is run would be another project.
    """
    if not (project / MARK).is_file():
        raise _invalid(
            f"There is no {MARK} in {project}, of which a wheel is to be built.",
            "Correct the path, or name a wheel or a version.",
        )
    listed = files_of_project(project)
    names = sorted(
        name
        for name in (_walked(project) if listed is None else listed)
        if not name.endswith(".ipynb") and (project / name).is_file()
    )
    size = sum((project / name).stat().st_size for name in names)
    if len(names) > _MOST_FILES or size > _MOST_BYTES:
        raise _invalid(
            f"{project} has {len(names)} files with {size >> 20} MiB: too much to build a wheel of "
            "at each change.",
            "Name what is no code in its .gitignore, or build the wheel and name its path.",
        )
    return names


def _walked(project: Path) -> Iterator[str]:
    for folder, inner, names in os.walk(project):
        inner[:] = [
            each
            for each in inner
            if each not in _NOT_PART and each[0] != "." and not each.endswith(".egg-info")
        ]
        for name in names:
            yield Path(folder, name).relative_to(project).as_posix()


def _place(files: list[str], project: Path, digest: Callable[[Path], bytes]) -> Path:
    """Return the folder of the wheel that files with this content make."""
    state = sha256()
    for name in files:
        state.update(b"%s\0%s" % (os.fsencode(name), digest(project / name)))
    return home() / "code" / "built" / state.hexdigest()[:32]


def _digest(path: Path) -> bytes:
    return sha256(path.read_bytes()).digest()


def _looked_at(path: Path) -> bytes:
    """Return a file's digest, read once for each time it was written: the panel asks often."""
    state = path.stat()
    return _digest_then(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=_MOST_FILES)
def _digest_then(path: Path, _written: int, _size: int) -> bytes:
    return _digest(path)


def _build(project: Path, copy: Path, out: Path) -> None:
    said = ""
    for command in _commands(copy, out):
        try:
            done = subprocess.run(
                command,
                cwd=copy,
                env={**os.environ, **_SAME_TIMES, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_PATIENCE,
            )
        except subprocess.TimeoutExpired as error:
            words = f"Building {project} took more than {_PATIENCE} s."
            raise _invalid(words, "Build it by hand to see why.") from error
        if done.returncode == 0:
            return
        # The first way is the one that builds everywhere: what it says counts.
        said = said or done.stdout.decode(errors="replace").strip()[-_WORDS:]
    if not said:
        raise _invalid(
            f"There is nothing to build {project} with: neither uv nor pip.",
            f"Install one of them beside {sys.executable}.",
        )
    raise _invalid(
        f"The wheel of {project} could not be built: {said}",
        "Mend the project; where what it is built with cannot be downloaded, install that beside "
        f"{sys.executable}.",
    )


def _commands(copy: Path, out: Path) -> Iterator[list[str]]:
    """Yield the ways to build, the best first.

    The last takes what is installed here to build with, where nothing can be downloaded.
    """
    uv = shutil.which("uv")
    if uv:
        yield [uv, "build", "--wheel", "--out-dir", str(out), str(copy)]
    if importlib.util.find_spec("pip"):
        pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(out)]
        if not uv:
            yield [*pip, str(copy)]
        yield [*pip, "--no-build-isolation", str(copy)]


def _invalid(message: str, remedy: str) -> KfpExtError:
    return KfpExtError(Problem(Code.OPTION_INVALID, message, remedy, option="helpers_packages"))
