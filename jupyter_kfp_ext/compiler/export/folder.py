"""The exported project on disk: as a whole or not at all, and never over other people's work."""

import json
import tempfile
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from ...errors import Code, KfpExtError, Problem
from ...storage import storage_error
from .pipeline import BESIDE, OUTPUT

RECORD = "export.json"
"""What was exported: the notebook's name and pipeline, and the hash of each file."""
_MADE = frozenset({OUTPUT, *BESIDE.values()})
"""What `pipeline.py` writes; of an earlier export it is removed, as it would not fit any more."""
_SHOWN = 5


def write_export(files: Mapping[str, bytes], folder: Path, notebook: str, pipeline: str) -> None:
    """Write a project into a folder that is new, empty, or an earlier export of the same notebook.

    It is one where `export.json` says the same names of notebook and pipeline, and each file that
    it lists is as it was exported or gone. Files that it does not list stay. Raises `KfpExtError`:
    `usage` where something else is there, `storage-failed`.
    """
    owner = {"notebook": notebook, "pipeline": pipeline}
    try:
        earlier = _earlier(folder, owner, files)
        is_new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            _replace(folder, earlier, {**files, RECORD: _record(owner, files)})
        except OSError:
            if is_new:
                _remove_empty(folder.parent, folder)
            raise
    except OSError as error:
        raise storage_error(folder, error) from error


def _replace(folder: Path, earlier: tuple[str, ...], files: Mapping[str, bytes]) -> None:
    """Put files in the place of earlier ones, once all of them could be written."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as aside:
        for path, data in files.items():
            _write(Path(aside, path), data)
        for path in (*earlier, *(_MADE if earlier else ())):
            folder.joinpath(path).unlink(missing_ok=True)
        for path in files:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            Path(aside, path).replace(target)
    for path in earlier:
        _remove_empty(folder, folder.joinpath(path).parent)


def _record(owner: Mapping[str, str], files: Mapping[str, bytes]) -> bytes:
    hashes = {path: sha256(data).hexdigest() for path, data in sorted(files.items())}
    return (json.dumps({**owner, "files": hashes}, indent=2) + "\n").encode("ascii")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _earlier(folder: Path, owner: Mapping[str, str], files: Iterable[str]) -> tuple[str, ...]:
    """Return the files of an earlier export in a folder; raises `usage` where others are there."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return ()
    if not folder.is_dir():
        raise _refused(f"{folder} is a file.", "Name a folder.")
    record = _read_record(folder / RECORD)
    if record is None:
        message = f"The folder {folder} is not empty, and not an earlier export."
        raise _refused(message, "Name another folder, or empty this one.")
    if any(record[key] != value for key, value in owner.items()):
        message = f"The folder {folder} holds an export of {record['notebook']}"
        message += f" (pipeline {record['pipeline']})."
        raise _refused(message, "Name another folder, or empty this one.")
    changed = [
        path
        for path, known in record["files"].items()
        if (place := folder / path).exists() and sha256(place.read_bytes()).hexdigest() != known
    ]
    changed += [path for path in files if path not in record["files"] and (folder / path).exists()]
    if changed:
        shown = ", ".join(changed[:_SHOWN])
        more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        message = f"Files in {folder} were changed or added since the export: {shown}{more}."
        raise _refused(message, "Name another folder, or remove what is not needed any more.")
    return (*record["files"], RECORD)


def _read_record(path: Path) -> dict[str, Any] | None:
    """Return what an earlier export says of itself; None where that is no export of ours."""
    try:
        found = json.loads(path.read_bytes())
        files = found["files"]
        inside = all(
            ".." not in Path(each).parts and not Path(each).is_absolute() for each in files
        )
        if isinstance(files, dict) and inside and {"notebook", "pipeline"} <= found.keys():
            return dict(found)
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        pass
    return None


def _refused(message: str, remedy: str) -> KfpExtError:
    return KfpExtError(Problem(Code.USAGE, message, remedy))


def _remove_empty(top: Path, folder: Path) -> None:
    """Remove a folder and those around it, as far as nothing is left in them."""
    while folder != top and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
