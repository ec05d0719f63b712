"""Fill an environment: uv where there is one, pip otherwise or where uv cannot.

pip sees what the kernel's environment has and leaves it alone. uv looks at the new environment
only, so it is asked which versions it would take, with those of the kernel as its preference, and
installs what is not there already.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .environments import Environment
from .installed import look_into

Say = Callable[[str], None]

_DROPPED = (
    *("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON"),
    *("UV_SYSTEM_PYTHON", "UV_PYTHON", "UV_TARGET", "UV_PREFIX", "VIRTUAL_ENV", "CONDA_PREFIX"),
)
"""Settings that would put the packages elsewhere."""


class InstallError(Exception):
    """The packages could not be installed; the text is what the installer said last."""


def fill(environment: Environment, say: Say) -> str:
    """Install the packages of a new environment; return what installed them.

    `say` gets each line of the installer. Raises `InstallError`.
    """
    uv = find_uv()
    if uv is not None:
        try:
            _by_uv(uv, environment, say)
            return "uv"
        except InstallError as error:
            # It knows neither pip's configuration nor all of its addresses.
            say(str(error))
            if not _pip(environment):
                raise
            say("uv could not install them; now pip")
    pip = _pip(environment)
    if not pip:
        raise InstallError(
            "There is neither uv nor pip: not on PATH, not beside the kernel's interpreter."
        )
    _call([*pip, "install", "--no-input", *environment.packages], say)
    return "pip"


def find_uv() -> str | None:
    """Return the path of uv: on `PATH`, or beside the interpreter that this process runs with."""
    return shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))


def _pip(environment: Environment) -> list[str]:
    """Return how pip is called for an environment; empty where there is none."""
    if "pip" in environment.parent.versions:
        return [str(environment.python), "-m", "pip"]
    if "pip" in look_into(sys.executable).versions:
        return [sys.executable, "-m", "pip", "--python", str(environment.python)]
    return []


def _by_uv(uv: str, environment: Environment, say: Say) -> None:
    wanted = environment.path / "wanted.txt"
    chosen = environment.path / "chosen.txt"
    wanted.write_text("".join(f"{each}\n" for each in environment.packages))
    known = environment.parent.versions
    chosen.write_text("".join(f"{name}=={known[name]}\n" for name in known if known[name]))
    python = ["--python", str(environment.python)]
    compile_ = [uv, "pip", "compile", "--quiet", "--no-header", "--no-annotate", *python]
    _call([*compile_, "--output-file", str(chosen), str(wanted)], say)
    fresh = [line for line in chosen.read_text().splitlines() if not _is_there(line, environment)]
    if fresh:
        chosen.write_text("".join(f"{each}\n" for each in fresh))
        _call([uv, "pip", "install", *python, "--no-deps", "--requirements", str(chosen)], say)


def _is_there(line: str, environment: Environment) -> bool:
    name, separator, version = line.partition("==")
    return bool(separator) and environment.parent.versions.get(name.strip()) == version.strip()


def _call(command: Sequence[str], say: Say) -> None:
    env = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    env |= {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "NO_COLOR": "1"}
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=env,
    ) as process:
        said = []
        for line in process.stdout or ():
            said.append(line)
            say(line.rstrip())
    if process.returncode:
        raise InstallError(last_words(said) or f"It ended with exit code {process.returncode}.")


_WORDS = 2000
"""Letters of an installer's output that an error holds."""
_AGAIN = "WARNING: Retrying ("


def last_words(said: Sequence[str]) -> str:
    """Return the end of what an installer said; of the tries of pip to connect only the last."""
    tries = [line for line in said if line.startswith(_AGAIN)]
    kept = [line for line in said if not line.startswith(_AGAIN) or line is tries[-1]]
    return "".join(kept).strip()[-_WORDS:]
