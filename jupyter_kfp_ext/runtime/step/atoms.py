"""Single numbers and texts between steps, without the cost of importing pickle.

`_pickle` and what taking values apart needs take 8 ms, where a bare Python starts in 15; many steps
hand on no more than a number. What is written here is what pickle writes for the same name and
value (protocol 5), so readers and checksums know no difference.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

SMALL = 66_000
"""Bytes within which the pickle of a name and its value stays."""
_ATOMS = (bool, int, float, str, type(None))
_CONSTANTS = {None: b"N", True: b"\x88", False: b"\x89"}
_OF_CODE = {78: None, 0x88: True, 0x89: False}
_HEAD = b"\x80\x05\x95"
"""Protocol 5, and the opcode FRAME; eight bytes of its length follow."""
_DICT = b"}\x94"
_END = b"s."
_MOST = 65_000
"""Bytes of a text; pickle writes larger ones out of the frame."""


def is_atom(value: Any) -> bool:
    """Whether a value is written here: exactly of one of these classes, and not huge."""
    kind = type(value)
    if kind is str:
        return len(value) < _MOST and _is_short(value)
    return kind in _ATOMS and (kind is not int or -(1 << 63) <= value < 1 << 63)


def dump_atom(name: str, value: Any) -> bytes:
    """Return the pickle of `{name: value}`."""
    body = _DICT + _text(name) + _value(value) + _END
    return _HEAD + len(body).to_bytes(8, "little") + body


def load_atom(data: bytes) -> dict[str, Any] | None:
    """Return what `dump_atom` was given; None for a pickle that may hold something else."""
    if data[:3] != _HEAD or data[11:13] != _DICT or data[-2:] != _END:
        return None
    name, at = _read_text(data, 13)
    if name is None:
        return None
    found = _read_value(data, at, len(data) - 2)
    return None if found is None else {name: found[0]}


def _is_short(text: str) -> bool:
    try:
        return len(text.encode("utf-8")) < _MOST
    except UnicodeEncodeError:  # half a surrogate pair
        return False


def _text(text: str) -> bytes:
    data = text.encode("utf-8")
    if len(data) < 256:
        return b"\x8c" + bytes((len(data),)) + data + b"\x94"
    return b"X" + len(data).to_bytes(4, "little") + data + b"\x94"


def _value(value: Any) -> bytes:
    if type(value) is str:
        return _text(value)
    if type(value) is float:
        return b"G" + bytes(_struct().pack(">d", value))
    if value is None or type(value) is bool:
        return _CONSTANTS[value]
    if 0 <= value < 256:
        return b"K" + bytes((value,))
    if 0 <= value < 65536:
        return b"M" + int.to_bytes(value, 2, "little")
    if -(1 << 31) <= value < 1 << 31:
        return b"J" + int.to_bytes(value, 4, "little", signed=True)
    size = (value.bit_length() >> 3) + 1
    data = int.to_bytes(value, size, "little", signed=True)
    if value < 0 and data[-1] == 0xFF and data[-2] & 0x80:
        data = data[:-1]  # pickle writes no byte that only repeats the sign
    return b"\x8a" + bytes((len(data),)) + data


def _read_text(data: bytes, at: int) -> tuple[str | None, int]:
    width = {0x8C: 1, 88: 4}.get(data[at])
    if width is None:
        return None, at
    begin = at + 1 + width
    end = begin + int.from_bytes(data[at + 1 : begin], "little")
    if data[end : end + 1] != b"\x94":
        return None, at
    return data[begin:end].decode("utf-8"), end + 1


def _read_value(data: bytes, at: int, end: int) -> tuple[Any] | None:
    code, body = data[at], data[at + 1 : end]
    if code in _OF_CODE and not body:
        return (_OF_CODE[code],)
    if code == 71 and len(body) == 8:
        return (_struct().unpack(">d", body)[0],)
    if (code, len(body)) in ((75, 1), (77, 2)):
        return (int.from_bytes(body, "little"),)
    if code == 74 and len(body) == 4:
        return (int.from_bytes(body, "little", signed=True),)
    if code == 0x8A and body and body[0] == len(body) - 1:
        return (int.from_bytes(body[1:], "little", signed=True),)
    if code in (0x8C, 88):
        text, after = _read_text(data, at)
        return None if text is None or after != end else (text,)
    return None


def _struct() -> Any:
    return __import__("_struct")
