"""What a file that a step wrote looks like: a picture, a table, JSON, HTML or text.

Files are read as data: nothing in them runs, and only their beginnings are read.
"""

import base64
import csv
import io
import json
from pathlib import Path
from typing import Any

_PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
_LARGEST_PICTURE = 4 << 20
_LARGEST_WHOLE = 256 << 10
"""Bytes of a JSON or HTML file, which is no use in part."""
_BEGINNING = 64 << 10
_ROWS, _COLUMNS, _CELL = 50, 20, 80


def look_at(place: Path) -> dict[str, Any] | None:
    """Return the look of a file (docs/api.md, `Head`); None for one that shows nothing.

    Raises `OSError` where it cannot be read.
    """
    suffix = place.suffix.lower()
    size = place.stat().st_size
    if suffix in _PICTURES:
        if size > _LARGEST_PICTURE:
            return None
        data = base64.b64encode(place.read_bytes()).decode()
        return {"kind": "image", "mime": _PICTURES[suffix], "data": data}
    with place.open("rb") as file:
        beginning = file.read(
            _LARGEST_WHOLE if suffix in (".json", ".html", ".htm") else _BEGINNING
        )
    text = _text(beginning)
    if text is None:
        return None
    complete = len(beginning) == size
    if suffix in (".csv", ".tsv"):
        return _table(text, "\t" if suffix == ".tsv" else ",", complete)
    if complete and suffix in (".html", ".htm"):
        return {"kind": "html", "html": text, "text": "", "complete": True}
    if complete and suffix == ".json":
        try:
            return {"kind": "json", "value": json.loads(text, parse_constant=_refuse)}
        except (ValueError, RecursionError):
            pass
    shown = text[:_BEGINNING]
    return {"kind": "text", "text": shown, "complete": complete and len(shown) == len(text)}


def _text(data: bytes) -> str | None:
    """Return bytes as text; None where they are none. A letter that is cut at the end is left."""
    if b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        return data[: error.start].decode() if error.start >= len(data) - 3 else None


def _refuse(word: str) -> Any:
    """`NaN` and the like: a browser does not read them."""
    raise ValueError(word)


def _table(text: str, delimiter: str, complete: bool) -> dict[str, Any]:
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        return {"kind": "text", "text": text, "complete": complete}
    names, *lines = rows or [[]]
    return {
        "kind": "table",
        # How long it is is only known where all of it was read.
        "rows": len(lines) if complete else None,
        "columns": len(names),
        "names": [each[:_CELL] for each in names[:_COLUMNS]],
        "types": [],
        "index": [],
        "cells": [[each[:_CELL] for each in row[:_COLUMNS]] for row in lines[:_ROWS]],
    }
