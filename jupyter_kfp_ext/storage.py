"""Where state lives on disk, and the one way to write it: whole or not at all."""

import contextlib
import json
import os
import tempfile
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


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write a file so that a reader sees the old or the new content, never a part.

    Raises `KfpExtError` (`storage-failed`) where the disk is full or not writable.
    """
    content = data.encode() if isinstance(data, str) else data
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _aside(path) as (handle, aside):
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
    except OSError as error:
        raise storage_error(path, error) from error


@contextlib.contextmanager
def _aside(path: Path) -> Iterator[tuple[int, Path]]:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    aside = Path(name)
    try:
        yield handle, aside
    finally:
        aside.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON text, atomically, keys sorted."""
    write_atomically(path, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file; `FileNotFoundError` where there is none."""
    return json.loads(path.read_bytes())


def storage_error(path: Path, error: OSError) -> KfpExtError:
    """Return the error that says which file could not be written, and what to do."""
    return KfpExtError(
        Problem(
            Code.STORAGE_FAILED,
            f"{path} cannot be written: {error.strerror or error}.",
            "Free space or make the folder writable, or set JUPYTER_KFP_HOME to another folder.",
        )
    )
