"""One option as text of a magic line, and back.

Lists and objects have a short form (`--after a,b`, `--volume claim=data,path=/data`) and may always
be written as JSON; the short form is written only where reading it gives the same value.
"""

import json
import re
from typing import Any

from ..errors import Code, KfpExtError, Problem
from .schema import OptionSpec

# Commas within brackets belong to extras (`ray[data,tune]`), and one before a comparison to a
# version (`numpy>=1.26,<3`).
_LIST_COMMA = re.compile(r",(?![^\[]*\])(?!\s*[<>=!~])")


def read_flag(spec: OptionSpec, texts: list[str]) -> Any:
    """Return the raw value that the texts after a flag say; several where it was repeated.

    Raises `KfpExtError` (`option-invalid`, `option-conflict`).
    """
    if spec.kind == "list":
        return [item for text in texts for item in _read_list(spec, text)]
    if spec.kind == "map":
        return _read_map(spec, texts)
    if spec.kind == "structs":
        return [item for text in texts for item in _read_structs(spec, text)]
    if len(set(texts)) > 1:
        raise KfpExtError(
            Problem(
                Code.OPTION_CONFLICT,
                f"`{spec.flag}` is given {len(texts)} times with different values.",
                "Keep one of them.",
                option=spec.name,
            )
        )
    if spec.kind == "struct":
        return _read_struct(spec, texts[0])
    return texts[0]


def write_flag(spec: OptionSpec, value: Any) -> list[str]:
    """Return the tokens that say a JSON value, before quoting. The inverse of `read_flag`."""
    if spec.kind == "boolean":
        return [spec.flag if value else "--no-" + spec.flag[2:]]
    if spec.kind not in ("list", "map", "struct", "structs"):
        return _tokens(spec.flag, str(value))
    texts = _short_texts(spec, value)
    if not texts or not _reads_as(spec, texts, _as_texts(value)):
        return _tokens(spec.flag, json.dumps(value, ensure_ascii=False))
    return [token for text in texts for token in _tokens(spec.flags[-1], text)]


def _tokens(flag: str, text: str) -> list[str]:
    return [f"{flag}={text}"] if not text or text.startswith("-") else [flag, text]


def _read_list(spec: OptionSpec, text: str) -> list[Any]:
    if text.startswith("["):
        return list(_read_json(spec, text, list))
    return [part.strip() for part in _LIST_COMMA.split(text) if part.strip()]


def _read_map(spec: OptionSpec, texts: list[str]) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for text in texts:
        if text.startswith("{"):
            said = _read_json(spec, text, dict)
        else:
            key, equals, value = text.partition("=")
            if not equals or not key:
                raise _misread(spec, text, f"write `{spec.flags[-1]} NAME=VALUE`")
            said = {key: value}
        for key, value in said.items():
            if pairs.setdefault(key, value) != value:
                raise KfpExtError(
                    Problem(
                        Code.OPTION_CONFLICT,
                        f"`{spec.flag}` gives `{key}` two different values.",
                        "Keep one of them.",
                        option=spec.name,
                    )
                )
    return pairs


def _read_structs(spec: OptionSpec, text: str) -> list[Any]:
    return _read_json(spec, text, list) if text.startswith("[") else [_read_struct(spec, text)]


def _read_struct(spec: OptionSpec, text: str) -> Any:
    if text.startswith("{"):
        return _read_json(spec, text, dict)
    said: dict[str, Any] = {}
    last = ""
    for part in text.split(","):
        name, equals, value = part.partition("=")
        name = name.strip().replace("-", "_")
        field = spec.field(name)
        if equals:
            if name in said and not (field and field.kind == "list"):
                raise _misread(spec, text, f"it says `{name}` twice")
            last = name
            said[name] = [*said.get(name, []), value] if field and field.kind == "list" else value
        elif field and field.kind == "boolean" and name not in said:
            said[name] = True
        elif last:
            # A comma within a value: the next item of a list, or more of a text.
            before = said[last]
            said[last] = [*before, part] if isinstance(before, list) else f"{before},{part}"
        elif spec.short_field and not said:
            last = spec.short_field.name
            said[last] = part
        else:
            known = ",".join(f"{each.name}=..." for each in spec.fields)
            raise _misread(spec, text, f"write `{known}` (what is needed of it)")
    return said


def _read_json(spec: OptionSpec, text: str, kind: type[Any]) -> Any:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise _misread(spec, text, f"it is not valid JSON ({error})") from error
    if not isinstance(value, kind):
        raise _misread(spec, text, f"it must be {spec.expects}")
    return value


def _misread(spec: OptionSpec, text: str, detail: str) -> KfpExtError:
    return KfpExtError(
        Problem(
            Code.OPTION_INVALID,
            f"`{spec.flag}` cannot be `{text}`: {detail}.",
            f"Write for example `{' '.join(write_flag(spec, spec.example))}`.",
            option=spec.name,
        )
    )


def _short_texts(spec: OptionSpec, value: Any) -> list[str]:
    if spec.kind == "list":
        return [str(item) for item in value]
    if spec.kind == "map":
        return [f"{key}={item}" for key, item in value.items()]
    objects = [value] if spec.kind == "struct" else value
    return [",".join(_pairs(spec, each)) for each in objects]


def _pairs(spec: OptionSpec, value: dict[str, Any]) -> list[str]:
    pairs = []
    for name, item in value.items():
        items = item if isinstance(item, list) else [item]
        pairs += [f"{name}={_as_texts(each)}" for each in items]
    short = spec.short_field
    if short and list(value) == [short.name]:
        return [str(value[short.name])]
    return pairs


def _reads_as(spec: OptionSpec, texts: list[str], wanted: Any) -> bool:
    try:
        return bool(_as_texts(read_flag(spec, texts)) == wanted)
    except KfpExtError:
        return False


def _as_texts(value: Any) -> Any:
    """Return the value with its numbers and truth values as texts, as a magic line has them."""
    if isinstance(value, dict):
        return {key: _as_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_texts(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
