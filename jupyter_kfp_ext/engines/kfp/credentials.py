"""Credentials by reference: what is stored says where a secret is, never the secret itself.

A reference is `env:NAME`, `file:PATH`, `command:COMMAND`, `keyring:SERVICE/USER` or
`service-account[:PATH]`. It is followed for each request, so what is renewed there is used at once.
"""

import os
import shlex
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ...errors import Code, KfpExtError, Problem

SERVICE_ACCOUNT_TOKEN = "/var/run/secrets/kubeflow/pipelines/token"  # noqa: S105 - a path
"""Where Kubeflow mounts the token of a service account for KFP's audience."""
_TOKEN_PATH = "KF_PIPELINES_SA_TOKEN_PATH"  # noqa: S105 - the name of a variable
_KINDS = ("env", "file", "command", "keyring", "service-account")
_COMMAND_SECONDS = 30
_COMMAND_LASTS = 60.0
"""Seconds for which what a command printed is taken again: a command may cost a second."""


def denied(message: str, remedy: str) -> KfpExtError:
    """Return the error for a credential that is missing or not accepted."""
    return KfpExtError(Problem(Code.CLUSTER_DENIED, message, remedy))


def check_reference(reference: str) -> None:
    """Raise `KfpExtError` (`usage`) for what is no reference; looks at its form alone.

    The text is not repeated in the error: it may be a secret that was pasted by mistake.
    """
    kind, colon, place = reference.partition(":")
    if kind == "keyring" and "/" not in place:
        kind = ""
    if kind in _KINDS and (place.strip() or (kind == "service-account" and not colon)):
        return
    raise KfpExtError(
        Problem(
            Code.USAGE,
            "A credential is given by reference, not as itself.",
            "Write env:NAME, file:PATH, command:COMMAND, keyring:SERVICE/USER or service-account.",
        )
    )


class Credential(Protocol):
    """What lets in, wherever it comes from."""

    def value(self) -> str:
        """Return it as it is now; raises `KfpExtError` (`cluster-denied`)."""

    def forget(self) -> bool:
        """Drop what was refused; whether asking again may give another one."""


@dataclass
class Secret:
    """Follows a reference. Neither `repr` nor an error of it holds the secret."""

    reference: str
    _printed: str = ""
    _until: float = 0.0

    def __repr__(self) -> str:
        return f"Secret({self.reference!r})"

    def value(self) -> str:
        """Return the secret as it is now; raises `KfpExtError` (`cluster-denied`)."""
        kind, _, place = self.reference.partition(":")
        found = _READERS[kind](self, place).strip()
        if not found:
            raise denied(f"The credential {self.reference} is empty.", "Renew it there.")
        if "\n" in found or "\r" in found:
            raise denied(
                f"The credential {self.reference} has several lines.",
                "It must be one line: the token or the cookie alone.",
            )
        return found

    def forget(self) -> bool:
        """Drop what is kept of it; whether asking again may give another one."""
        self._until = 0.0
        return not self.reference.startswith("env:")

    def _from_command(self, command: str) -> str:
        if time.monotonic() >= self._until:
            self._printed = _output_of(command)
            self._until = time.monotonic() + _COMMAND_LASTS
        return self._printed


def _from_environment(_: Secret, name: str) -> str:
    if name not in os.environ:
        raise denied(
            f"The environment variable {name}, which holds a credential, is not set.",
            f"Set {name} where JupyterLab or the command line is started.",
        )
    return os.environ[name]


def _from_file(_: Secret, place: str) -> str:
    try:
        return Path(place).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise denied(
            f"The credential in {place} cannot be read: {reason}.", "Make the file readable."
        ) from None


def _output_of(command: str) -> str:
    remedy = "Run it by hand: it must print the token on standard output."
    try:
        done = subprocess.run(
            shlex.split(command),
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise denied(
            f"The command that gives the credential cannot be run ({type(error).__name__}): "
            f"{command}",
            remedy,
        ) from None
    if done.returncode:
        raise denied(
            f"The command that gives the credential failed ({done.returncode}): {command}", remedy
        )
    return done.stdout


def _from_keyring(_secret: Secret, place: str) -> str:
    service, _, user = place.partition("/")
    try:
        import keyring
    except ImportError:
        raise denied(
            "The credential is in a keyring, and the package keyring is not installed here.",
            "Install it: pip install keyring.",
        ) from None
    try:
        found = keyring.get_password(service, user)
    except Exception as error:  # backends raise what they like
        raise denied(
            f"The keyring cannot be read ({type(error).__name__}).", "Unlock the keyring."
        ) from None
    if found is None:
        raise denied(
            f"The keyring has nothing for {service}/{user}.",
            f"Put it there: keyring set {service} {user}",
        )
    return str(found)


def service_account_file(environ: Mapping[str, str]) -> str:
    """Return where the token of the service account is."""
    return environ.get(_TOKEN_PATH) or SERVICE_ACCOUNT_TOKEN


_READERS: dict[str, Callable[[Secret, str], str]] = {
    "env": _from_environment,
    "file": _from_file,
    "command": Secret._from_command,
    "keyring": _from_keyring,
    "service-account": lambda secret, place: _from_file(
        secret, place or service_account_file(os.environ)
    ),
}
