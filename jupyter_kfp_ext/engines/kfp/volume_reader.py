"""Reads files of a claim, in a pod that has it mounted: says which there are, and prints parts.

The text of this module runs alone, so it takes nothing but the standard library, and Python 3.9.
What is printed is text, since that is what a log holds, and not longer than a kubelet keeps of one.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import sys
import zlib
from pathlib import Path
from typing import Any

_LINE = 8000
"""Letters in a line: longer ones are cut in a container's log, and joined again."""
LONGEST_ANSWER = 4096
"""Bytes that Kubernetes keeps of what a container says at its end."""


def files_of(root: Path, names: list[str]) -> dict[str, dict[str, int]]:
    """Return the files of folders and their sizes; folders that are not there are left out.

    Their use is noted where that is allowed, so that nobody removes them meanwhile.
    """
    found = {}
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            places = (root / name).iterdir()
            found[name] = {each.name: each.stat().st_size for each in places}
            with contextlib.suppress(OSError):
                (root / ".used" / name).write_bytes(b".")
    return found


def print_part(path: Path, start: int, length: int) -> None:
    """Print a part of a file: compressed, in base64, and after it its hash."""
    with open(path, "rb") as file:
        file.seek(start)
        data = file.read(length)
    text = base64.b64encode(zlib.compress(data, 1)).decode("ascii")
    for at in range(0, len(text), _LINE):
        sys.stdout.write(f"{text[at : at + _LINE]}\n")
    sys.stdout.write(f"={hashlib.sha256(data).hexdigest()}\n")


def read_part(log: bytes) -> bytes | None:
    """Return what `print_part` printed; None where not all of it is there."""
    text, _, digest = log.rstrip(b"\n").rpartition(b"\n=")
    try:
        data = zlib.decompress(base64.b64decode(text.replace(b"\n", b"")))
    except (ValueError, zlib.error):
        return None
    return data if hashlib.sha256(data).hexdigest().encode() == digest else None


def main(request: str, place: str) -> int:
    """Do what a JSON text asks for; the answer goes to a file, printed where it is too long."""
    asked: dict[str, Any] = json.loads(request)
    answer: dict[str, Any] = {}
    if asked["do"] == "list":
        answer = {"files": files_of(Path(asked["root"]), asked["names"])}
    elif asked["do"] == "print":
        path = Path(asked["root"]) / asked["file"]
        print_part(path, asked["start"], asked["length"])
    text = json.dumps(answer)
    if len(text) > LONGEST_ANSWER:
        sys.stdout.write(text)
        text = json.dumps({"printed": True})
    with open(place, "w") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
