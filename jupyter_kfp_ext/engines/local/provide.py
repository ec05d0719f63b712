"""Builds the environment of a step, then becomes the step.

`python -m jupyter_kfp_ext.engines.local.provide FOLDER ENVIRONMENT COMMAND...`: the step's process
from its beginning, so cancel, timeout and a lost runner end the installer as they end the step.
The first word says in which folder the step runs.
"""

import contextlib
import fcntl
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import traceback
from dataclasses import asdict
from pathlib import Path

from ...errors import Code
from ...storage import write_json
from ..model import StepError
from . import outcome
from .environments import Environment, clear, open_lock, remove_older
from .installers import InstallError, fill

_TOLD = ("Collecting", "Downloading", "Building", "Installing", "Resolved", "Prepared", "Using")
"""How lines begin that tell how far an installer is; others are for the log alone."""


def main(argv: list[str]) -> int:
    """Provide the environment and go on as the command; returns only where that fails."""
    folder, environment, command = argv[0], Environment.from_text(argv[1]), argv[2:]
    _end_with_runner()
    descriptor = open_lock(environment.path)
    try:
        _provide(environment, descriptor)
    except (InstallError, OSError, subprocess.SubprocessError) as error:
        _fail(environment, error)
        return 1
    _tell("")
    try:
        os.chdir(folder)
        os.set_inheritable(descriptor, True)
        os.execvp(command[0], command)  # noqa: S606 - the step itself
    except OSError as error:
        _leave_word(outcome.cannot_start(error))
    return 1


def _provide(environment: Environment, descriptor: int) -> None:
    """Return with a complete environment, held."""
    while True:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if environment.ready:
            os.utime(descriptor)
            return
        # Two that ask for the sole lock while both share it would each wait for the other.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _tell(f"waits for another step that installs {_named(environment)}")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not environment.ready:
            _build(environment)


def _build(environment: Environment) -> None:
    clear(environment.path)
    if environment.packages:
        _tell(f"installing {_named(environment)}")
    make(environment)
    by = _fill(environment) if environment.packages else ""
    parent = {"python": environment.parent.python, "version": environment.parent.version}
    write_json(environment.record, {**parent, "packages": environment.packages, "installer": by})


def _fill(environment: Environment) -> str:
    names = _named(environment)

    def say(line: str) -> None:
        _say(line)
        if line.startswith(_TOLD):
            _tell(f"installing {names}: {line[:_LINE]}")

    _say(f"[installing {names}]")
    by = fill(environment, say)
    remove_older(environment)
    _say(f"[installed {names}]\n")
    return by


def make(environment: Environment) -> None:
    """Make an empty environment on top of its parent's."""
    path = environment.path
    subprocess.run(
        [environment.parent.python, "-m", "venv", "--without-pip", str(path)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    for name in ("pip", "pip3"):
        # The kernel's own `pip` would install into the kernel's environment.
        script = path / "bin" / name
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(str(environment.python))} -m pip "$@"\n')
        script.chmod(0o755)
    for site in path.glob("lib/*/site-packages"):
        # A `.pth` file, so that those of the parent (packages installed to be edited) count too.
        folders = list(environment.parent.sites)
        line = f"import site; list(map(site.addsitedir, {folders!a}))\n"
        (site / "kfp_inherited.pth").write_text(line)


_LINE = 120
"""Letters of an installer's line that a reason shows."""


def _named(environment: Environment) -> str:
    return ", ".join(environment.packages)


def _say(line: str) -> None:
    print(line, flush=True)


def _tell(reason: str) -> None:
    """Tell the runner what the step is busy with."""
    line = json.dumps({"event": "reason", "text": reason}).encode() + b"\n"
    with contextlib.suppress(OSError, ValueError, KeyError):
        os.write(int(os.environ["KFP_CELLS_FD"]), line)


def _fail(environment: Environment, error: Exception) -> None:
    words = str(error)
    if isinstance(error, subprocess.CalledProcessError) and error.stdout:
        words = error.stdout.decode(errors="replace").strip()
    if not isinstance(error, InstallError):
        traceback.print_exc()
    what = f"packages {_named(environment)}" if environment.packages else "step's own environment"
    _leave_word(
        StepError(
            Code.STEP_FAILED.value,
            f"The {what} cannot be installed:\n{words}",
            remedy="Check the names in the step's `packages`, and whether this machine can reach "
            "the package index; the step's log has all that the installer said.",
        )
    )


def _leave_word(error: StepError) -> None:
    text = json.dumps({"v": 1, "error": asdict(error)})
    Path(os.environ["KFP_TERMINATION_LOG"]).write_text(text)


def _end_with_runner() -> None:
    """End the process group when the pipe to the runner closes: no installer is left behind."""
    number = os.environ.get("KFP_PARENT_FD", "")
    if not number.isdigit():
        return

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(int(number), 1):
                pass
            os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
