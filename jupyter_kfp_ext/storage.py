"""Where state lives on disk, and the one way to write it: whole or not at all."""

import contextlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import Code, KfpExtError, Problem


def home() -> Path:
    """Return the folder that holds runs and bundles.

    `JUPYTER_KFP_HOME` overrides it; otherwise it is `kfp` in the Jupyter data directory
    (https://docs.jupyter.org/en/stable/use/jupyter-directories.html).
    """
    override = os.environ.get("JUPYTER_KFP_HOME")
    if override:
        return Path(override).expanduser().absolute()
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "kfp"


def config_folder() -> Path:
    """Return the folder of what the user set up: connections.

    It is `kfp` in the Jupyter configuration directory, or `config` in a home of the user's choice
    (`JUPYTER_KFP_HOME`).
    """
    if os.environ.get("JUPYTER_KFP_HOME"):
        return home() / "config"
    from jupyter_core.paths import jupyter_config_dir

    return Path(jupyter_config_dir()) / "kfp"


def write_atomically(path: Path, data: bytes | str, *, private: bool = True) -> None:
    """Write a file so that a reader sees the old or the new content, never a part.

    `private`: only the user can read it (runs may hold secrets). Otherwise it is a file that the
    user asked for: it gets the usual permissions, or keeps those that it has, and where a link
    leads to it, the link stays. Raises `KfpExtError` (`storage-failed`) where the disk is full or
    not writable.
    """
    content = data.encode() if isinstance(data, str) else data
    try:
        if not private:
            path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        with _aside(path, 0o600 if private else 0o666) as (handle, aside):
            with os.fdopen(handle, "wb") as file:
                if not private and path.exists():
                    os.fchmod(handle, stat.S_IMODE(path.stat().st_mode))
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
    except OSError as error:
        raise storage_error(path, error) from error


@contextlib.contextmanager
def _aside(path: Path, mode: int) -> Iterator[tuple[int, Path]]:
    # Not by `tempfile`, whose files leave the user's umask out of account.
    aside = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        yield handle, aside
    finally:
        aside.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON text on one line, atomically, keys sorted.

    ASCII: the name of a file need not be text, and then holds what UTF-8 has no form for. On one
    line: Python writes that by its C code, which takes a tenth of the time for a pipeline.
    """
    write_atomically(path, json.dumps(value, sort_keys=True) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file; `FileNotFoundError` where there is none."""
    return json.loads(path.read_bytes())


def storage_error(path: Path, error: OSError) -> KfpExtError:
    """Return the error that says which file could not be written, and what to do."""
    return KfpExtError(
        Problem(
            Code.STORAGE_FAILED,
            f"{path} cannot be written: {error.strerror or error}.",
            "Free space or make the folder writable"
            + (", or set JUPYTER_KFP_HOME to another folder." if home() in path.parents else "."),
        )
    )
