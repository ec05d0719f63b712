"""The command line as a process of its own, as a user's shell calls it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Called:
    """What a call of the command line gave."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


def kfp_command(*args):
    return [sys.executable, "-m", "jupyter_kfp_ext.cli", *map(str, args)]


def call_kfp(*args, cwd, limit=300, **env):
    """Call `jupyter kfp ...` and return what it gave; `limit` in seconds is for what hangs."""
    done = subprocess.run(
        kfp_command(*args),
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=limit,
    )
    return Called(done.returncode, done.stdout, done.stderr)
