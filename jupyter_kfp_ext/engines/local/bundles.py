"""The local store of code bundles: a file per content, named by its hash, written once."""

import hashlib
from functools import cache
from pathlib import Path

from ...errors import Code, KfpExtError, Problem
from ...runtime.step.place import RUNTIME_FILE
from ...storage import write_atomically
from .layout import bundle_path


def keep_bundle(home: Path, content: bytes, bundle_hash: str) -> Path:
    """Store a bundle under its sha-256 and return its path.

    A stored file that no longer has the content of its name is written again. Raises
    `KfpExtError`: `code-changed` where the content is not that of the hash, `storage-failed`.
    """
    if hashlib.sha256(content).hexdigest() != bundle_hash:
        raise KfpExtError(
            Problem(
                Code.CODE_CHANGED,
                f"The code bundle is not the one that was compiled ({bundle_hash[:16]}).",
                "Compile the notebook again.",
            )
        )
    path = bundle_path(home, bundle_hash)
    if _holds(path, content):
        path.touch()  # it is in use, though no run has it yet
    else:
        write_atomically(path, content)
    return path


@cache
def runtime_folder(bundle: Path) -> Path | None:
    """Return the folder with the step runtime of a bundle as a file; it is made if need be.

    Python keeps its compiled form there, and the runtime that of its parts: half of what a short
    step costs. None where the bundle has no runtime, or the disk no room for it.
    """
    from zipimport import ZipImportError, zipimporter

    try:
        source = zipimporter(str(bundle)).get_data(f"{bundle}/{RUNTIME_FILE}")
        folder = bundle.parent / f"runtime-{hashlib.sha256(source).hexdigest()[:32]}"
        if not _holds(folder / RUNTIME_FILE, source):
            write_atomically(folder / RUNTIME_FILE, source)
    except (OSError, ZipImportError, KfpExtError):
        return None
    return folder


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except OSError:
        return False
