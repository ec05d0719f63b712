"""Reading a notebook file: tolerant of what tools leave out, clear about what is no notebook.

nbformat itself is not used: it is heavy to import, validates more than is needed and changes what
it reads. The format: https://nbformat.readthedocs.io/en/latest/format_description.html
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

from ..errors import Code, KfpExtError, Problem
from .notebook import Cell, Notebook

_KINDS = ("code", "markdown", "raw")


def read_notebook(path: Path) -> Notebook:
    """Read a notebook of format 4.0 to 4.5 from disk.

    Raises `KfpExtError`: `notebook-missing` where there is no such file, `notebook-unreadable`
    where it cannot be read or is no notebook.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise KfpExtError(
            Problem(
                Code.NOTEBOOK_MISSING,
                f"There is no notebook {path}.",
                "Check the path, or save the notebook first.",
            )
        ) from error
    except IsADirectoryError as error:
        raise _unreadable(f"{path} is a folder.", "Name a notebook (.ipynb) in it.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _unreadable(f"{path} cannot be read: {reason}.", "Check its permissions.") from error
    return parse_notebook(data, name=path.name, path=str(path.absolute()))


def parse_notebook(
    raw: Mapping[str, Any] | str | bytes, name: str = "notebook", path: str | None = None
) -> Notebook:
    """Return the notebook that JSON (text, bytes or already parsed) describes.

    A missing cell id becomes `cell-<index>`, a repeated one gets a number: ids are unique.
    Raises `KfpExtError` (`notebook-unreadable`).
    """
    content = _parse_json(raw, name) if isinstance(raw, (str, bytes)) else raw
    if not isinstance(content, Mapping):
        raise _no_notebook(name, "it is JSON, but not an object")
    _check_format(content, name)
    entries = content.get("cells")
    if not isinstance(entries, list):
        raise _no_notebook(name, "it has no list of cells")
    metadata = content.get("metadata")
    return Notebook(
        name=name,
        path=path,
        cells=_cells(entries, name),
        metadata=metadata if isinstance(metadata, Mapping) else {},
        raw=content,
    )


def _parse_json(raw: str | bytes, name: str) -> Any:
    remedy = "Restore it from a backup or from version control (a merge may have left marks in it)."
    try:
        text = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw
    except UnicodeDecodeError as error:
        raise _unreadable(f"{name} is not UTF-8 text (byte {error.start}).", remedy) from error
    if not text.strip():
        raise _unreadable(f"{name} is an empty file, not a notebook.", remedy)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _unreadable(
            f"{name} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            remedy,
        ) from error
    except (RecursionError, ValueError) as error:
        # ValueError: a number of more digits than Python reads.
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise _unreadable(f"{name} cannot be read: {reason}.", remedy) from error


def _check_format(content: Mapping[str, Any], name: str) -> None:
    major = content.get("nbformat")
    if major == 4:
        return
    if isinstance(major, int) and not isinstance(major, bool):
        raise _unreadable(
            f"{name} has notebook format {major}; format 4 is needed.",
            "Open it in JupyterLab and save it, or run `jupyter nbconvert --to notebook "
            f"--inplace {name}`."
            if major < 4
            else "Save it as format 4, or update jupyter_kfp_ext.",
        )
    raise _no_notebook(name, "it has no `nbformat` number")


def _cells(entries: list[Any], name: str) -> tuple[Cell, ...]:
    given = [entry.get("id") if isinstance(entry, Mapping) else None for entry in entries]
    taken: set[str] = set()
    reserved = {each for each in given if isinstance(each, str)}
    cells: list[Cell] = []
    number = 0
    for index, entry in enumerate(entries):
        if not isinstance(entry, Mapping) or entry.get("cell_type") not in _KINDS:
            raise _no_notebook(name, f"its cell at position {index + 1} has no known type")
        kind = cast(Literal["code", "markdown", "raw"], entry["cell_type"])
        source = _source(entry.get("source", ""), index, name)
        runs = kind == "code" and bool(source.strip())
        number += runs
        metadata = entry.get("metadata")
        cells.append(
            Cell(
                index=index,
                number=number if runs else None,
                id=_unique_id(given[index], index, taken, reserved),
                kind=kind,
                source=source,
                metadata=metadata if isinstance(metadata, Mapping) else {},
            )
        )
    return tuple(cells)


def _source(value: Any, index: int, name: str) -> str:
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    if not isinstance(value, str):
        raise _no_notebook(name, f"the source of its cell at position {index + 1} is not text")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise _no_notebook(name, f"its cell at position {index + 1} holds half a character")
    # Python reads each line end as one `\n`; so do line numbers here.
    return value.replace("\r\n", "\n").replace("\r", "\n")


def _unique_id(given: object, index: int, taken: set[str], reserved: set[str]) -> str:
    if isinstance(given, str) and given and given not in taken:
        taken.add(given)
        return given
    stem = given if isinstance(given, str) and given else f"cell-{index}"
    found = stem
    count = 2
    while found in taken or found in reserved:
        found = f"{stem}-{count}"
        count += 1
    taken.add(found)
    return found


def _no_notebook(name: str, why: str) -> KfpExtError:
    return _unreadable(f"{name} is not a notebook: {why}.", "Choose a file saved by Jupyter.")


def _unreadable(message: str, remedy: str) -> KfpExtError:
    return KfpExtError(Problem(Code.NOTEBOOK_UNREADABLE, message, remedy))
