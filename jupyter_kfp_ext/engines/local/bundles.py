"""The local store of code bundles: a file per content, named by its hash, written once."""

import hashlib
from pathlib import Path

from ...errors import Code, KfpExtError, Problem
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
    if not _holds(path, content):
        write_atomically(path, content)
    return path


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except OSError:
        return False
