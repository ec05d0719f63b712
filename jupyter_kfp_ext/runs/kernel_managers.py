"""Kernels that no file describes: asked of Jupyter's own manager, or of what starts them.

Managers such as nb_conda_kernels find kernels in conda environments, and start them by a program
that prepares the environment first.
"""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import Code, KfpExtError, Problem

_PATIENCE = 120
"""Seconds; activating a conda environment takes some on a busy machine."""
_SHELLS_OWN = frozenset({"_", "SHLVL", "PWD", "OLDPWD"})
_MARK = "kfp-kernel:"
_QUESTION = f"""
import json, os, sys
print({_MARK!r} + json.dumps([sys.executable, dict(os.environ)]))
"""


def ask_launcher(
    name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
) -> tuple[str, dict[str, str]]:
    """Return interpreter and variables of a kernel that another program starts.

    `command` is the kernel's up to its interpreter, which is asked instead of the kernel.
    `environment` are the variables of the kernel's specification, `folder` is where the kernel is
    started (the notebook's). Raises `KfpExtError` (`kernel-missing`).
    """
    before = {**os.environ, **environment}
    try:
        done = subprocess.run(
            [*command, "-c", _QUESTION],
            env=before,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
        )
        said = [line for line in done.stdout.splitlines() if line.startswith(_MARK)]
        if not said:
            raise ValueError(done.stderr.strip()[-500:] or f"exit code {done.returncode}")
        python, after = json.loads(said[-1].removeprefix(_MARK))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise KfpExtError(
            Problem(
                Code.KERNEL_MISSING,
                f"The interpreter of the kernel '{name}' cannot be found: {error}",
                "Start the kernel once in JupyterLab, mend what fails there, and run again.",
            )
        ) from error
    changed = {
        key: value
        for key, value in after.items()
        if os.environ.get(key) != value and key not in _SHELLS_OWN
    }
    return python, changed


def ask_manager(name: str) -> dict[str, Any] | None:
    """Return the specification that Jupyter's configured manager of kernels has for a name.

    None where no manager is configured, or it has none. Raises `KfpExtError` (`kernel-missing`)
    where it cannot be asked.
    """
    config = _configuration()
    named = [config[each].get("kernel_spec_manager_class") for each in _SECTIONS if each in config]
    kinds = [each for each in named if isinstance(each, str | type)]
    if not kinds:
        return None
    from jupyter_client.kernelspec import NoSuchKernel
    from traitlets.utils.importstring import import_item

    try:
        kind = import_item(kinds[0]) if isinstance(kinds[0], str) else kinds[0]
        spec = kind(config=config).get_kernel_spec(name)
    except NoSuchKernel:
        return None
    except Exception as error:
        raise KfpExtError(
            Problem(
                Code.KERNEL_MISSING,
                f"The kernel '{name}' cannot be looked up: {kinds[0]} failed "
                f"({type(error).__name__}: {error}).",
                "Mend `kernel_spec_manager_class` in Jupyter's configuration, "
                "or choose another kernel for the notebook.",
            )
        ) from error
    return {**spec.to_dict(), "resource_dir": spec.resource_dir}


_SECTIONS = ("ServerApp", "LabApp", "NotebookApp", "JupyterApp")
"""Where the manager may be set; the first counts."""
_STEMS = (
    *("jupyter_config", "jupyter_notebook_config"),
    *("jupyter_server_config", "jupyter_lab_config"),
)


def _configuration() -> Any:
    """Return Jupyter's configuration, as a server of this user reads it from its files."""
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config.loader import Config

    config = Config()
    for folder in reversed(jupyter_config_path()):
        for stem in _STEMS:
            for suffix in (".py", ".json"):
                path = Path(folder, f"{stem}{suffix}")
                if path.is_file():
                    config.merge(_read(path))
    return config


def _read(path: Path) -> Any:
    from traitlets.config.loader import JSONFileConfigLoader, PyFileConfigLoader

    kind = PyFileConfigLoader if path.suffix == ".py" else JSONFileConfigLoader
    try:
        return kind(path.name, path=str(path.parent)).load_config()
    except Exception as error:
        raise KfpExtError(
            Problem(
                Code.KERNEL_MISSING,
                f"Jupyter's configuration {path} cannot be read: {error}.",
                "Mend that file: it may say where the notebook's kernel is.",
            )
        ) from error
