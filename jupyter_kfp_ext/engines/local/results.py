"""Kept results: the outputs of a step in `<home>/cache`, found again by their content key.

An entry is written aside and renamed, so it is there whole or not at all; it is read by whoever
has the same key, in any number of processes. What it holds is checked each time before it is used.
Large values are hard links of what the step wrote, which nobody writes to; all else is copied, so
that no later writer reaches the kept bytes.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from ...runtime.step.loading import is_whole
from .layout import StepFolder, cache_folder
from .log_limit import pieces

_VERSION = 1
_CHUNK = 1 << 20
_SMALL = 1 << 20
_VALUE = re.compile(r"artifacts/[^/]+/groups/[0-9a-f]{64}/(pickle|buffers|layout\.json|written)")
_MOST_VARIANTS = 8
"""Results that are kept for one key: they differ in files or modules that the step read."""


class DamagedError(Exception):
    """A kept result is not what was kept; the text says where."""


@dataclass(frozen=True)
class Kept:
    """What is known of a result, beside the outputs themselves (`kept.json` of a step)."""

    key: str
    run: str
    """The run that computed it."""
    folder: str
    """The step's folder in the run where these outputs lie: their URIs start with it."""
    depends: Mapping[str, Any] | None = None
    """What it depends on beside the key (`depends.Observer`); None: nothing is known of that."""
    unrepeatable: str = ""
    """Why running it again would be something else."""
    contents: Mapping[str, str] = field(default_factory=dict)
    """Digests of its artifacts, by path in the folder."""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """Numbers of its cells by id."""

    @staticmethod
    def read(path: Path) -> "Kept | None":
        """Read it; None where there is none, or it is damaged."""
        try:
            return Kept(**json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Write it. Torn by a power loss it counts as none, so it need not be on disk at once."""
        aside = path.with_name(f".{path.name}")
        aside.write_text(json.dumps(asdict(self), sort_keys=True))
        aside.replace(path)


@dataclass(frozen=True)
class Entry:
    """A kept result in the cache."""

    home: Path
    path: Path
    kept: Kept

    @property
    def folder(self) -> StepFolder:
        """The outputs, laid out as in a step's folder."""
        return StepFolder(self.path)

    def used(self) -> None:
        """Note that it was used now: what was not used for the longest time goes first."""
        with contextlib.suppress(OSError):
            os.utime(self.path)

    def remove(self) -> None:
        """Take it out of the cache."""
        remove_whole(self.home, self.path)


def entries(home: Path, key: str) -> Iterator[Entry]:
    """Yield what is kept under a key, the newest first."""
    place = _place(home, key)
    try:
        names = sorted((each.name for each in place.iterdir()), reverse=True)
    except OSError:  # nothing is kept, or nothing can be read
        return
    for name in names:
        kept = Kept.read(place / name / "kept.json")
        if kept is None or kept.key != key:
            remove_whole(home, place / name)  # written while the machine stopped
        else:
            yield Entry(home, place / name, kept)


def _place(home: Path, key: str) -> Path:
    return results_folder(home) / key[:2] / key


def results_folder(home: Path) -> Path:
    """Return the folder with all kept results."""
    return cache_folder(home) / "results"


def aside_folder(home: Path) -> Path:
    """Return the folder of entries that are being written or removed."""
    return cache_folder(home) / "aside"


def store(
    home: Path, source: StepFolder, kept: Kept, finish: Callable[[Kept, Mapping[str, str]], Kept]
) -> Kept:
    """Keep the outputs of a step; return what is known of them.

    `finish` is given the digests of the files that were read, by path. Raises `OSError` (a full
    disk), and then nothing is left of it.
    """
    aside = aside_folder(home) / f"{os.getpid()}-{secrets.token_hex(4)}"
    try:
        aside.mkdir(mode=0o700, parents=True)
        files = {}
        size = 0
        for path in _outputs(source.path):
            target = aside / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if _is_value(path):
                _link(source.path / path, target)
            else:
                files[path] = _copy(source.path / path, target)
            size += target.stat().st_size
        (aside / "files.json").write_text(
            json.dumps({"version": _VERSION, "files": files, "folders": _folders(source.path)})
        )
        kept = finish(kept, files)
        kept.write(aside / "kept.json")
        place = _place(home, kept.key)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside.rename(place / f"{kept.run}-{secrets.token_hex(4)}-{size}")
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    for each in sorted(place.iterdir(), reverse=True)[_MOST_VARIANTS:]:
        remove_whole(home, each)
    return kept


def restore(source: StepFolder, kept: Kept, target: StepFolder, checked: bool) -> None:
    """Put kept outputs into the folder of a step of another run.

    `checked`: the source is an entry of the cache, which says what each file holds. Raises
    `DamagedError`, `OSError`; the target is then to be made anew.
    """
    known = _read_files(source) if checked else None
    shutil.rmtree(target.artifacts, ignore_errors=True)
    shutil.rmtree(target.parameters, ignore_errors=True)
    target.artifacts.mkdir(parents=True)
    target.parameters.mkdir()
    folders = known["folders"] if known else _folders(source.path)
    for each in folders:
        (target.path / each).mkdir(parents=True, exist_ok=True)
    outputs = set(_outputs(source.path))
    if known is not None:
        lost = known["files"].keys() - outputs
        if lost:
            raise DamagedError(f"{source.path / min(lost)} is missing")
    for path in sorted(outputs):
        if path == "log":
            continue
        place = target.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if _is_value(path):
            _link(source.path / path, place)
        else:
            _check(known, path, _copy(source.path / path, place))
    for group in {(target.path / path).parent for path in outputs if _is_value(path)}:
        if not is_whole(str(group), _SMALL):
            raise DamagedError(f"{group.relative_to(target.path)} in {source.path} is damaged")
    if "log" in outputs:
        digest = sha256()
        for chunk in pieces(source.log):
            digest.update(chunk)
        _check(known, "log", digest.hexdigest())
        with open(target.log, "ab") as log:
            log.writelines(pieces(source.log))
    _move_uris(target, kept.folder)


def _read_files(source: StepFolder) -> dict[str, Any]:
    try:
        said = json.loads((source.path / "files.json").read_bytes())
        if said["version"] == _VERSION:
            return {"files": dict(said["files"]), "folders": list(said["folders"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"{source.path / 'files.json'}: {error}") from error
    raise DamagedError(f"{source.path} is of another version")


def _check(known: Mapping[str, Any] | None, path: str, digest: str) -> None:
    if known is not None and known["files"].get(path) != digest:
        raise DamagedError(f"{path} is not what was kept")


def _outputs(folder: Path) -> Iterator[str]:
    """Yield the files that are a step's result, by path in its folder."""
    for name in ("log", "executor_output.json"):
        if (folder / name).is_file():
            yield name
    for part in ("artifacts", "parameters"):
        for place, _, names in os.walk(folder / part):
            for name in names:
                yield os.path.relpath(f"{place}{os.sep}{name}", folder)


def _folders(folder: Path) -> list[str]:
    """Return the folders among the artifacts: an empty one is an output, too."""
    return sorted(
        os.path.relpath(f"{place}{os.sep}{name}", folder)
        for place, names, _ in os.walk(folder / "artifacts")
        for name in names
    )


def _is_value(path: str) -> bool:
    """Tell files of values (`artifacts/<slot>/groups/<sha>/...`), which are written once."""
    return _VALUE.fullmatch(path) is not None


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)


def _copy(source: Path, target: Path) -> str:
    """Copy a file and return the digest of what was copied."""
    digest = sha256()
    with open(target, "xb") as new:
        for chunk in _chunks(source):
            digest.update(chunk)
            new.write(chunk)
    shutil.copymode(source, target)
    return digest.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    if path.name == "log":
        yield from pieces(path)  # without what was left out of it
        return
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _move_uris(target: StepFolder, before: str) -> None:
    """Make the executor output speak of the folder where the outputs are now."""
    try:
        output = json.loads(target.executor_output.read_bytes())
    except (OSError, ValueError):
        return
    for listed in output.get("artifacts", {}).values():
        for artifact in listed.get("artifacts", ()):
            for name in ("uri", "customPath"):
                if str(artifact.get(name, "")).startswith(f"{before}{os.sep}"):
                    artifact[name] = f"{target.path}{artifact[name][len(before) :]}"
    target.executor_output.write_text(json.dumps(output))


def remove_whole(home: Path, path: Path) -> None:
    """Remove a folder of a home so that nobody sees a part of it."""
    aside = aside_folder(home) / f"{os.getpid()}-{secrets.token_hex(4)}"
    with contextlib.suppress(OSError):
        aside.parent.mkdir(parents=True, exist_ok=True)
        path.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)
