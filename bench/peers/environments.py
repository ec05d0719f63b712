"""An environment for each peer, built once from the package registry and kept."""

import shutil
import subprocess
import sys
from pathlib import Path

VALUES = ("numpy", "pandas", "pyarrow")
PEERS = {
    "kfp": ("kfp==2.17.*", "pip", *VALUES),
    "kale": ("kubeflow-kale==2.3.*",),
    "elyra": ("elyra==4.1.*",),
    "nbclient": ("nbclient", "papermill", "ipykernel", *VALUES),
}
"""Requirements by the name of the environment."""


class MissingError(Exception):
    """A peer cannot be run here; the text says why."""


def provide(folder: Path, name: str) -> Path:
    """Return the interpreter of a peer's environment; build it where it is not there.

    Raises `MissingError`.
    """
    place = folder / name
    python = place / "bin" / "python"
    done = place / "done"
    if done.exists():
        return python
    shutil.rmtree(place, ignore_errors=True)
    uv = shutil.which("uv")
    print(f"building the environment of {name} ...", file=sys.stderr)
    if uv:
        commands = [[uv, "venv", "-q", "--python", sys.executable, str(place)]]
        commands += [
            [
                uv,
                "pip",
                "install",
                "-q",
                "--compile-bytecode",
                "--python",
                str(python),
                *PEERS[name],
            ]
        ]
    else:
        commands = [[sys.executable, "-m", "venv", str(place)]]
        commands += [[str(python), "-m", "pip", "install", "-q", *PEERS[name]]]
    for command in commands:
        ended = subprocess.run(command, capture_output=True, text=True)
        if ended.returncode:
            raise MissingError(f"not installed: {ended.stderr.strip()[-200:]}")
    done.touch()
    return python


def version(python: Path, distribution: str) -> str:
    """Return the version of a distribution in an environment."""
    code = f"from importlib.metadata import version; print(version({distribution!r}))"
    ended = subprocess.run([str(python), "-c", code], capture_output=True, text=True)
    return ended.stdout.strip() or "?"
