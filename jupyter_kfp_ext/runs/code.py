"""What code a run ran, what changed since, and that code in a folder again."""

import difflib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engines.local.layout import bundle_path, run_folder
from ..engines.local.status import read_record
from ..errors import Code, KfpExtError, Problem
from ..notation.notebook import Notebook
from ..notation.reader import parse_notebook, read_notebook
from ..storage import home as default_home
from ..storage import read_json, storage_error, write_atomically

_PARENT = "@parent"


@dataclass(frozen=True)
class Change:
    """How one file or cell differs from what a run ran."""

    kind: str
    """`changed`, `added` or `removed`."""
    what: str
    """`file` or `cell`."""
    name: str
    """Path in the bundle, or number of the cell (as it is now; of a removed one, as it was)."""
    diff: str
    """The lines that differ, as a unified diff; empty for what is no text."""


def code_of_run(run_id: str, home: Path | None = None) -> dict[str, Any]:
    """Return the code of a run (docs/api.md, `Code`).

    Raises `KfpExtError` (`run-missing`) where the run says nothing of its code.
    """
    try:
        found: dict[str, Any] = read_json(run_folder(home or default_home(), run_id).code)
    except (OSError, ValueError):
        raise KfpExtError(
            Problem(
                Code.RUN_MISSING,
                f"The run {run_id} does not say what code it ran.",
                "It was started by an earlier version, or is damaged. Run the notebook again.",
            )
        ) from None
    return found


def code_now(notebook: Notebook, split: str | None = None) -> dict[str, Any]:
    """Return the code that a run of a notebook would have now (docs/api.md, `Code`).

    Of a notebook with errors, which cannot run, what was found of its files.
    """
    from ..compiler.code_record import code_record, found_code
    from .chain import build, find_code

    try:
        return code_record(build(notebook, split))
    except KfpExtError:
        return found_code(*find_code(notebook, split))


def changes_since(run_id: str, home: Path | None = None) -> tuple[Change, ...]:
    """Return how the notebook and the files of its steps differ now from what a run ran.

    Raises `KfpExtError`: `run-missing`, and whatever reading and compiling the notebook raises.
    """
    from .chain import build

    home = home or default_home()
    code = code_of_run(run_id, home)
    folder = run_folder(home, run_id)
    record = read_record(folder)
    if record.notebook is None:
        raise KfpExtError(
            Problem(Code.NOTEBOOK_MISSING, f"The notebook of the run {run_id} was never saved.")
        )
    notebook = read_notebook(Path(record.notebook))
    now = build(notebook, record.split)
    before = parse_notebook(read_json(folder.notebook), name=notebook.name, path=notebook.path)
    sources = {each.id: each.source for each in before.cells if each.kind == "code"}
    cells = {each.id: each.source for each in notebook.cells if each.kind == "code"}
    numbers = {each.id: str(each.number or each.id) for each in (*before.cells, *notebook.cells)}
    hashes = {each["path"]: each["sha256"] for each in code["files"]}
    old = _contents(bundle_path(home, code["bundle"]), hashes)
    return (
        *_differences("cell", _as_bytes(sources), _as_bytes(cells), numbers),
        *_differences("file", old, now.code.files),
    )


def files_between(first: str, second: str, home: Path | None = None) -> tuple[Change, ...]:
    """Return how the files of the steps differ between two runs, as they were run.

    Raises `KfpExtError` (`run-missing`) where the code of one of them is not known any more.
    """
    home = home or default_home()
    contents = []
    for run_id in (first, second):
        code = code_of_run(run_id, home)
        paths = [each["path"] for each in code["files"]]
        contents.append(_contents(bundle_path(home, code["bundle"]), paths))
    before, after = contents
    return tuple(_differences("file", before, after))


def restore(run_id: str, target: Path, home: Path | None = None) -> tuple[Path, ...]:
    """Write the notebook and the files of a run into a new folder, as they lay to each other.

    Returns the files. Raises `KfpExtError`: `run-missing`, `usage` where the folder has something
    in it, `storage-failed`.
    """
    home = home or default_home()
    code = code_of_run(run_id, home)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise KfpExtError(
            Problem(
                Code.USAGE,
                f"The folder {target.name} is there already and not empty.",
                "Name a new folder.",
            )
        )
    record = read_record(run_folder(home, run_id))
    contents = _contents(
        bundle_path(home, code["bundle"]), [each["path"] for each in code["files"]]
    )
    up = max((path.split("/").count(_PARENT) for path in contents), default=0)
    names = Path(record.folder or "notebook").parts[-up:] if up else ()
    beside = target.joinpath(*names)
    written = [beside / (Path(record.notebook).name if record.notebook else "notebook.ipynb")]
    text = json.dumps(read_json(run_folder(home, run_id).notebook), indent=1, ensure_ascii=False)
    write_atomically(written[0], f"{text}\n", private=False)
    for path, content in contents.items():
        place = _place(beside, target, path)
        write_atomically(place, content, private=False)
        written.append(place)
    return tuple(written)


def _place(beside: Path, target: Path, path: str) -> Path:
    parts = path.split("/")[1:]
    up = parts.count(_PARENT)
    if parts[0].startswith("@") and not up:
        return target.joinpath(*parts)  # of a folder far away from the notebook
    base = beside.parents[up - 1] if up else beside
    return base.joinpath(*parts[up:])


def _contents(bundle: Path, paths: Any) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(bundle) as archive:
            return {path: archive.read(path) for path in paths}
    except FileNotFoundError:
        raise KfpExtError(
            Problem(
                Code.RUN_MISSING,
                f"The code {bundle.stem[:16]} of the run is not kept here any more.",
                "It was removed by `jupyter kfp clean`.",
            )
        ) from None
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise storage_error(bundle, OSError(0, str(error))) from error


def _as_bytes(texts: Mapping[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in texts.items()}


def _differences(
    what: str,
    before: Mapping[str, bytes],
    now: Mapping[str, bytes],
    names: Mapping[str, str] | None = None,
) -> Iterator[Change]:
    for key in dict.fromkeys([*before, *now]):
        name = names[key] if names else key
        if key not in now:
            yield Change("removed", what, name, _diff(name, before[key], b""))
        elif key not in before:
            yield Change("added", what, name, _diff(name, b"", now[key]))
        elif before[key] != now[key]:
            yield Change("changed", what, name, _diff(name, before[key], now[key]))


def _diff(name: str, before: bytes, now: bytes) -> str:
    try:
        old, new = before.decode().splitlines(), now.decode().splitlines()
    except UnicodeDecodeError:
        return ""
    return "\n".join(difflib.unified_diff(old, new, name, name, "run", "now", lineterm=""))
