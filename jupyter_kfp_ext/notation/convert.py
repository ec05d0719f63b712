"""Raw option values (JSON of metadata, texts of a magic line or a tag) to the typed options.

Each option is converted on its own, so that one that is wrong is named and the others still hold.
"""

import difflib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from ..errors import Code, Problem
from .options import Option
from .schema import OptionSpec, field_types, specs

_OptionT = TypeVar("_OptionT", bound=Option)

_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(?P<field>[^`]*)`")
_AT = re.compile(r" - at `\$(?P<path>[^`]*)`$")


@dataclass(frozen=True)
class Wording:
    """How a notation spells an option, for messages that a user can act on."""

    option: Callable[[OptionSpec], str]
    example: Callable[[OptionSpec], str]
    lax: bool = False
    """Whether numbers and truth values are written as texts."""


METADATA = Wording(
    option=lambda spec: spec.name,
    example=lambda spec: f'"{spec.name}": {json.dumps(spec.example, ensure_ascii=False)}',
)


def convert_options(
    raw: Mapping[str, Any], kind: type[_OptionT], wording: Wording = METADATA
) -> tuple[_OptionT, tuple[Problem, ...]]:
    """Return the options that are right, and a problem for each that is not.

    A value of None means: not said. A plain value stands for a list of one, a number for its
    text, and for the only required field of an object (`"retries": 3`).
    """
    known = specs(kind)
    good: dict[str, Any] = {}
    problems: list[Problem] = []
    types = field_types(kind)
    for name, value in raw.items():
        spec = known.get(name)
        if spec is None:
            problems.append(unknown_option(name, known, wording))
        elif value is not None:
            try:
                good[name] = msgspec.convert(
                    _plain(spec, value), types[name], strict=not wording.lax
                )
            except (msgspec.ValidationError, ValueError) as error:
                problems.append(_invalid(spec, value, str(error), wording))
    return kind(**good), tuple(problems)


def unknown_option(name: str, known: Mapping[str, OptionSpec], wording: Wording) -> Problem:
    """Return the problem of an option that does not exist, with the names that it may mean."""
    spelled = [wording.option(spec) for spec in known.values()]
    return Problem(
        Code.OPTION_UNKNOWN,
        f"There is no option `{name}`.",
        f"{suggest(name, spelled)}Options are: {', '.join(spelled)}.",
        option=name.lstrip("-").replace("-", "_"),
    )


def suggest(name: str, valid: list[str], nearness: float = 0.6) -> str:
    """Return `Did you mean ...? ` for the nearest valid names; empty where none is near.

    `nearness`: from 0 (anything) to 1 (the same).
    """
    folded = {each.casefold(): each for each in valid}
    near = [
        folded[each] for each in difflib.get_close_matches(name.casefold(), folded, 3, nearness)
    ]
    return f"Did you mean {' or '.join(f'`{each}`' for each in near)}? " if near else ""


def _plain(spec: OptionSpec, value: Any) -> Any:
    """Return the value in the form that the type asks for, where what is meant is plain."""
    if spec.kind == "text":
        text = _text(value)
        if isinstance(text, str) and not text.strip():
            raise ValueError("it is empty")
        return text
    if spec.kind == "list":
        items = value if isinstance(value, list) else [value]
        return [_text(item) for item in items]
    if spec.kind == "map" and isinstance(value, Mapping):
        return {key: _text(item) for key, item in value.items()}
    if spec.kind == "struct":
        return _object(spec, value)
    if spec.kind == "structs":
        items = value if isinstance(value, list) else [value]
        return [_object(spec, item) for item in items]
    return value


def _text(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value


def _object(spec: OptionSpec, value: Any) -> Any:
    if isinstance(value, Mapping):
        fields = {each.name: each for each in spec.fields}
        return {
            name: _plain(fields[name], item) if name in fields and item != "" else item
            for name, item in value.items()
            if item is not None
        }
    short = spec.short_field
    return {short.name: value} if short and isinstance(value, (str, int, float)) else value


def _invalid(spec: OptionSpec, value: Any, detail: str, wording: Wording) -> Problem:
    """Return the problem of a value that does not fit, saying what does."""
    path = ""
    at = _AT.search(detail)
    if at:
        path, detail = at["path"], detail[: at.start()]
    unknown = _UNKNOWN_FIELD.search(detail)
    if unknown:
        valid = [each.name for each in spec.fields]
        return Problem(
            Code.OPTION_UNKNOWN,
            f"`{wording.option(spec)}` has no field `{unknown['field']}`.",
            f"{suggest(unknown['field'], valid)}Fields are: {', '.join(valid)}.",
            option=spec.name,
        )
    shown = json.dumps(value, ensure_ascii=False, default=str)
    detail = "it does not have that form" if "matching regex" in detail else _lower(detail)
    where = f" at `{path.lstrip('.')}`" if path else ""
    return Problem(
        Code.OPTION_INVALID,
        f"`{wording.option(spec)}` cannot be {shown}{where}: {detail}. It must be {spec.expects}.",
        f"Write for example `{wording.example(spec)}`.",
        option=spec.name,
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
