"""Putting options together: what several places say of one step, and a pipeline's defaults."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ..errors import Code, Problem
from .options import StepOptions
from .said import Place


def said_options(options: StepOptions) -> dict[str, Any]:
    """Return the options that are said: those that are neither None nor empty."""
    return {
        field: value
        for field in options.__struct_fields__
        if (value := getattr(options, field)) is not None and value not in ((), {})
    }


def join_options(
    pieces: Sequence[tuple[Place, StepOptions]],
) -> tuple[StepOptions, tuple[Problem, ...]]:
    """Return what all places say together, and a problem for each contradiction.

    Lists are joined without repeating an entry, mappings key by key. Of contradicting values the
    first one stays.
    """
    joined: dict[str, Any] = {}
    first: dict[tuple[str, str], tuple[Place, Any]] = {}
    problems: list[Problem] = []

    def settle(place: Place, option: str, key: str, value: Any) -> Any:
        earlier, kept = first.setdefault((option, key), (place, value))
        if kept != value:
            problems.append(place.locate(_conflict(option, key, earlier, kept, place, value)))
        return kept

    for place, options in pieces:
        for option, value in said_options(options).items():
            if isinstance(value, tuple):
                joined[option] = tuple(dict.fromkeys([*joined.get(option, ()), *value]))
            elif isinstance(value, Mapping):
                joined[option] = joined.get(option, {}) | {
                    key: settle(place, option, key, item) for key, item in value.items()
                }
            else:
                joined[option] = settle(place, option, "", value)
    return StepOptions(**joined), tuple(problems)


def under(defaults: StepOptions, said: StepOptions) -> StepOptions:
    """Return a step's options with the pipeline's defaults under them.

    What the step says replaces the default; mappings (`env`, `labels`, ...) are merged by key.
    """
    merged = said_options(defaults)
    for option, value in said_options(said).items():
        merged[option] = merged.get(option, {}) | value if isinstance(value, dict) else value
    return msgspec.structs.replace(said, **merged)


def _conflict(
    option: str, key: str, earlier: Place, kept: Any, place: Place, value: Any
) -> Problem:
    what = f"`{option}` of `{key}`" if key else f"`{option}`"
    return Problem(
        Code.OPTION_CONFLICT,
        f"{what} is {_shown(kept)} in {earlier} and {_shown(value)} in {place}.",
        "Keep one of them.",
        option=option,
    )


def _shown(value: Any) -> str:
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False)
