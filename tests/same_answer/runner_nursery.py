"""Forks runners from a process that has them imported, because importing is most of a short run.

It is handed runs as a runner that waits is (`engines/local/spare.py`), and many of them: what
forked runners give is what those give that are started by themselves (`test_runners_are_real.py`).
"""

import gc
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from jupyter_kfp_ext.engines.local import (
    cleaning,  # noqa: F401 (what a runner loads in the end)
    clock,
    runner,
)

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 64 * 1024


class RunnerNursery:
    """The process that runners are forked from; started with the first run."""

    def __init__(self):
        self._process = self._channel = None

    def hand_over(self, folder, descriptor):
        """Have a runner go on with a run and its held lock, as `spare.hand_over` does."""
        if self._process is None:
            self._start()
        request = json.dumps({"folder": str(folder.path), "env": dict(os.environ)}).encode()
        with open(folder.runner_log, "ab") as log:
            socket.send_fds(self._channel, [request], [descriptor, log.fileno()])
        return True

    def _start(self):
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=ROOT,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    def close(self):
        """End it; runners that live still have their own end."""
        if self._process is not None:
            self._channel.close()
            self._process.wait()
            self._process = None


def serve(channel):
    """Fork a runner for each request until the other side is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended runners leave no zombies
    gc.freeze()  # what forks never look at, they need not copy
    while True:
        said, handed, *_ = socket.recv_fds(channel, LONGEST, 2)
        if not said:
            return
        if not os.fork():
            channel.close()
            become_runner(json.loads(said), *handed)
        for descriptor in handed:
            os.close(descriptor)


def become_runner(request, held, log):
    """Make this process what a new runner would be, and go on with the run in it."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for descriptor, source in ((0, nothing), (1, log), (2, log)):
            os.dup2(source, descriptor)
        os.close(nothing)
        os.close(log)
        os.environ.clear()
        os.environ.update(request["env"])
        clock.look_again()
        status = runner.main([request["folder"], str(held)])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as waiting:
        serve(waiting)
