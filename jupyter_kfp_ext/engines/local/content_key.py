"""The content key of a step: equal keys mean that running it again would be the same work.

It covers what the step runs (the code after its slice, with its helpers and the step runtime; of
other components the command), the values of its parameters, the content of its inputs, the
interpreter, and the environment variables that its code names; not where things lie, which run it
is, or what else is in the notebook. What a step is only seen to use once it ran (files, modules)
is not in the key but in `depends`.
"""

import json
import os
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from .executor_input import RunFacts
from .launch import NOT_PASSED_ON, is_own
from .layout import bundle_path
from .record import RunRecord
from .spec import Container, Task

_CHUNK = 1 << 20
_WORD = re.compile(r"\b[A-Za-z_][A-Za-z0-9_]+")
_ALWAYS = ("PYTHONPATH", "PYTHONHASHSEED", "PYTHONOPTIMIZE", "TZ", "LANG", "LC_ALL")
"""Environment variables that change what Python code does without being named in it."""
_OF_A_RUN = re.compile(
    r"\{\{\s*\$\.pipeline_(job_(uuid|resource_name|create_time_utc|schedule_time_utc)"
    r"|task_uuid|root)\s*\}\}"
)
"""Placeholders that differ from run to run."""


@dataclass(frozen=True)
class Code:
    """What a step of ours runs."""

    digest: str
    words: frozenset[str]
    """All words of its text: an environment variable among them is read, most likely."""
    texts: tuple[str, ...]
    slots: tuple[str, ...]
    """The artifacts that hold its values."""
    numbers: Mapping[str, int]
    """Cell numbers by cell id. They are no part of the digest: a cell inserted above changes them,
    and nothing else."""
    takes_environment: bool
    """Whether it is given environment variables that earlier steps have set."""


class Keys:
    """Makes the keys of one run; remembers code and content that several steps share."""

    def __init__(self, home: Path, record: RunRecord, facts: RunFacts) -> None:
        """Take a run."""
        self._home = home
        self._interpreter = _interpreter(record.python)
        self._environment = {**os.environ, **record.environment}
        self._facts = facts
        self._code: dict[str, Code] = {}
        self._contents: dict[str, str] = {}
        self._files: dict[str, str] = {}
        self._zip: zipfile.ZipFile | None = None
        self._parts: dict[str, tuple[str, frozenset[str]]] = {}
        self.bundle = record.bundle

    def adopt(self, bundle: str) -> None:
        """Go on with the code of another plan."""
        self.bundle = bundle
        self._code.clear()
        self._parts.clear()
        self._zip = None

    def of(self, task: Task, document: Mapping[str, Any]) -> str:
        """Return the key of a task with this executor input (64 hexadecimal digits).

        Reads the input artifacts: call it before a step that made one runs again.
        """
        container = task.container
        inputs = document["inputs"]
        if task.cache_key:
            return _hash(["cacheKey", task.cache_key])
        code = self.code(task)
        texts = (*container.command, *container.args) if container else ()
        words = code.words if code else _words("\n".join(texts))
        if container and code:
            container = replace(container, args=(code.digest,))
        said = {
            "task": task.name,
            "container": _work(container) if container else None,
            "run": self._facts.run_id if _OF_A_RUN.search("\n".join(texts)) else "",
            "parameters": inputs["parameterValues"],
            "artifacts": {
                name: [self.content(each) for each in listed["artifacts"]]
                for name, listed in inputs["artifacts"].items()
            },
            "outputs": [dict(task.output_parameters), dict(task.output_artifacts)],
            "interpreter": self._interpreter,
            "environment": self._named(words),
        }
        return _hash(said)

    def _named(self, words: Iterable[str]) -> dict[str, str]:
        known = self._environment
        names = {*known.keys() & {*words}, *_ALWAYS} - NOT_PASSED_ON
        return {name: known[name] for name in sorted(names) if name in known}

    def code(self, task: Task) -> Code | None:
        """Return what a step of ours runs; None for a component of others."""
        if not is_own(task):
            return None
        if task.name not in self._code:
            self._code[task.name] = self._read_code(task.name)
        return self._code[task.name]

    def walks(self, task: Task) -> bool:
        """Tell whether a step's code walks through folders, as far as its text shows."""
        try:
            code = self.code(task)
        except (OSError, KeyError, zipfile.BadZipFile):
            return False
        return code is not None and walks_folders(code.words, code.texts)

    def _read_code(self, task: str) -> Code:
        content = json.loads(self._read(f"steps/{task}.json"))
        cells = [*content["prelude"], *content["cells"]]
        numbers = {cell["cell_id"]: cell.pop("number") for cell in cells}
        content.pop("notebook")
        content.get("decides", {}).pop("number", None)
        # What only values may need counts with the values (`code` in their index).
        carried = content.pop("carried", ())
        content.pop("above", None)
        content["helpers"] = [each for each in content.get("helpers", ()) if each not in carried]
        names = ["kfp_step.py", *content["helpers"]]
        parts = [self._part(name) for name in names]
        texts = tuple(str(cell["source"]) for cell in cells)
        words = frozenset().union(*map(_words, texts), *(known for _, known in parts))
        digests = [digest for digest, _ in parts]
        slots = tuple(str(each["artifact"]) for each in content["outputs"])
        given = any("@environ" in each["names"] for each in content["inputs"])
        return Code(_hash([content, names, digests]), words, texts, slots, numbers, given)

    def _part(self, name: str) -> tuple[str, frozenset[str]]:
        """Return the digest of a file of the bundle, and the words of a module of the user's."""
        if name not in self._parts:
            data = self._read(name)
            module = name.startswith("helpers/") and name.endswith(".py")
            words = _words(data.decode(errors="replace")) if module else frozenset()
            self._parts[name] = (sha256(data).hexdigest(), words)
        return self._parts[name]

    def _read(self, name: str) -> bytes:
        if self._zip is None:
            self._zip = zipfile.ZipFile(bundle_path(self._home, self.bundle))
        return self._zip.read(name)

    def content(self, artifact: Mapping[str, Any]) -> str:
        """Return the digest of an artifact, reading it only the first time."""
        place = artifact["uri"]
        if place not in self._contents:
            self._contents[place] = artifact_content(place, self._files)
        return _hash([self._contents[place], artifact.get("metadata", {})])

    def known(self, folder: Path) -> dict[str, str]:
        """Return the digests of artifacts below a step's folder that are known, by name."""
        inside = f"{folder}{os.sep}"
        return {
            place[len(inside) :]: digest
            for place, digest in self._contents.items()
            if place.startswith(inside)
        }

    def forget(self, folder: Path) -> None:
        """Forget what artifacts in a folder hold: they are made anew."""
        for name in self.known(folder):
            del self._contents[f"{folder}{os.sep}{name}"]
        for path in [each for each in self._files if each.startswith(f"{folder}{os.sep}")]:
            del self._files[path]

    def learn_files(self, folder: Path, digests: Mapping[str, str]) -> None:
        """Take the sha-256 of files that were read already, by path in a folder."""
        self._files.update((f"{folder}{os.sep}{name}", each) for name, each in digests.items())

    def learn(self, folder: Path, contents: Mapping[str, str]) -> None:
        """Take digests from where they were recorded."""
        for name, digest in contents.items():
            self._contents[f"{folder}{os.sep}{name}"] = digest


def _hash(value: Any) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _work(container: Container) -> dict[str, Any]:
    """Return what of a container is its work: what it asks of the machine changes no result."""
    return {
        "image": container.image,
        "command": container.command,
        "args": container.args,
        "env": dict(container.env),
    }


def walks_folders(words: frozenset[str], texts: Iterable[str]) -> bool:
    """Tell code that enters folders by itself: `os.walk`, `rglob`, a pattern with `**/`."""
    return bool(words & {"walk", "fwalk", "rglob"}) or any("**/" in each for each in texts)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))


def _interpreter(python: str) -> list[Any]:
    """Return what tells an interpreter from another: its path, its binary, its environment."""
    said: list[Any] = [python]
    try:
        real = Path(python).resolve()
        state = real.stat()
        said += [str(real), state.st_size, state.st_mtime_ns]
        said.append((Path(python).parent.parent / "pyvenv.cfg").read_text())
    except OSError:
        return said
    return said


def artifact_content(place: str, known: Mapping[str, str]) -> str:
    """Return the digest of an artifact: of the file or folder that it is.

    A folder of values is known by its index, which names each group by its hash. `known` has the
    sha-256 of files that were read already, by path.
    """
    digest = sha256()
    path = Path(place)
    if (path / "index.json").is_file():
        for name in ("index.json", "missing.json", "warned.json"):
            if (path / name).is_file():
                digest.update((path / name).read_bytes())
        path = path / "files"
    for each in _files(path):
        content = known.get(str(each)) or _file_digest(each)
        digest.update(f"{each.relative_to(path)}\0{content}\0".encode())
    return digest.hexdigest()


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    for folder, folders, names in os.walk(place):
        folders.sort()
        for name in sorted(names):
            yield Path(folder, name)


def _file_digest(path: Path) -> str:
    digest = sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
