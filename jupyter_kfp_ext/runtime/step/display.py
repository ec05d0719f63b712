"""What a value looks like: its plain text, and the rich forms in an image without IPython."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


_SCALARS = frozenset({str, int, float, bool, complex, bytes, type(None)})
_PRETTY = frozenset(
    {"tuple", "list", "dict", "set", "frozenset", "super", "type", "BaseException", "range"}
)
"""Types that IPython's pretty printer lays out itself (`IPython.lib.pretty`)."""
_RICH = {
    "_repr_html_": "text/html",
    "_repr_markdown_": "text/markdown",
    "_repr_svg_": "image/svg+xml",
    "_repr_png_": "image/png",
    "_repr_jpeg_": "image/jpeg",
    "_repr_latex_": "text/latex",
    "_repr_json_": "application/json",
    "_repr_javascript_": "application/javascript",
}
_HOOKS = (*_RICH, "_repr_mimebundle_", "_repr_pretty_", "_repr_pdf_", "_ipython_display_")
_LINE = 70
"""Text below this length is never wrapped by the pretty printer (79 columns)."""
_DEEPEST = 20
"""Containers in containers that are looked into; some hold themselves."""


def simple_text(value: Any, depth: int = 0) -> str | None:
    """Return `text/plain` of a value where IPython gives its `repr` and nothing else, else None."""
    kind = type(value)
    if kind in (list, tuple, dict):
        if len(value) > _LINE or depth > _DEEPEST:
            return None
        parts = [*value, *value.values()] if kind is dict else value
        for part in parts:
            if type(part) not in _SCALARS and simple_text(part, depth + 1) is None:
                return None
        text = repr(value)
        return text if len(text) < _LINE and "\n" not in text else None
    if kind in _SCALARS:
        return repr(value)
    if any(base.__name__ in _PRETTY for base in kind.__mro__) or not _has_own_repr(kind):
        return None
    if kind.__module__ in ("builtins", "collections", "types", "re"):
        return None
    if any(hasattr(value, hook) for hook in _HOOKS):
        return None
    try:
        return repr(value)
    except Exception:
        return None  # the formatters of IPython tell such errors as a kernel does


def _has_own_repr(kind: Any) -> bool:
    return kind.__repr__ is not object.__repr__


def mime_bundle(value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return data and metadata by MIME type, by the protocol of IPython's display formatters."""
    data: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    for method, kind in _RICH.items():
        shown = _call(value, method)
        if isinstance(shown, tuple):
            shown, metadata[kind] = shown
        if shown is not None:
            data[kind] = shown
    figures = sys.modules.get(f"{__package__}.figures")
    if figures and figures.is_figure(value):
        data.update(figures.picture(value))
    bundle = _call(value, "_repr_mimebundle_")
    if isinstance(bundle, tuple):
        bundle, more = bundle
        metadata.update(more)
    data.update(bundle or {})
    if "text/plain" not in data:
        data["text/plain"] = _plain(value)
    return clean_json(data), clean_json(metadata)


def _call(value: Any, method: str) -> Any:
    function = None if isinstance(value, type) else getattr(value, method, None)
    if function is None:
        return None
    try:
        return function()
    except NotImplementedError:
        return None


def _plain(value: Any) -> str:
    if type(value) in (list, tuple, dict, set, frozenset):
        import pprint

        return pprint.pformat(value, width=79, sort_dicts=False)
    return repr(value)


def clean_json(value: Any) -> Any:
    """Return a value as JSON can hold it: bytes (images) as base64, odd objects as their text."""
    if isinstance(value, (str, int, float, type(None))):
        return value
    if isinstance(value, dict):
        return {str(key): clean_json(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean_json(each) for each in value]
    if isinstance(value, (bytes, bytearray, memoryview)):
        import base64

        return base64.b64encode(value).decode("ascii")
    return str(value)
