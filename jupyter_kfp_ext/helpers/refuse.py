"""What never leaves the user's machine with a pipeline: secrets. And what is left out as data."""

import fnmatch
import re
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
_TOKENS = (
    (re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"), "an AWS access key"),
    (re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{22,}"), "a GitHub token"),
    (re.compile(r"\bglpat-[\w-]{20}"), "a GitLab token"),
    (re.compile(r"\bhf_[A-Za-z0-9]{30,}\b"), "a Hugging Face token"),
    (re.compile(r"\bsk-(?=[\w-]{0,200}\d)(proj-|ant-)?[A-Za-z0-9_-]{20,}"), "an API key"),
    (re.compile(r"\bxox[abprs]-[\w-]{10,}"), "a Slack token"),
    (re.compile(r"\bAIza[\w-]{35}\b"), "a Google API key"),
    (re.compile(r"\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{5,}"), "a signed web token"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
)
PLACEHOLDER = re.compile(
    r"your|example|change|placeholder|todo|dummy|test|sample|<|>|\*{2}|\.{3}|x{4}|\{|\$|insert|"
    r"here|none|null|password|secret",
    re.IGNORECASE,
)
"""Words of a text that only shows where a secret would stand."""


def looks_secret(path: Path, content: bytes) -> bool:
    """Return whether a file seems to hold a key or a password, by its name or its content."""
    name = path.name.lower()
    if any(fnmatch.fnmatchcase(name, each) for each in _SECRET_NAMES) or _KEY_MARK in content:
        return True
    return b"\0" not in content and token_in(content.decode(errors="replace")) is not None


def token_in(text: str) -> tuple[int, str] | None:
    """Return line and kind of the first token or key that stands in a text."""
    for pattern, what in _TOKENS:
        for found in pattern.finditer(text):
            if not PLACEHOLDER.search(found[0][8:]):
                return text.count("\n", 0, found.start()) + 1, what
    return None
