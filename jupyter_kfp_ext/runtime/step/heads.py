"""Writes what a value looks like beside it, `heads.json`, so that nobody unpickles it to look.

Only the beginnings of values, made from what their libraries show; methods of the notebook's own
classes are not called. It is no part of what a value is: keys of caches do not count it.
"""

from __future__ import annotations

import os
import reprlib

from .atoms import is_atom
from .jsontext import dumps
from .summaries import summary, type_name

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

ROWS, COLUMNS = 10, 20
"""Of a table."""
_TEXT, _CELL = 4000, 80
"""Characters of a text, and of what stands in a table."""
_NODES = 400
"""Values within a dict or list that is kept as JSON."""
_MARKUP = 100_000
"""Characters of HTML, and bytes of a picture, beyond which there is none."""
_PIXELS = 320
_SHORT = 1_000_000
"""Bytes up to which any value is asked for its text."""
_TERSE = (
    *("numpy", "pandas", "polars", "pyarrow", "torch", "scipy", "sklearn", "xgboost", "lightgbm"),
    *("catboost", "xarray", "networkx", "tensorflow", "keras", "statsmodels"),
)
"""Packages whose values have short texts, however large they are."""


def write_heads(folder: str, values: Mapping[str, Any], sizes: Mapping[str, int]) -> None:
    """Write `heads.json` into an artifact's folder, for those values that have something to show.

    `sizes` are bytes, by name. What fails is left out: a look at a value never fails a step.
    """
    heads = {}
    for name, value in values.items():
        if name[0] == "@" or (is_atom(value) and type(value) is not str):
            continue
        try:
            head = head_of(value, sizes[name])
            if head:
                dumps(head)
                heads[name] = head
        except Exception:  # noqa: S112 - a library's own trouble with showing its value
            continue
    if heads:
        text = dumps({"version": 1, "names": heads})
        try:
            with open(os.path.join(folder, "heads.json"), "wb") as file:
                file.write(text.encode())
        except OSError:
            return


def head_of(value: Any, size: int) -> dict[str, Any] | None:
    """Return what a value looks like: a table, a picture, JSON, HTML or text; None for nothing.

    Raises whatever the value's library raises.
    """
    if isinstance(value, str):
        return {"kind": "text", "text": value[:_TEXT], "complete": len(value) <= _TEXT}
    if type(value) in (dict, list, tuple, set, frozenset):
        left = [_NODES]
        if type(value) in (dict, list) and _is_json(value, left):
            return {"kind": "json", "value": value}
        return _text(_repr(value))
    kind = type(value)
    package = kind.__module__.partition(".")[0]
    if package == "__main__":
        return _attributes(value)
    table = _table(value, package)
    if table:
        return table
    picture = _picture(value, package)
    if picture:
        return {"kind": "image", "mime": "image/png", "data": picture}
    if size > _SHORT and package not in _TERSE:
        return None
    text = _text(repr(value))
    markup = getattr(value, "_repr_html_", None)
    html = markup() if markup and package in _TERSE else None
    if isinstance(html, str) and len(html) <= _MARKUP:
        return {**text, "kind": "html", "html": html}
    return text


def _text(text: str) -> dict[str, Any]:
    return {"kind": "text", "text": text[:_TEXT], "complete": len(text) <= _TEXT}


def _repr(value: Any) -> str:
    short = reprlib.Repr()
    short.maxlist = short.maxtuple = short.maxdict = short.maxset = short.maxfrozenset = 50
    short.maxstring = short.maxother = short.maxlong = 200
    return short.repr(value)


def _is_json(value: Any, left: list[int]) -> bool:
    """Whether a value is what JSON has, and small."""
    left[0] -= 1
    if left[0] < 0:
        return False
    kind = type(value)
    if kind is float:
        return bool(value == value and abs(value) != float("inf"))
    if kind is str:
        return bool(len(value) <= _TEXT)
    if kind is list:
        return all(_is_json(each, left) for each in value)
    if kind is dict:
        return all(type(key) is str and _is_json(each, left) for key, each in value.items())
    return value is None or kind in (bool, int)


def _attributes(value: Any) -> dict[str, Any] | None:
    """Return what an instance of the notebook's own class holds, without running its code."""
    held = getattr(value, "__dict__", None)
    if type(held) is not dict or not held:
        return None
    lines = []
    for name, each in list(held.items())[:50]:
        lines.append(f"{name}: {type_name(each)} {summary(each)}".rstrip())
    return _text("\n".join(lines))


def _table(value: Any, package: str) -> dict[str, Any] | None:
    kind = type(value).__name__
    if package == "pandas" and kind in ("DataFrame", "Series"):
        frame = value.to_frame() if kind == "Series" else value
        head = frame.iloc[:ROWS, :COLUMNS]
        return _as_table(
            frame.shape,
            list(head.columns),
            list(head.dtypes),
            list(head.index),
            head.itertuples(index=False, name=None),
        )
    if package == "polars" and kind == "DataFrame":
        head = value[:ROWS, :COLUMNS]
        return _as_table(value.shape, head.columns, head.dtypes, [], head.iter_rows())
    if package == "pyarrow" and kind == "Table":
        head = value.slice(0, ROWS).select(list(range(min(COLUMNS, value.num_columns))))
        rows = zip(*(column.to_pylist() for column in head.columns))
        return _as_table(value.shape, head.column_names, head.schema.types, [], rows)
    if package == "numpy" and kind == "ndarray" and value.ndim in (1, 2) and not value.dtype.names:
        head = value[:ROWS] if value.ndim == 1 else value[:ROWS, :COLUMNS]
        rows = head.reshape(len(head), -1) if len(head) else []
        shape = value.shape if value.ndim == 2 else (value.shape[0], 1)
        count = min(shape[1], COLUMNS)
        table = _as_table(shape, range(count), [value.dtype] * count, range(len(head)), rows)
        return {**table, "shape": list(value.shape)}
    return None


def _as_table(shape: Any, names: Any, types: Any, index: Any, rows: Any) -> dict[str, Any]:
    return {
        "kind": "table",
        "rows": int(shape[0]),
        "columns": int(shape[1]),
        "names": [_cell(each) for each in names],
        "types": [_cell(each) for each in types],
        "index": [_cell(each) for each in index],
        "cells": [[_cell(each) for each in row] for row in rows],
    }


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple, dict, set, frozenset)):
        return _repr(value)[:_CELL]
    if type(value).__module__ == "__main__":
        return f"<{type(value).__name__}>"
    return str(value)[:_CELL]


def _picture(value: Any, package: str) -> str | None:
    """Return a small picture as PNG in base64; None where a value is no picture."""
    import base64

    if package == "PIL" and hasattr(value, "thumbnail"):
        import io

        small = value.copy()
        small.thumbnail((_PIXELS, _PIXELS))
        if small.mode not in ("1", "L", "LA", "RGB", "RGBA"):
            small = small.convert("RGB")
        into = io.BytesIO()
        small.save(into, "PNG")
        data = into.getvalue()
    elif package == "numpy" and getattr(value, "ndim", 0) == 3 and str(value.dtype) == "uint8":
        if value.shape[2] not in (3, 4) or 0 in value.shape:
            return None
        step = -(-max(value.shape[:2]) // _PIXELS)
        data = _png(value[::step, ::step])
    else:
        return None
    return base64.b64encode(data).decode() if len(data) <= _MARKUP * 3 else None


def _png(pixels: Any) -> bytes:
    """Return pixels, an array of height, width and three or four colours, as a PNG file."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    height, width, colours = pixels.shape
    head = struct.pack(">IIBBBBB", width, height, 8, 2 if colours == 3 else 6, 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts
