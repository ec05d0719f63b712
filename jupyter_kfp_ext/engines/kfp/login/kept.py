"""What a login gave, kept for the processes that call the cluster: in a keyring, else in a file.

The file is in the data directory (`logins`), readable by the user alone. What is kept belongs to
the connection's name *and* its addresses: it is never sent to another place of the same name.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ....errors import KfpExtError
from ....storage import home, read_json, write_json
from ..connection import Connection
from ..credentials import denied

_SERVICE = "jupyter-kfp-ext"
"""The name in the keyring."""
_IN_KEYRING = "keyring"
_MARGIN = 60.0
"""Seconds before its end at which a token is renewed, but at most a tenth of its life."""


@dataclass(frozen=True)
class Kept:
    """What lets in, and for how long."""

    secret: str
    """The bearer token, or the text of the `Cookie` header."""
    got: float
    """When it came, by this machine's clock, in seconds since 1970."""
    lasts: float = 0.0
    """Seconds that it lasts, by the issuer; 0: it is not known."""
    refresh: str = ""
    """Gives the next one."""
    who: str = ""
    """Who is logged in, for people; empty where it is not known."""

    def __repr__(self) -> str:
        return f"Kept(got={self.got}, lasts={self.lasts}, who={self.who!r})"

    def left(self) -> float | None:
        """Return the seconds that it still lasts; None where that is not known.

        Only the time since it came counts, so that it does not matter whether this machine's clock
        and the issuer's agree. One that came in the future lasts no longer: the clock was changed.
        """
        if not self.lasts:
            return None
        age = time.time() - self.got
        return max(self.lasts - age, 0.0) if age >= 0 else 0.0

    def is_fresh(self) -> bool:
        """Whether it can be sent without renewing it first."""
        left = self.left()
        return left is None or left > min(_MARGIN, self.lasts / 10)


class LoginStore:
    """Keeps what a connection's login gave."""

    def __init__(self, connection: Connection, folder: Path | None = None) -> None:
        self.connection = connection
        place = (connection.name, connection.url, connection.issuer, connection.client_id)
        self._key = hashlib.sha256(json.dumps(place).encode()).hexdigest()[:20]
        self._path = (folder or home() / "logins") / f"{self._key}.json"
        self._seen: tuple[tuple[int, int], Kept | str] | None = None

    def read(self) -> Kept:
        """Return what is kept; raises `KfpExtError` (`cluster-denied`) without a login."""
        found = self._read()
        if isinstance(found, Kept):
            return found
        name = self.connection.name
        message = found or f"Nobody is logged in to the connection {name}."
        raise denied(message, log_in_again(name))

    def state(self) -> str:
        """Return `in`, `over`, or `none` where nobody logged in; asks nobody."""
        found = self._read()
        if isinstance(found, Kept):
            left = found.left()
            return "over" if left == 0.0 and not found.refresh else "in"
        return "over" if found else "none"

    def write(self, kept: Kept) -> None:
        """Keep it; raises `KfpExtError` (`storage-failed`)."""
        text = json.dumps(asdict(kept))
        if _to_keyring(self._key, text):
            write_json(self._path, {"kept": _IN_KEYRING, "got": kept.got})
        else:
            write_json(self._path, {"kept": asdict(kept)})

    def end(self, reason: str) -> None:
        """Forget it, keeping why, for whoever asks next."""
        self.clear()
        write_json(self._path, {"over": reason})

    def clear(self) -> None:
        """Forget it without a trace; nothing where there is nothing."""
        _out_of_keyring(self._key)
        self._path.unlink(missing_ok=True)
        self._seen = None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Let one process at a time renew it: a refresh token can often be used only once."""
        path = self._path.with_suffix(".lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _read(self) -> Kept | str:
        """Return what is kept, or why there is nothing; empty where there never was."""
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_ino)
            if self._seen is None or self._seen[0] != stamp:
                self._seen = (stamp, self._found(read_json(self._path)))
        except FileNotFoundError:
            self._seen = None
            return ""
        except (OSError, ValueError, KeyError, TypeError):
            return f"What was kept of the login of {self.connection.name} cannot be read."
        return self._seen[1]

    def _found(self, data: dict[str, Any]) -> Kept | str:
        if "over" in data:
            return str(data["over"])
        if data["kept"] == _IN_KEYRING:
            return Kept(**json.loads(_from_keyring(self._key)))
        return Kept(**data["kept"])


def log_in_again(name: str) -> str:
    """Return what a user does where a login is over."""
    return f"Log in again: {login_command(name)}"


def login_command(name: str) -> str:
    """Return the command that logs in."""
    from shlex import quote

    return f"jupyter kfp connections login {quote(name)}"


def forget_login(connection: Connection, folder: Path | None = None) -> None:
    """Forget what is kept for a connection, if anything."""
    with contextlib.suppress(KfpExtError, OSError):
        LoginStore(connection, folder).clear()


def _keyring() -> Any:
    """Return the package keyring where it can keep something safely; else None."""
    try:
        import keyring

        # Those below 1 refuse, forget, or write plain files.
        return keyring if keyring.get_keyring().priority >= 1 else None
    except Exception:  # backends raise what they like
        return None


def _to_keyring(key: str, text: str) -> bool:
    keyring = _keyring()
    if keyring is None:
        return False
    try:
        keyring.set_password(_SERVICE, key, text)
        return bool(keyring.get_password(_SERVICE, key) == text)
    except Exception:  # locked, too long, nobody who answers
        return False


def _from_keyring(key: str) -> str:
    keyring = _keyring()
    found = keyring.get_password(_SERVICE, key) if keyring else None
    if found is None:
        raise ValueError("the keyring has nothing")
    return str(found)


def _out_of_keyring(key: str) -> None:
    keyring = _keyring()
    if keyring is not None:
        with contextlib.suppress(Exception):
            keyring.delete_password(_SERVICE, key)
