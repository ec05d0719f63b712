"""The environments of steps that ask for packages: one for each set, kept below the home.

An environment lies on top of the kernel's: what is installed there stays importable, and what the
step asks for comes first. Its name holds the interpreter, what that has installed, and the
packages, so a step never gets one that was made for something else. It is built in its place,
because scripts in it hold its path, and counts only once its record is there, which is written
last.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .installed import Installed, has, look_into

PACKAGES_READY = "KFP_PACKAGES_READY"
"""Environment variable that tells the step runtime that its packages are there."""


@dataclass(frozen=True)
class Environment:
    """Where an environment lies, and what it is made of."""

    path: Path
    parent: Installed
    """The interpreter that it is made from."""
    packages: tuple[str, ...]

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.path / "bin" / "python"

    @property
    def record(self) -> Path:
        """What it was built of; exists once it is complete."""
        return self.path / "environment.json"

    @property
    def ready(self) -> bool:
        """Whether it is complete, and its interpreter still there."""
        return self.record.is_file() and os.access(self.python, os.X_OK)

    def to_text(self) -> str:
        """Return it as an argument for the process that builds it."""
        return json.dumps({**asdict(self), "path": str(self.path)})

    @staticmethod
    def from_text(text: str) -> "Environment":
        """Build it from its argument."""
        data = json.loads(text)
        parent = data["parent"]
        parent["sites"] = tuple(parent["sites"])
        return Environment(Path(data["path"]), Installed(**parent), tuple(data["packages"]))


@dataclass(frozen=True)
class Stored:
    """An environment as it lies on disk."""

    path: Path
    bytes: int
    used: float
    """When a step was last started in it; seconds since the epoch."""


def environments_folder(home: Path) -> Path:
    """Return the folder of all environments."""
    return home / "environments"


def find_environment(home: Path, python: str, packages: Sequence[str]) -> Environment | None:
    """Return the environment of a set of packages, built or not.

    None where the interpreter has them all: then the step needs none. Raises `OSError` where the
    interpreter cannot be asked.
    """
    wanted = tuple(sorted({each.strip() for each in packages}))
    if not wanted:
        return None
    parent = look_into(python)
    if all(has(parent, each) for each in wanted):
        return None
    asked = _digest(python, *wanted)
    ground = _digest(parent.version, *parent.sites, *sorted(map(str, parent.versions.items())))
    return Environment(environments_folder(home) / f"{asked}-{ground}", parent, wanted)


def _digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode(errors="surrogateescape")).hexdigest()[:16]


def lock_path(path: Path) -> Path:
    """Return the lock of an environment: shared by its users, alone with its builder."""
    return path.with_name(f"{path.name}.lock")


@contextlib.contextmanager
def use(environment: Environment) -> Iterator[tuple[int, ...]]:
    """Hold an environment and yield the descriptor that holds it; none where it must be built.

    A process that inherits the descriptor goes on holding it, with all its children.
    """
    if not environment.ready:
        yield ()
        return
    descriptor = open_lock(environment.path)
    try:
        # Whoever builds or removes it holds the lock: then the step's own process must wait.
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            if environment.ready:
                os.utime(descriptor)
                yield (descriptor,)
                return
        yield ()
    finally:
        os.close(descriptor)


def open_lock(path: Path) -> int:
    """Open the lock of an environment, without taking it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(lock_path(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def stored_environments(home: Path) -> tuple[Stored, ...]:
    """Return all environments of a home, also those that were never completed."""
    try:
        paths = [each for each in environments_folder(home).iterdir() if each.is_dir()]
    except OSError:
        return ()
    return tuple(Stored(each, _bytes_of(each), _last_used(each)) for each in sorted(paths))


def _last_used(path: Path) -> float:
    for each in (lock_path(path), path):
        with contextlib.suppress(OSError):
            return each.stat().st_mtime
    return 0.0


def _bytes_of(path: Path) -> int:
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            with contextlib.suppress(OSError):
                # As the disk counts: installers link files that they also keep in their cache.
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512  # noqa: PTH118
    return total


def remove_environment(path: Path, dry_run: bool = False) -> bool:
    """Remove an environment, unless a process uses or builds it; return whether it is gone.

    `dry_run`: only say whether it would go.
    """
    descriptor = open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        if not dry_run:
            clear(path)
        return True
    finally:
        os.close(descriptor)


def clear(path: Path) -> None:
    """Delete an environment whose lock the caller holds alone. Its record goes first."""
    (path / "environment.json").unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)


def remove_older(environment: Environment) -> None:
    """Remove what was built for the same packages before the kernel's environment changed."""
    asked = environment.path.name.partition("-")[0]
    for path in environment.path.parent.glob(f"{asked}-*"):
        if path.is_dir() and path != environment.path:
            remove_environment(path)
