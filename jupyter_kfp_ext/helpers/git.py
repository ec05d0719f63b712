"""What git knows of the user's files: the commit, and how they differ from it."""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PATIENCE = 20
"""Seconds; a repository on a slow network drive takes some."""
_LONGEST_DIFF = 1 << 20
"""Characters that are kept of a difference."""


@dataclass(frozen=True)
class GitState:
    """The repository that files lie in, at one moment."""

    commit: str
    """Full hash; empty before the first commit."""
    dirty: bool
    """Whether one of the files differs from the commit, or is not in it."""
    diff: str
    """How the files that git knows differ from the commit."""


def git_state(folder: Path, files: Iterable[str]) -> GitState | None:
    """Return the state of files (absolute paths); None where there is no repository or no git."""
    listed = [each for each in files if Path(each).exists()]
    inside = _git(folder, "rev-parse", "--show-toplevel")
    if inside is None:
        return None
    top = inside.strip()
    listed = [each for each in listed if Path(each).resolve().is_relative_to(Path(top).resolve())]
    commit = (_git(folder, "rev-parse", "--verify", "-q", "HEAD") or "").strip()
    if not listed:
        return GitState(commit, False, "")
    status = _git(folder, "status", "--porcelain", "--ignored", "--", *listed) or ""
    diff = _git(folder, "diff", "HEAD", "--", *listed) if commit and status else ""
    return GitState(commit, bool(status.strip()), (diff or "")[:_LONGEST_DIFF])


def files_of_project(folder: Path) -> list[str] | None:
    """Return the files below a folder that git knows or would take in, by their path in it.

    None where there is no repository or no git.
    """
    said = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return None if said is None else sorted({each for each in said.split("\0") if each})


def _git(folder: Path, *words: str) -> str | None:
    """Return what git says; None where it fails or is not there."""
    # A lock or a watcher of the user's must not be touched by a look.
    env = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    command = ["git", "--literal-pathspecs", "-c", "core.fsmonitor=false", *words]
    try:
        done = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, timeout=_PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace")
