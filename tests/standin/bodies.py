"""Bodies of requests and rows of lists: what both halves of KFP's API share."""

import itertools
import uuid
from collections.abc import Mapping
from email.message import Message
from email.parser import BytesParser
from typing import Any

from .answers import misread

Json = dict[str, Any]
_made = itertools.count(1)


def new_id() -> str:
    """Return a new UUID; of two the later one is the greater, so that lists have one order.

    (Times have whole seconds, and the API sorts by time and id.)
    """
    return f"{next(_made):08x}{str(uuid.uuid4())[8:]}"


def row(shown: Json, key: str) -> Json:
    name = shown.get("name", shown.get("display_name", ""))
    return {**shown, "name": name, "id": key, "shown": shown}


def known(body: Json, fields: set[str]) -> None:
    unknown = sorted(set(body) - fields)
    if unknown:
        raise misread(f'proto: (line 1:1): unknown field "{unknown[0]}"')


def only(body: Mapping[str, Any], *names: str) -> Json:
    return {name: body[name] for name in names if body.get(name)}


def uploaded(headers: Message, body: bytes) -> tuple[str, bytes] | None:
    """Return the name and content of the file in a form; None where there is none."""
    kind = headers.get("Content-Type", "")
    if not kind.startswith("multipart/form-data"):
        return None
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    for part in BytesParser().parsebytes(head + body).get_payload():
        if part.get_param("name", header="content-disposition") == "uploadfile":
            return part.get_filename(), part.get_payload(decode=True)
    return None
