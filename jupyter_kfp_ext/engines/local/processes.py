"""All processes of a step, also those that left its group: found and ended.

A step is a session of its own. What a user's code starts may leave group and session (daemons),
so on Linux processes are also known by the step's folder in their environment, which children
inherit; elsewhere by their parents.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path

MARKER = "KFP_STEP_FOLDER"
"""Environment variable of every process of a step: the step's folder."""

_PROC = Path("/proc")


def kill_group(leader: int, number: int) -> None:
    """Send a signal to a process group; nothing where it has no members."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def signal_tree(leader: int, folder: Path, number: int) -> None:
    """Send a signal to a step's whole tree: its group, its descendants, its strays."""
    strays = descendants(leader) | marked(folder)
    kill_group(leader, number)
    _signal(strays, number)


def end_marked(folder: Path) -> None:
    """Kill all processes whose step folder is the given folder or lies in it."""
    _signal(marked(folder), signal.SIGKILL)


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        if pid != os.getpid():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)


def marked(folder: Path) -> set[int]:
    """Return the processes that belong to a step's folder, or to any step below a folder.

    Linux only; empty elsewhere.
    """
    entry = f"{MARKER}={folder}".encode()
    found = set()
    for pid in _pids():
        with contextlib.suppress(OSError):
            environment = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
            if any(each == entry or each.startswith(entry + b"/") for each in environment):
                found.add(pid)
    return found


def descendants(root: int) -> set[int]:
    """Return the living children of a process, their children and so on."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents():
        children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    waiting = [root]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def _pids() -> list[int]:
    try:
        return [int(entry.name) for entry in os.scandir(_PROC) if entry.name.isdigit()]
    except OSError:
        return []


def _parents() -> list[tuple[int, int]]:
    if not _PROC.is_dir():
        return _parents_by_ps()
    pairs = []
    for pid in _pids():
        with contextlib.suppress(OSError):
            # The command in parentheses may hold anything: count from the last ")" (proc(5)).
            stat = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
            pairs.append((pid, int(stat[1])))
    return pairs


def _parents_by_ps() -> list[tuple[int, int]]:
    try:
        listing = subprocess.run(
            ["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, timeout=5, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [(int(pid), int(parent)) for pid, parent in map(str.split, listing.splitlines())]
