"""The C parts of `pickle` and `hashlib`, without their Python parts where nothing needs those.

`pickle` imports `re`, and `hashlib` loads OpenSSL: 7 ms together, where a bare Python starts in 12.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_MUCH = 1_000_000
"""Bytes from which OpenSSL, which hashes several times as fast, is worth loading."""


def c_pickle() -> Any:
    """Return the functions and classes of the module `pickle` that are written in C."""
    try:
        return __import__("_pickle")
    except ImportError:
        return __import__("pickle")


def sha256(size: int = 0) -> Any:
    """Return a new hash; `size` is about how many bytes will go in."""
    # Where OpenSSL is loaded already, or pays, it is taken.
    if size < _MUCH and "_hashlib" not in sys.modules:
        name = "_sha2" if sys.version_info >= (3, 12) else "_sha256"
        try:
            return __import__(name).sha256()
        except ImportError:
            pass
    return __import__("hashlib").sha256()
