"""Kept results: the outputs of a step in `<home>/cache`, found again by their content key.

An entry is written aside and renamed, so it is there whole or not at all; it is read by whoever
has the same key, in any number of processes. What it holds is checked each time before it is used.
Large values are hard links of what the step wrote, which nobody writes to; all else is copied, so
that no later writer reaches the kept bytes.
"""

import contextlib
import json
import os
import shutil
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from ...runtime.step.loading import digest_of_pickle, is_whole
from .kept_files import (
    INDEX,
    DamagedError,
    contents_of,
    is_value,
    read_contents,
    small_file,
    write_contents,
)
from .layout import StepFolder, cache_folder
from .log_limit import pieces

_CHUNK = 1 << 20
_SMALL = 1 << 20
_OUTPUT = "executor_output.json"
_MOST_VARIANTS = 8
"""Results that are kept for one key: they differ in files or modules that the step read."""


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
        """Write it. Torn by a kill or a power loss it counts as none."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        with open(path, "w", encoding="ascii") as file:
            file.write(json.dumps(said))


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


@dataclass(frozen=True)
class Staged:
    """Outputs of a step that were read: copied, to be kept, or only hashed."""

    files: Mapping[str, str]
    """Digests of the files that were read, by path in the step's folder."""
    path: Path | None = None
    """Where the copy is."""
    size: int = 0


class StoppedError(Exception):
    """Nobody wants to wait for it any more."""


def hash_artifacts(source: StepFolder, stopped: Callable[[], bool]) -> Staged:
    """Read the artifacts of a step, in any thread. Raises `OSError`, `StoppedError`."""
    paths = [path for path in contents_of(source.path).files if path.startswith("artifacts/")]
    return Staged({path: _digest(source.path / path, stopped) for path in paths})


def stage(home: Path, source: StepFolder, stopped: Callable[[], bool]) -> Staged:
    """Copy the outputs of a step, in any thread.

    Raises `OSError` (a full disk), `StoppedError`, and then nothing is left of it.
    """
    aside = aside_folder(home) / f"{os.getpid()}-{os.urandom(4).hex()}"
    try:
        aside.mkdir(mode=0o700, parents=True)
        (aside / "artifacts").mkdir()
        contents = contents_of(source.path)
        files = {}
        size = 0
        for folder in contents.folders:
            (aside / folder).mkdir()
        within, values = {}, []
        parts = Counter(path.rpartition("/")[0] for path in contents.values)
        for path in contents.values:
            alone = parts[path.rpartition("/")[0]] == 1
            data = small_file(source.path / path) if alone else None
            if data is None:
                values.append(path)
                _link(f"{source.path}/{path}", f"{aside}/{path}")
                size += (aside / path).stat().st_size
            else:
                within[path] = data.decode("latin-1")
        for path in contents.files:
            data = small_file(source.path / path)
            if data is None:
                files[path] = _copy(source.path / path, aside / path, stopped)
                size += (aside / path).stat().st_size
            else:
                files[path] = sha256(data).hexdigest()
                within[path] = data.decode("latin-1")
        contents = replace(contents, values=tuple(values), files=files, within=within)
        size += write_contents(aside, contents)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return Staged(files, aside, size)


def commit(home: Path, staged: Path, size: int, kept: Kept) -> None:
    """Keep what was copied. Raises `OSError`, and then nothing is left of it."""
    try:
        kept.write(staged / "kept.json")
        place = _place(home, kept.key)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        staged.rename(place / f"{kept.run}-{os.urandom(4).hex()}-{size}")
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    for each in sorted(place.iterdir(), reverse=True)[_MOST_VARIANTS:]:
        remove_whole(home, each)


def restore(
    source: StepFolder, kept: Kept, target: StepFolder, checked: bool
) -> Mapping[str, Any] | None:
    """Put kept outputs into the folder of a step of another run; return its executor output.

    None where that is missing or no JSON object. `checked`: the source is an entry of the cache,
    which says what each file holds. Raises `DamagedError`, `OSError`; the target is then to be
    made anew.
    """
    output = None
    contents = read_contents(source) if checked else contents_of(source.path)
    _make_room(target)
    target.artifacts.mkdir()
    for folder in contents.folders:  # sorted: an outer one comes before those in it
        os.mkdir(f"{target.path}/{folder}")  # noqa: PTH102 - half the time, and there are many
    try:
        for path in contents.values:
            _link(f"{source.path}/{path}", f"{target.path}/{path}")
        for path, text in contents.within.items():
            data = text.encode("latin-1")
            if is_value(path) and digest_of_pickle(data) != path.split("/")[-2]:
                raise DamagedError(f"{path} is not what was written")
            if path == _OUTPUT:
                data, output = _moved(data, kept.folder, str(target.path))
            with open(f"{target.path}/{path}", "ab" if path == "log" else "wb") as file:
                file.write(data)
        for path, digest in contents.files.items():
            if path not in contents.within and path != "log":
                _put(path, digest, source, target, kept.folder)
        if "log" in contents.files and "log" not in contents.within:
            _check_log(source.log, contents.files["log"])
            with open(target.log, "ab") as log:
                log.writelines(pieces(source.log))
    except FileNotFoundError as error:
        if (source.path / "kept.json").exists():
            raise DamagedError(f"{error.filename} is missing") from error
        raise
    for group in {path.rpartition("/")[0] for path in contents.values}:
        if not is_whole(f"{target.path}/{group}", _SMALL):
            raise DamagedError(f"{group} in {source.path} is damaged")
    return output


def _make_room(target: StepFolder) -> None:
    """Make a step's folder, or empty it of results."""
    try:
        target.path.mkdir(parents=True)
    except FileExistsError:
        for each in (target.artifacts, target.parameters):
            if each.exists():
                shutil.rmtree(each)


def _put(path: str, digest: str, source: StepFolder, target: StepFolder, before: str) -> None:
    """Copy a file, checked; the executor output speaks of the folder where it is then."""
    place = f"{target.path}/{path}"
    if path == _OUTPUT:
        text, _ = _moved(_read_whole(source, path, digest), before, str(target.path))
        with open(place, "wb") as file:
            file.write(text)
    elif INDEX.fullmatch(path):
        _link(f"{source.path}/{path}", place)
        _read_whole(source, path, digest)
    elif _copy(source.path / path, Path(place)) != digest and digest:
        raise DamagedError(f"{path} is not what was kept")


def _read_whole(source: StepFolder, path: str, digest: str) -> bytes:
    with open(f"{source.path}/{path}", "rb") as file:
        data = file.read()
    if digest and sha256(data).hexdigest() != digest:
        raise DamagedError(f"{path} is not what was kept")
    return data


def _check_log(log: Path, digest: str) -> None:
    found = sha256()
    for piece in pieces(log):
        found.update(piece)
    if digest and found.hexdigest() != digest:
        raise DamagedError("log is not what was kept")


def _moved(text: bytes, before: str, after: str) -> tuple[bytes, Mapping[str, Any] | None]:
    """Return an executor output, as text and read, with the paths below one folder in another.

    Parameters hold such paths, too: of what a step that ran under a condition leaves.
    """
    try:
        output = json.loads(text)
    except ValueError:
        return text, None
    if not isinstance(output, dict):
        return text, None
    values = output.get("parameterValues", {})
    for name, value in values.items():
        if isinstance(value, str) and value.startswith(f"{before}{os.sep}"):
            values[name] = f"{after}{value[len(before) :]}"
    for listed in output.get("artifacts", {}).values():
        for artifact in listed.get("artifacts", ()):
            for name in ("uri", "customPath"):
                if str(artifact.get(name, "")).startswith(f"{before}{os.sep}"):
                    artifact[name] = f"{after}{artifact[name][len(before) :]}"
    return json.dumps(output).encode(), output


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)


def _never() -> bool:
    return False


def _digest(path: Path, stopped: Callable[[], bool]) -> str:
    digest = sha256()
    for chunk in _chunks(path):
        if stopped():
            raise StoppedError
        digest.update(chunk)
    return digest.hexdigest()


def _copy(source: Path, target: Path, stopped: Callable[[], bool] = _never) -> str:
    """Copy a file and return the digest of what was copied."""
    digest = sha256()
    with open(target, "xb") as new:
        for chunk in _chunks(source):
            if stopped():
                raise StoppedError
            digest.update(chunk)
            new.write(chunk)
        mode = stat.S_IMODE(source.stat().st_mode)
        if mode & 0o111:  # a program; other modes are those that any new file gets
            os.fchmod(new.fileno(), mode)
    return digest.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    if path.name == "log":
        yield from pieces(path)  # without what was left out of it
        return
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def remove_whole(home: Path, path: Path) -> None:
    """Remove a folder of a home so that nobody sees a part of it."""
    aside = aside_folder(home) / f"{os.getpid()}-{os.urandom(4).hex()}"
    with contextlib.suppress(OSError):
        aside.parent.mkdir(parents=True, exist_ok=True)
        path.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)
