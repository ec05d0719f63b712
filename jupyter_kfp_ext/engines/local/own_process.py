"""Starts a module of ours as a process that outlives whoever started it."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from .launch import OF_A_STEP

_PACKAGE_ROOT = Path(__file__).resolve().parents[3]


def start_module(
    module: str, arguments: Iterable[str], descriptors: tuple[int, ...], output: int | IO[bytes]
) -> None:
    """Start a module as a session of its own, which inherits some descriptors.

    Its working folder only makes the package importable from a source tree; it leaves it at once.
    Raises `OSError`.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=_PACKAGE_ROOT,
        env={name: value for name, value in os.environ.items() if name not in OF_A_STEP},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        pass_fds=descriptors,
    )
    # A long-lived parent (server, kernel) must wait for it, or it stays as a zombie.
    threading.Thread(target=process.wait, name=f"{module} {process.pid}", daemon=True).start()
