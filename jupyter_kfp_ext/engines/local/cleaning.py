"""What may go: ended runs, kept results, code and environments that nobody used for some time.

What a run needs that goes on stays, whatever its age; so does the run that it takes results from.
"""

import contextlib
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ...storage import read_json
from . import lock
from .environments import remove_environment, stored_environments
from .layout import RunFolder, bundle_path, runs_folder
from .lookup import notebook_index
from .record import RunRecord
from .results import aside_folder, remove_whole, results_folder
from .status import DamagedRunError, read_record

CACHE_SIZE = 20 << 30
"""Bytes of kept results, where `JUPYTER_KFP_CACHE_SIZE` does not say another number."""
_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_HOUR = 3600.0
"""Seconds that code is kept for a run that is being submitted."""
_PATIENCE, _GLANCE = 10.0, 0.02
"""Seconds that the runner of an ended run is waited for, and between two looks."""

_File = tuple[int, int]
"""Device and inode."""


@dataclass(frozen=True)
class Cleaned:
    """What was removed."""

    runs: tuple[str, ...] = ()
    results: int = 0
    bundles: int = 0
    environments: int = 0
    bytes: int = 0
    """Room on the disk that was given back; hard links are counted with the last one."""


def clean(home: Path, age: float, dry_run: bool = False) -> Cleaned:
    """Remove what was made or last used more than `age` seconds ago; `dry_run`: only say what."""
    before = time.time() - age
    runs, folders = [], list(_run_folders(home))
    needed = _needed(folders)
    links = Counter[_File]() if dry_run else None
    freed = 0
    for folder in folders:
        name = folder.path.name
        if name not in needed and _ended_before(folder, before):
            freed += _bytes_below(folder.path, links)
            runs.append(name)
            if not dry_run:
                _forget(home, folder)
    old = [each for each in _kept(home) if each.used < before]
    for each in old:
        freed += _bytes_below(each.path, links)
        if not dry_run:
            remove_whole(home, each.path)
    if not dry_run:
        _sweep_aside(home)
    kept = [each for each in _run_folders(home) if each.path.name not in runs]
    code = _old_code(home, before, kept, running=bool(needed))
    bundles = sum(each.suffix == ".zip" for each in code)
    for path in code:
        freed += _bytes_below(path, links)
        if not dry_run:
            _remove_code(home, path)
    environments = [
        each
        for each in stored_environments(home)
        if each.used < before and remove_environment(each.path, dry_run)
    ]
    freed += sum(each.bytes for each in environments)
    return Cleaned(tuple(sorted(runs)), len(old), bundles, len(environments), freed)


def remove_run(home: Path, folder: RunFolder) -> bool:
    """Remove a run; False where it goes on, or where one that goes on takes results from it."""
    # A runner still cleans up for a moment after it has told that the run ended.
    deadline = time.monotonic() + _PATIENCE
    while lock.is_held(folder.lock) and time.monotonic() < deadline:
        time.sleep(_GLANCE)
    if folder.path.name in _needed(list(_run_folders(home))):
        return False
    _forget(home, folder)
    return True


def trim(home: Path) -> None:
    """Bring the kept results below the limit: what was not used for the longest time goes."""
    kept = sorted(_kept(home), key=lambda each: each.used)
    size, limit = sum(each.bytes for each in kept), cache_limit()
    for each in kept:
        if size <= limit:
            break
        remove_whole(home, each.path)
        size -= each.bytes


def cache_limit() -> int:
    """Return how many bytes of results are kept (`JUPYTER_KFP_CACHE_SIZE`: `500M`, `20G`)."""
    said = os.environ.get("JUPYTER_KFP_CACHE_SIZE", "").strip().lower().removesuffix("i")
    unit = _UNITS.get(said[-1:], 0)
    number = said[:-1] if unit else said
    return int(number) * (unit or 1) if number.isdecimal() else CACHE_SIZE


@dataclass(frozen=True)
class _Kept:
    path: Path
    used: float
    bytes: int


def _kept(home: Path) -> Iterator[_Kept]:
    for entry in results_folder(home).glob("??/*/*"):
        with contextlib.suppress(OSError, ValueError):
            # The name holds the size: nothing has to be read.
            size = int(entry.name.rpartition("-")[2])
            yield _Kept(entry, entry.stat().st_mtime, size)


def _run_folders(home: Path) -> Iterator[RunFolder]:
    with contextlib.suppress(OSError):
        for path in runs_folder(home).iterdir():
            if path.name[0] != "." and path.is_dir():
                yield RunFolder(path)


def _needed(folders: list[RunFolder]) -> set[str]:
    """Return the runs that go on, and those that they take results from."""
    needed: set[str] = set()
    for folder in folders:
        if lock.is_held(folder.lock):
            needed.add(folder.path.name)
            record = _record(folder)
            while record is not None and record.reuse.run:
                needed |= {record.reuse.run, record.reuse.twice}
                record = _record(RunFolder(folder.path.with_name(record.reuse.run)))
    return needed


def _record(folder: RunFolder) -> RunRecord | None:
    try:
        return read_record(folder)
    except DamagedRunError:
        return None


def _ended_before(folder: RunFolder, moment: float) -> bool:
    for path in (folder.result, folder.events, folder.path):
        with contextlib.suppress(OSError):
            return path.stat().st_mtime < moment
    return False


def _forget(home: Path, folder: RunFolder) -> None:
    record = _record(folder)
    remove_whole(home, folder.path)
    if record is not None and record.notebook is not None:
        marker = notebook_index(home, record.notebook) / record.id
        with contextlib.suppress(OSError):
            marker.unlink(missing_ok=True)
            marker.parent.rmdir()  # where no other run is left


def _sweep_aside(home: Path) -> None:
    """Remove what processes left that were killed while they wrote or removed."""
    with contextlib.suppress(OSError):
        for path in aside_folder(home).iterdir():
            if not _lives(path.name.partition("-")[0]):
                shutil.rmtree(path, ignore_errors=True)


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def _old_code(home: Path, before: float, kept: Iterable[RunFolder], running: bool) -> list[Path]:
    """Return the bundles that none of the runs that are kept has, and what was made of old ones."""
    used = set()
    schedules = map(RunFolder, (home / "schedules").glob("*"))
    for folder in (*kept, *schedules):
        with contextlib.suppress(OSError, ValueError, KeyError):
            used.add(str(read_json(folder.record)["bundle"]))
            used.add(str(read_json(folder.plan)["bundle"]))
    found = []
    moment = min(before, time.time() - _HOUR)
    for path in bundle_path(home, "").parent.glob("*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime >= moment or path.stem in used:
                continue
            if path.suffix == ".zip" or (path.is_dir() and not running):
                found.append(path)
    return found


def _remove_code(home: Path, path: Path) -> None:
    if path.is_dir():
        remove_whole(home, path)
    else:
        path.unlink(missing_ok=True)


def _bytes_below(path: Path, links: Counter[_File] | None) -> int:
    """Return the bytes that go with a file or folder: those of a file go with its last link.

    `links` counts those that are about to go together; None: what went before is gone already.
    """
    seen = Counter[_File]() if links is None else links
    total = 0
    for each in _files(path):
        with contextlib.suppress(OSError):
            state = each.lstat()
            key = (state.st_dev, state.st_ino)
            seen[key] += 1
            if seen[key] == state.st_nlink:
                total += state.st_size
    return total


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
    for folder, _, names in os.walk(path):
        yield from (Path(folder, name) for name in names)
