"""Lists of the API: filters, sorting, page sizes and tokens, with the server's own refusals."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from .answers import misread, refuse

Row = dict[str, Any]
_OPERATIONS = {
    "EQUALS": lambda have, want: have == want,
    "NOT_EQUALS": lambda have, want: have != want,
    "GREATER_THAN": lambda have, want: have > want,
    "GREATER_THAN_EQUALS": lambda have, want: have >= want,
    "LESS_THAN": lambda have, want: have < want,
    "LESS_THAN_EQUALS": lambda have, want: have <= want,
    "IN": lambda have, want: have in want,
    "IS_SUBSTRING": lambda have, want: want in have,
}


class Pages:
    """How many rows there are on a page at most."""

    most = 200


_VALUES = {"string_value", "int_value", "long_value", "timestamp_value", "string_values"}
COMMON = {"name": "name", "display_name": "display_name", "created_at": "created_at", "id": "id"}


def page(
    rows: list[Row], query: Mapping[str, str], key: str, fields: Mapping[str, str], of: str
) -> Row:
    """Return a page of rows as the API does; `fields` are names in queries by keys of rows."""
    size = _size(query.get("page_size", "0"))
    token = _token(query["page_token"]) if query.get("page_token") else None
    predicates = _predicates(query.get("filter", ""), fields)
    sort, descending = _sort(query.get("sort_by", ""), fields, of)
    if token is not None:
        same_sort = not query.get("sort_by") or [sort, descending] == token["sort"]
        same_filter = not query.get("filter") or query["filter"] == token["filter"]
        if not same_sort or not same_filter:
            raise refuse(400, "page token does not match the supplied sort by and/or filtering")
        sort, descending = token["sort"]
        predicates = _predicates(token["filter"], fields)
    found = [row for row in rows if all(_holds(row, each, fields) for each in predicates)]
    field = fields.get(sort, "created_at")
    found.sort(key=lambda row: (str(row.get(field, "")), row["id"]), reverse=descending)
    total = len(found)
    if token is not None:
        after = tuple(token["after"])
        at = [(str(row.get(field, "")), row["id"]) for row in found]
        found = [
            row
            for row, place in zip(found, at, strict=True)
            if (place <= after if descending else place >= after)
        ]
    shown = found[:size]
    if not shown:
        return {}
    answer: Row = {key: [row["shown"] for row in shown], "total_size": total}
    if len(found) > size:
        following = found[size]
        place = [str(following.get(field, "")), following["id"]]
        told = {
            "sort": [sort, descending],
            "filter": query.get("filter", token["filter"] if token else ""),
            "after": place,
        }
        answer["next_page_token"] = base64.b64encode(json.dumps(told).encode()).decode()
    return answer


def _size(text: str) -> int:
    try:
        size = int(text)
    except ValueError:
        raise misread(f'parsing field "page_size": parsing "{text}": invalid syntax') from None
    if size < 0:
        raise refuse(400, f"The page size should be greater than 0. Got {size}")
    return min(size or 20, Pages.most)


def _token(text: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(base64.b64decode(text, validate=True))
    except ValueError:
        raise refuse(400, "Invalid page token") from None
    return found


def _sort(text: str, fields: Mapping[str, str], of: str) -> tuple[str, bool]:
    words = text.split(" ")
    if len(words) > 2 or words[1:] not in ([], ["asc"], ["desc"]):
        raise refuse(400, f'Received invalid sort by format "{text}"')
    name = words[0] or "created_at"
    if name not in fields:
        raise refuse(400, f'Invalid sorting field: "{name}" on listable type {of}')
    return name, words[1:] == ["desc"]


def _predicates(text: str, fields: Mapping[str, str]) -> list[dict[str, Any]]:
    if not text:
        return []
    try:
        if "%" in text:
            raise ValueError("invalid URL escape")
        read = json.loads(unquote(text))
        if not isinstance(read, dict) or set(read) - {"predicates"}:
            raise ValueError("unexpected token")
        for each in read.get("predicates", []):
            unknown = set(each) - {"operation", "key"} - _VALUES
            if unknown or each.get("operation", "EQUALS") not in _OPERATIONS:
                raise ValueError("unknown field or enum")
    except ValueError as error:
        raise refuse(400, f"failed to parse valid filter from {text!r}: {error}") from None
    found: list[dict[str, Any]] = read.get("predicates", [])
    for each in found:
        _check_predicate(each, fields)
    return found


def _check_predicate(each: Mapping[str, Any], fields: Mapping[str, str]) -> None:
    if "operation" not in each:
        raise refuse(400, "Error using Filter.Predicate.Operation")
    if not set(each) & _VALUES:
        raise refuse(400, "Error using Filter.Predicate.Value with <nil>")
    if not each.get("key"):
        raise refuse(400, "Predicate key cannot be empty")
    if each["key"] not in fields:
        raise refuse(400, f'no support for filtering on unrecognized field "{each["key"]}"')
    if each["operation"] == "IN" and "string_values" not in each:
        raise refuse(400, "cannot use IN operator with scalar type string")


def _holds(row: Row, each: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
    value = next(each[name] for name in _VALUES if name in each)
    if each["operation"] == "IN":
        value = value["values"]
    have = str(row.get(fields[each["key"]], ""))
    if each["key"] in ("created_at", "finished_at") and "timestamp_value" not in each:
        # The database compares numbers there and takes any text for 0.
        return each["operation"] in ("GREATER_THAN", "GREATER_THAN_EQUALS", "NOT_EQUALS")
    if each["key"] == "status":
        value = value.upper()
    return bool(_OPERATIONS[each["operation"]](have, value))
