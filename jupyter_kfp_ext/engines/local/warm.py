"""Steps forked from a process that has their packages loaded, where `JUPYTER_KFP_WARM=1` says so.

The runner's side of `warm_parent`: it starts that process when a run first has something to run,
and hands it each step that may start so. Every failure means that the step starts as ever, and no
step runs before the runner has it down: the forked process waits for the runner's word.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from zipfile import BadZipFile

from ...runtime.step.cells import KERNEL_ENVIRONMENT
from .processes import MARKER, kill_group
from .room import Seat
from .spec import Task
from .waiting import Waiter

if TYPE_CHECKING:
    from .content_key import Keys

SWITCH = "JUPYTER_KFP_WARM"
_TEXT = Path(__file__).with_name("warm_parent.py")
_ROOM = 4096
"""Bytes that a step's folder may have in its environment: the longest path of Linux."""
_PATIENCE = 60.0
"""Seconds that a fork may take before the step is started as ever."""
_PR_SET_CHILD_SUBREAPER = 36
"""prctl(2): processes whose parent ends become children of this one."""
_CHANGING = frozenset({"environ", "putenv", "unsetenv", "setenv", "env", "set_env"})
"""Words of code that may set variables which a package reads when it is imported."""


class WarmParent:
    """The process that has the packages of one run loaded."""

    def __init__(self, waiter: Waiter, say: Callable[[str], None]) -> None:
        """`say` tells the user something about the run."""
        self._waiter = waiter
        self._say = say
        self._channel: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._begun = False
        self.reason = ""
        """What a step waits for that could start but for this."""

    def begin(
        self, run: Path, bundle: Path, python: str, environment: Mapping[str, str], log: Path
    ) -> None:
        """Start the process, once; `log` gets what goes wrong in it."""
        if self._begun:
            return
        self._begun = True
        ours, theirs = socket.socketpair()
        marker = f"{run}/warm".ljust(_ROOM, "/")
        words = [python, "-u", "-c", _TEXT.read_text(), str(theirs.fileno()), str(bundle)]
        with theirs, open(log, "ab") as output:
            try:
                _adopt_orphans()
                self._process = subprocess.Popen(
                    words,
                    cwd="/",
                    env={**environment, **KERNEL_ENVIRONMENT, MARKER: marker},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    pass_fds=(theirs.fileno(),),
                )
            except OSError as error:
                ours.close()
                self._say(f"Steps start cold: the warm parent could not be started ({error}).")
                return
        self._channel = ours
        self.reason = "packages are loaded that the run imports"
        self._waiter.watch(ours.fileno(), self._read)

    def _read(self) -> None:
        if self._channel is None:
            return
        try:
            data = self._channel.recv(1 << 16)
        except OSError:
            data = b""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            said = json.loads(line)
            self.reason = ""
            self._waiter.forget(self._channel.fileno())
            names = ", ".join(said["ready"]) or "nothing"
            size = f"{said['memory'] / 2**20:.0f} MiB"
            self._say(f"Steps are forked from a warm parent ({size}) with {names}.")
        if not data:
            self.close()
            self._say("Steps start cold: the warm parent has ended.")

    def fork(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        named: Mapping[str, int],
        held: Sequence[int],
        log: IO[bytes],
    ) -> int | None:
        """Return the process id of a step, a session of its own and a child of this process.

        `named`: descriptors whose numbers variables of the environment say; `held`: others that it
        inherits. None where it has to start as ever: nothing of it has run then, nor will.
        """
        if self._channel is None or self.reason or list(command[1:3]) != ["-u", "-c"]:
            return None
        said: dict[str, Any] = {
            "command": list(command),
            "folder": str(folder),
            "environment": dict(environment),
            "named": list(named),
        }
        ours, theirs = socket.socketpair()
        with ours:
            ours.settimeout(_PATIENCE)
            try:
                with theirs:
                    descriptors = [theirs.fileno(), log.fileno(), *named.values(), *held]
                    data = json.dumps(said).encode() + b"\n"
                    sent = socket.send_fds(self._channel, [data], descriptors)
                    self._channel.sendall(data[sent:])
                pid = int(ours.recv(32) or 0)
                if pid:
                    ours.sendall(b"!")
                    return pid
            except OSError:
                pass
        self.close()
        self._say("Steps start cold: the warm parent has ended.")
        return None

    def close(self) -> None:
        """Let the process end; one that still loads is ended, for an import may hang."""
        if self.reason and self._process is not None:
            kill_group(self._process.pid, signal.SIGKILL)
        self.reason = ""
        channel, self._channel = self._channel, None
        if channel is not None:
            self._waiter.forget(channel.fileno())
            channel.close()


def new_warm_parent(waiter: Waiter, say: Callable[[str], None]) -> WarmParent | None:
    """Return one that has not begun, where the user asks for it and the system has it."""
    wanted = os.environ.get(SWITCH, "").strip().lower() in ("1", "true", "yes", "on")
    if not wanted:
        return None
    if sys.platform != "linux":
        say("Steps start cold: a warm parent needs Linux.")
        return None
    return WarmParent(waiter, say)


def warm_for(task: Task, keys: "Keys", seat: Seat, warm: WarmParent | None) -> WarmParent | None:
    """Return what may fork a step: it must not depend on what is set before packages are imported.

    Such are environment variables, and which GPUs it sees.
    """
    if warm is None or seat.env or (task.container and task.container.env):
        return None
    try:
        code = keys.code(task)
    except (OSError, KeyError, BadZipFile):
        return None  # the step itself says it best
    if code is None or code.takes_environment or code.words & _CHANGING:
        return None
    return warm


def _adopt_orphans() -> None:
    import ctypes

    with contextlib.suppress(OSError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
