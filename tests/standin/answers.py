"""What a KFP server answers when it refuses: the three forms that its parts use."""

from dataclasses import dataclass
from typing import Any

GRPC = {400: 3, 404: 5, 409: 6, 500: 13, 501: 12}
TEXT = "text/plain; charset=utf-8"


@dataclass
class Refusal(Exception):  # noqa: N818 - it is an answer
    """An error answer of the API."""

    status: int
    body: Any
    kind: str = "application/json"


def refuse(status: int, message: str, code: int | None = None) -> Refusal:
    """Return the answer of a call that was understood and failed."""
    number = GRPC[status] if code is None else code
    detail = {"@type": "type.googleapis.com/google.rpc.Status", "code": number, "message": message}
    return Refusal(status, {"code": number, "message": message, "details": [detail]})


def misread(message: str) -> Refusal:
    """Return the answer to a request that the gateway could not read."""
    return Refusal(400, {"code": 3, "message": message})


def upload_refused(status: int, message: str, plain: bool = False) -> Refusal:
    """Return the answer of the upload endpoints."""
    body = {"error_message": message, "error_details": message}
    return Refusal(status, body, TEXT if plain else "application/json")
