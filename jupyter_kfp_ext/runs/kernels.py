"""With what a notebook's steps run: interpreter and variables of the kernel that it names.

Reads the `kernel.json` files itself, as `jupyter_client` does, because importing `jupyter_client`
takes longer than everything else that submitting does. Only a kernel that no file describes is
asked of the manager that Jupyter is configured with.
https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs
"""

import json
import os
import re
import shutil
import string
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import Code, KfpExtError, Problem
from ..notation.notebook import Notebook

NATIVE_KERNEL = "python3"
"""`jupyter_client` offers this one wherever it runs, with or without a `kernel.json`."""

_PYTHON = re.compile(r"(python|pypy)[0-9.]*w?(\.exe)?", re.IGNORECASE)


@dataclass(frozen=True)
class Kernel:
    """What a notebook's kernel runs with, and so its steps."""

    python: str
    """Its interpreter, absolute."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that its specification, or what it is started by, sets."""


def find_kernel(notebook: Notebook, python: str | None = None) -> Kernel:
    """Return interpreter and variables for the notebook's steps.

    `python` overrides the interpreter that the notebook says. A notebook without a kernel gets
    the one that this process runs with. Raises `KfpExtError`: `kernel-missing` where the kernel
    or its interpreter is not installed, `kernel-language` where it is not a Python kernel.
    """
    if python is not None:
        remedy = "Give the path of a Python that exists."
        return Kernel(_existing(python, "The interpreter", remedy))
    name = _kernel_name(notebook)
    if name is None:
        return Kernel(sys.executable)
    specs = installed_kernels()
    if name.lower() in specs:
        folder = specs[name.lower()]
        return _kernel_of(notebook, name, _read_spec(name, folder), folder, specs)
    if name == NATIVE_KERNEL:
        return Kernel(sys.executable)
    from .kernel_managers import ask_manager

    spec = ask_manager(name)
    if spec is None:
        raise KfpExtError(_missing(name, specs))
    return _kernel_of(notebook, name, spec, Path(spec.get("resource_dir") or ""), specs)


def installed_kernels() -> dict[str, Path]:
    """Return the installed kernels: lower-case name to folder, the first found of a name."""
    from jupyter_core.paths import jupyter_path

    found: dict[str, Path] = {}
    for folder in map(Path, jupyter_path("kernels")):
        for name, place in _kernels_in(folder):
            found.setdefault(name, place)
    return found


def _kernels_in(folder: Path) -> Iterator[tuple[str, Path]]:
    try:
        places = sorted(folder.iterdir())
    except OSError:
        return
    for place in places:
        if (place / "kernel.json").is_file():
            yield place.name.lower(), place


def _kernel_name(notebook: Notebook) -> str | None:
    spec = notebook.metadata.get("kernelspec")
    name = spec.get("name") if isinstance(spec, dict) else None
    return name if isinstance(name, str) and name else None


def _read_spec(name: str, folder: Path) -> dict[str, Any]:
    try:
        spec = json.loads((folder / "kernel.json").read_bytes())
        if not isinstance(spec, dict):
            raise ValueError("it is not an object")
    except (OSError, ValueError) as error:
        raise KfpExtError(
            Problem(
                Code.KERNEL_MISSING,
                f"The kernel '{name}' is damaged: {folder / 'kernel.json'}: {error}.",
                "Install the kernel again, or choose another one for the notebook.",
            )
        ) from error
    return spec


def _kernel_of(
    notebook: Notebook, name: str, spec: dict[str, Any], folder: Path, specs: dict[str, Path]
) -> Kernel:
    language = str(spec.get("language") or "python")
    if language.lower() != "python":
        raise KfpExtError(
            Problem(
                Code.KERNEL_LANGUAGE,
                f"The notebook's kernel '{name}' is a {language} kernel; "
                "only Python notebooks become pipelines.",
                "Choose a Python kernel for the notebook.",
            )
        )
    environment = _variables(spec)
    argv = [_filled_in(each, folder) for each in spec.get("argv") or () if isinstance(each, str)]
    command = _before_the_kernel(argv)
    if len(command) == 1 and _PYTHON.fullmatch(Path(command[0]).name):
        python = _resolved(name, command[0])
        if not _is_script(python):
            return Kernel(python, environment)
        command = [python]  # a shim, as of pyenv, which looks at the folder where it is started
    if command:
        # Something else starts the interpreter: `env`, `conda run`, a script that activates it.
        from .kernel_managers import ask_launcher

        place = None if notebook.path is None else Path(notebook.path).parent
        return Kernel(*ask_launcher(name, command, environment, place))
    raise KfpExtError(
        Problem(
            Code.KERNEL_MISSING,
            f"The kernel '{name}' does not start a Python interpreter by its path, "
            "so its steps cannot be started without it.",
            _choose(specs),
        )
    )


def _before_the_kernel(argv: list[str]) -> list[str]:
    """Return the words that start the interpreter; none where they cannot be told."""
    for n, word in enumerate(argv[:-1]):
        if n and word == "-m" and argv[n + 1].partition(".")[0].startswith("ipykernel"):
            return argv[:n]
    interpreters = [n for n, word in enumerate(argv) if _PYTHON.fullmatch(Path(word).name)]
    return argv[: interpreters[-1] + 1] if interpreters else []


def _is_script(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False  # a program that only may be run


def _filled_in(word: str, folder: Path) -> str:
    return word.replace("{resource_dir}", str(folder)).replace("{prefix}", sys.prefix)


def _variables(spec: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables of a specification; `${NAME}` in them is this process's variable."""
    env = spec.get("env")
    return {
        name: string.Template(value).safe_substitute(os.environ)
        for name, value in (env if isinstance(env, dict) else {}).items()
        if isinstance(value, str)
    }


def _resolved(name: str, word: str) -> str:
    if Path(word).is_absolute():
        return _existing(word, f"The interpreter of the kernel '{name}'", _choose({}))
    # A bare `python`, `python3` or `python3.11` means "the one I run in", as jupyter_client reads
    # it (KernelManager.format_kernel_cmd); another bare word is looked up as a shell would.
    major, minor = sys.version_info[:2]
    if word in {"python", f"python{major}", f"python{major}.{minor}"}:
        return sys.executable
    return _existing(shutil.which(word) or word, f"The interpreter of '{name}'", _choose({}))


def _existing(python: str, what: str, remedy: str) -> str:
    path = shutil.which(python)
    if path is None:
        raise KfpExtError(
            Problem(Code.KERNEL_MISSING, f"{what}, {python}, does not exist.", remedy)
        )
    return str(Path(path).absolute())


def _missing(name: str, specs: dict[str, Path]) -> Problem:
    return Problem(
        Code.KERNEL_MISSING,
        f"The notebook's kernel '{name}' is not installed here.",
        _choose(specs),
    )


def _choose(specs: dict[str, Path]) -> str:
    names = ", ".join(sorted({*specs, NATIVE_KERNEL}))
    listed = f" Installed: {names}." if specs else ""
    return f"Choose an installed kernel for the notebook, or install this one.{listed}"
