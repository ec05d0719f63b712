"""The files of a result: which there are, and the record of them in an entry of the cache."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

from .layout import StepFolder

_VERSION = 2
_WITHIN = 16 << 10
"""Bytes up to which a file lies in `files.json` itself: most are that small, and opening files is
most of what taking a result costs."""
_VALUE = re.compile(r"artifacts/[^/]+/groups/[0-9a-f]{64}/(pickle|buffers|layout\.json|written)")
INDEX = re.compile(r"artifacts/[^/]+/index\.json")
"""Written once, as the values are."""


class DamagedError(Exception):
    """A kept result is not what was kept; the text says where."""


@dataclass(frozen=True)
class Contents:
    """The files of a result, by path in its folder."""

    folders: tuple[str, ...]
    values: tuple[str, ...]
    files: Mapping[str, str]
    """All others, with their sha-256; empty where that is not known."""
    within: Mapping[str, str] = field(default_factory=dict)
    """What the small ones of them hold, and small values of one file, a letter for a byte."""


def contents_of(folder: Path) -> Contents:
    """Return the files of a result that lies in a folder."""
    paths = list(_outputs(folder))
    return Contents(
        tuple(_folders(folder)),
        tuple(path for path in paths if is_value(path)),
        {path: "" for path in paths if not is_value(path)},
    )


def read_contents(source: StepFolder) -> Contents:
    """Read the record of the files of an entry; raises `DamagedError`."""
    try:
        digest, _, text = (source.path / "files.json").read_bytes().partition(b"\n")
        if sha256(text).hexdigest().encode() != digest:
            raise ValueError("it is not what was kept")
        said = json.loads(text)
        if said.pop("version") == _VERSION:
            return Contents(**said)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"{source.path / 'files.json'}: {error}") from error
    raise DamagedError(f"{source.path} is of another version")


def write_contents(folder: Path, contents: Contents) -> int:
    """Write the record of an entry below a line with its sha-256; return the bytes of both."""
    text = json.dumps({"version": _VERSION, **asdict(contents)}).encode()
    return (folder / "files.json").write_bytes(sha256(text).hexdigest().encode() + b"\n" + text)


def small_file(path: Path) -> bytes | None:
    """Return what a file holds where that is little; None of a large one, and of a program."""
    state = path.stat()
    if state.st_size > _WITHIN or state.st_mode & 0o111:
        return None
    return path.read_bytes()


def _outputs(folder: Path) -> Iterator[str]:
    """Yield the files that are a step's result, by path in its folder."""
    for name in ("log", "executor_output.json"):
        if (folder / name).is_file():
            yield name
    for part in ("artifacts", "parameters"):
        for place, _, names in os.walk(folder / part):
            for name in names:
                yield os.path.relpath(f"{place}{os.sep}{name}", folder)


def _folders(folder: Path) -> Iterator[str]:
    """Yield the folders of a result, an outer one first: an empty one is an output, too."""
    for part in ("artifacts", "parameters"):
        for place, names, files in os.walk(folder / part):
            if part == "parameters" and place.endswith(part) and (names or files):
                yield part
            yield from (os.path.relpath(f"{place}{os.sep}{name}", folder) for name in sorted(names))


def is_value(path: str) -> bool:
    """Tell files of values (`artifacts/<slot>/groups/<sha>/...`), which are written once."""
    return _VALUE.fullmatch(path) is not None
