"""What never leaves the user's machine with a pipeline: secrets. And what is left out as data."""

import fnmatch
from pathlib import Path

LARGEST_DATA_FILE = 256 * 1024
"""Bytes. A bundle has to fit into a ConfigMap of 1 MiB; bigger data belongs on a volume."""

_SECRET_NAMES = (
    ".env",
    ".env.*",
    "*.env",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.kdbx",
    "*.keytab",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    ".netrc",
    ".pypirc",
    ".htpasswd",
    ".git-credentials",
    "kubeconfig",
    "credentials",
    "credentials.json",
    "client_secret*.json",
)
# Split so that this file is not taken for one that holds a key.
_KEY_MARK = b"PRIVATE KEY" + b"-----"


def looks_secret(path: Path, content: bytes) -> bool:
    """Return whether a file seems to hold a key or a password, by its name or its content."""
    name = path.name.lower()
    return any(fnmatch.fnmatchcase(name, each) for each in _SECRET_NAMES) or _KEY_MARK in content
