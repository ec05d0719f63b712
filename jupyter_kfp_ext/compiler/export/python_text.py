"""Python text for the export: literals and calls that a person would have written so."""

import json
import keyword
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

_WIDTH = 88
_STEP = "    "


class Expression(str):
    """A Python expression; any other value stands for itself."""


def call(
    function: str, values: Iterable[Any] = (), named: Mapping[str, Any] | None = None
) -> Expression:
    """Return a call, on one line where that is not too long."""
    arguments = [literal(value) for value in values]
    arguments += [f"{name}={literal(value)}" for name, value in (named or {}).items()]
    return Expression(enclosed(f"{function}(", arguments, ")"))


def function(decorator: str, head: str, arguments: Iterable[str], result: str = "") -> str:
    """Return the lines that begin a function."""
    return f"@{decorator}\n{enclosed(f'def {head}(', list(arguments), f'){result}:')}\n"


def indented(text: str) -> str:
    """Return lines of code further in. The code has no texts that go over several lines."""
    return "".join(
        _STEP + line if line.strip() else line for line in text.splitlines(keepends=True)
    )


def identifier(wanted: str, taken: Collection[str]) -> str:
    """Return a name for `wanted` that is no keyword and not taken."""
    name = re.sub(r"\W", "_", wanted, flags=re.ASCII)
    while keyword.iskeyword(name) or name in taken:
        name += "_"
    return name


def literal(value: Any) -> str:
    """Return the Python text of a value that JSON could hold."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, str):
        # JSON's escapes are Python's, but for letters beyond U+FFFF and lone surrogates.
        plain = value.isascii() and value.isprintable()
        return json.dumps(value) if plain else repr(value)
    if isinstance(value, dict):
        pairs = [f"{literal(key)}: {literal(item)}" for key, item in value.items()]
        return enclosed("{", pairs, "}")
    if isinstance(value, list):
        return enclosed("[", [literal(item) for item in value], "]")
    return repr(value)


def enclosed(start: str, parts: list[str], end: str) -> str:
    """Return parts with commas between them, on one line where that is not too long."""
    line = f"{start}{', '.join(parts)}{end}"
    if not parts or (len(line) <= _WIDTH and "\n" not in line):
        return line
    inner = "".join(indented(f"{part},\n") for part in parts)
    return f"{start}\n{inner}{end}"
