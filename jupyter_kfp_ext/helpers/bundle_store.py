"""Bundles in a folder that several people and machines write to: a volume shared by a team.

The text of this module also runs alone in a pod that has the volume mounted, so it takes nothing
but the standard library, and Python 3.9.

    <root>/<sha-256>/code.zip      a bundle; complete from the moment it is there, never changed
    <root>/.used/<sha-256>         touched whenever a run is about to use it
    <root>/.aside/                 what is being written or removed

A bundle is written aside and renamed. So whoever is killed in between leaves something aside, which
the next one removes, and of two who write the same bundle the second finds it there.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from typing import Any

BUNDLE_FILE = "code.zip"
MARGIN = 1 << 20
"""Bytes of room that a bundle leaves on the volume."""
LONGEST_ANSWER = 4096
"""Bytes that Kubernetes keeps of what a container says at its end."""
LEFT_BEHIND = 3600.0
"""Seconds after which what lies aside belongs to nobody."""
_HASH = re.compile("[0-9a-f]{64}")
_TRIES = 5
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)
"""What file systems answer that cannot sync a folder."""


class BundleError(Exception):
    """A bundle cannot be put into its folder; `kind` is one of a few words for the caller."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        """`no-room`, `denied` (not writable), `damaged` (what came is not the bundle), `failed`."""


def put(root: str, bundle_hash: str, pieces: Iterable[bytes] | None, size: int) -> str:
    """Have a bundle in a folder, and note that it is used now.

    `pieces` are its bytes, `size` their number; without pieces it is only looked for. Returns
    `present`, `written` or `absent`. Raises `BundleError`.
    """
    try:
        _folders(root)
        now = _note_use(root, bundle_hash)
        _tidy(root, now)
        if is_present(root, bundle_hash):
            return "present"
        _check_room(root, size)
        if pieces is None:
            return "absent"
        return _write(root, bundle_hash, pieces)
    except OSError as error:
        raise _explained(root, size, error) from error


def is_present(root: str, bundle_hash: str) -> bool:
    """Whether a bundle lies in its place, whole."""
    digest = hashlib.sha256()
    try:
        with open(os.path.join(root, bundle_hash, BUNDLE_FILE), "rb") as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                digest.update(piece)
    except OSError:
        return False
    return digest.hexdigest() == bundle_hash


def clean(root: str, used: Iterable[str], age: float, dry_run: bool = False) -> dict[str, int]:
    """Remove the bundles that nobody used for `age` seconds; returns their bytes by their hashes.

    Those in `used` stay, whatever their age. A run that starts meanwhile notes its use before it
    looks for its bundle, so one that is noted while it is moved away is moved back. `dry_run`: only
    say what would go.
    """
    if not os.path.isdir(root):
        return {}
    _folders(root)
    kept = set(used)
    removed = {}
    now = _note_use(root, "clean")
    for name in sorted(os.listdir(root)):
        if not _HASH.fullmatch(name) or name in kept or now - _last_use(root, name) < age:
            continue
        size = _bytes_below(os.path.join(root, name))
        if dry_run:
            removed[name] = size
            continue
        aside = tempfile.mkdtemp(prefix=name[:16] + ".", dir=_aside(root))
        try:
            os.rename(os.path.join(root, name), aside)
        except OSError:
            os.rmdir(aside)  # someone else's, or gone
            continue
        if now - _noted(root, name) < age:
            _put_back(aside, os.path.join(root, name))
            continue
        shutil.rmtree(aside, ignore_errors=True)
        _unlink(os.path.join(root, ".used", name))
        removed[name] = size
    if not dry_run:
        _tidy(root, now)
    return removed


def _bytes_below(folder: str) -> int:
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                size += os.lstat(os.path.join(place, name)).st_size
    return size


def _put_back(aside: str, target: str) -> None:
    try:
        os.rename(aside, target)
    except OSError:
        shutil.rmtree(aside, ignore_errors=True)  # it was written anew meanwhile


def _folders(root: str) -> None:
    for folder in (root, _aside(root), os.path.join(root, ".used")):
        with contextlib.suppress(FileExistsError):
            os.makedirs(folder)
            # As for /tmp: others add, and cannot remove what is not theirs.
            os.chmod(folder, 0o1777)  # noqa: S103


def _aside(root: str) -> str:
    return os.path.join(root, ".aside")


def _note_use(root: str, name: str) -> float:
    """Note that a bundle is used now; returns the time by the clock of the volume's server."""
    handle = os.open(os.path.join(root, ".used", name), os.O_WRONLY | os.O_CREAT, 0o666)
    try:
        with contextlib.suppress(OSError):
            os.fchmod(handle, 0o666)  # for all users, whatever the umask; theirs has it already
        os.write(handle, b".")
        return os.fstat(handle).st_mtime
    finally:
        os.close(handle)


def _last_use(root: str, name: str) -> float:
    with contextlib.suppress(OSError):
        return _noted(root, name) or os.stat(os.path.join(root, name)).st_mtime
    return time.time()


def _noted(root: str, name: str) -> float:
    """Return when a use of a bundle was noted; 0 where none was, or that was not allowed."""
    with contextlib.suppress(OSError):
        return os.stat(os.path.join(root, ".used", name)).st_mtime
    return 0.0


def _check_room(root: str, size: int) -> None:
    room = os.statvfs(root)
    free = room.f_bavail * room.f_frsize
    # Some file servers do not say how large they are.
    if room.f_blocks and free < size + MARGIN:
        raise BundleError("no-room", _no_room(size, free))


def _no_room(size: int, free: int) -> str:
    return f"the code takes {size:,} bytes and the volume has room for {free:,}"


def _write(root: str, bundle_hash: str, pieces: Iterable[bytes]) -> str:
    aside = tempfile.mkdtemp(prefix=bundle_hash[:16] + ".", dir=_aside(root))
    try:
        path = os.path.join(aside, BUNDLE_FILE)
        digest = hashlib.sha256()
        with open(path, "wb") as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if digest.hexdigest() != bundle_hash:
            raise BundleError("damaged", "what arrived is not the code that was sent")
        os.chmod(path, 0o444)
        os.chmod(aside, 0o755)  # noqa: S103 - whoever runs a step must read it
        _sync_folder(aside)
        return _into_place(root, bundle_hash, aside)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _into_place(root: str, bundle_hash: str, aside: str) -> str:
    target = os.path.join(root, bundle_hash)
    for _ in range(_TRIES):
        try:
            # Also over an empty folder: a pod that mounts what is not there yet makes one.
            os.rename(aside, target)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            if is_present(root, bundle_hash):
                return "present"
            damaged = tempfile.mkdtemp(prefix="damaged.", dir=_aside(root))
            with contextlib.suppress(FileNotFoundError):
                os.rename(target, damaged)
        else:
            _sync_folder(root)
            return "written"
    raise BundleError("failed", f"something else keeps writing to {target}")


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(handle)


def _tidy(root: str, now: float) -> None:
    """Remove what was left aside by those who were killed."""
    for name in os.listdir(_aside(root)):
        folder = os.path.join(_aside(root), name)
        newest = 0.0
        with contextlib.suppress(OSError):
            newest = os.stat(folder).st_mtime
            for each in os.listdir(folder):
                newest = max(newest, os.stat(os.path.join(folder, each)).st_mtime)
        if newest and now - newest > LEFT_BEHIND:
            shutil.rmtree(folder, ignore_errors=True)


def _unlink(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


def _explained(root: str, size: int, error: OSError) -> BundleError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        room = os.statvfs(root)
        return BundleError("no-room", _no_room(size, room.f_bavail * room.f_frsize))
    said = f"{error.strerror or error} ({error.filename or root})"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return BundleError("denied", said)
    return BundleError("failed", said)


def _pieces(folder: str) -> Iterable[bytes]:
    for name in sorted(os.listdir(folder), key=int):
        with open(os.path.join(folder, name, "piece"), "rb") as file:
            yield file.read()


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    if request["do"] == "clean":
        how = (request["used"], request["age"], request["dry_run"])
        return {"removed": clean(request["root"], *how)}
    pieces = _pieces(request["pieces"]) if request.get("pieces") else None
    return {"code": put(request["root"], request["hash"], pieces, request["size"])}


def main(request: str, place: str) -> int:
    """Do what a JSON text asks for and write the answer to a file; the exit status is 0 or 1.

    What is too long for the file, which Kubernetes cuts, is printed, and the file says so.
    """
    try:
        answer = _answer(json.loads(request))
    except BundleError as error:
        answer = {"failed": error.kind, "message": str(error)}
    text = json.dumps(answer)
    if len(text) > LONGEST_ANSWER:
        sys.stdout.write(text)
        text = json.dumps({"printed": True})
    with open(place, "w") as file:
        file.write(text)
    return 1 if "failed" in answer else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
