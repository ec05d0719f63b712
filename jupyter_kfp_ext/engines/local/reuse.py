"""What a run takes from earlier runs, and what it keeps for later ones.

A step is looked for by its content key: in the run that is resumed, then in the cache. What is
found counts only where all else that it depends on is as it was (`depends`), and only after it was
checked (`results`).
"""

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from . import results as cache
from .content_key import Keys
from .dataflow import Results
from .depends import Observer, read_seen
from .executor_input import RunFacts
from .kept_files import DamagedError
from .launch import is_own
from .layout import RunFolder, StepFolder, run_folder
from .outcome import OutputMissingError, read_results
from .record import RunRecord
from .results import Entry, Kept, Staged
from .spec import Task
from .status import DamagedRunError, read_record


@dataclass(frozen=True)
class Taken:
    """The results of a process that need not run."""

    results: Results
    run: str
    """The run that computed them."""


@dataclass(frozen=True)
class _Found:
    """Results that may be taken."""

    place: StepFolder
    kept: Kept
    entry: Entry | None
    """Of the cache; None: of the run that is resumed."""


class NotRecordedError(Exception):
    """The earlier run lacks what is to be taken from it; the text says what."""


class Reuser:
    """Looks for results before a step starts, and keeps them once it has ended."""

    def __init__(
        self, folder: RunFolder, record: RunRecord, facts: RunFacts, note: Callable[[str], None]
    ) -> None:
        """Take a run; `note` says something about it to the user."""
        self._home = folder.home
        self._run = folder
        self._record = record
        self._note = note
        self.keys = Keys(folder.home, record, facts)
        self._earlier = list(_chain(folder.home, record.reuse.run))
        self._observer = Observer(folder.home, record.folder)
        self._of: dict[Path, str] = {}
        """Keys of what is to be started or was, by folder."""

    def take(
        self, step: str, task: Task, document: Mapping[str, Any], folder: StepFolder
    ) -> Taken | None:
        """Return the results of a process of a step where they are known; None: it has to run.

        Raises `NotRecordedError` where they must be known.
        """
        reuse = self._record.reuse
        self.keys.forget(folder.path)
        try:
            key = self._of[folder.path] = self.keys.of(task, document)
        except (OSError, KeyError, BadZipFile):
            key = ""  # a bundle or an input is gone: the step itself says it best
        if step in reuse.as_is:
            return self._as_recorded(task, key, folder)
        if not key:
            return None
        if step in reuse.fresh or task.at_exit:
            return None
        for found in self._known(task, key, folder):
            depends = found.kept.depends
            if depends is not None and self._observer.difference(depends):
                continue
            try:
                return self._restored(task, found, folder)
            except DamagedError:
                if found.entry is not None:
                    found.entry.remove()
                self._note(f"A kept result of step {task.name} was damaged; it was not taken.")
            except OSError:
                continue  # removed just now, or the disk is full: the step itself will tell
        return None

    def _known(self, task: Task, key: str, folder: StepFolder) -> Iterator[_Found]:
        for run in self._earlier:
            place = self._recorded(folder, run)
            kept = Kept.read(place.kept)
            if kept is not None and kept.key == key:
                yield _Found(place, kept, None)
        if self._record.cache and task.cache:
            for entry in cache.entries(self._home, key):
                # A run does not take its own results: a task that is there twice runs twice.
                if entry.kept.run != self._record.id:
                    yield _Found(entry.folder, entry.kept, entry)

    def _recorded(self, folder: StepFolder, run: str = "") -> StepFolder:
        """Return the same folder of an earlier run."""
        earlier = run_folder(self._home, run or self._record.reuse.run).path
        return StepFolder(earlier / folder.path.relative_to(self._run.path))

    def _restored(self, task: Task, found: _Found, folder: StepFolder) -> Taken:
        """Put results into the folder of a process; raises `DamagedError`, `OSError`."""
        code = self.keys.code(task)
        numbers = code.numbers if code is not None else {}
        try:
            output = cache.restore(found.place, found.kept, folder, found.entry is not None)
            if numbers != found.kept.numbers:
                _renumber(folder.cells, numbers)
            results = read_results(task, folder, output)
        except (OutputMissingError, ValueError) as error:
            raise DamagedError(str(error)) from error
        kept = replace(found.kept, folder=str(folder.path), numbers=numbers)
        kept.write(folder.kept)
        self.keys.learn(folder.path, kept.contents)
        if found.entry is not None:
            found.entry.used()
        return Taken(results, kept.run)

    def _as_recorded(self, task: Task, key: str, folder: StepFolder) -> Taken:
        run, place = self._record.reuse.run, self._recorded(folder)
        kept = Kept.read(place.kept)
        if kept is not None and kept.key != key:
            self._note(f"Step {task.name} has changed; its results are those of run {run}.")
        if kept is None:
            raise NotRecordedError(f"Run {run} has no results of {task.name}.")
        try:
            taken = self._restored(task, _Found(place, kept, None), folder)
        except (DamagedError, OSError) as error:
            words = f"The results of {task.name} in run {run} cannot be taken: {error}."
            raise NotRecordedError(words) from error
        code = self.keys.code(task)
        for slot in code.slots if code is not None else ():
            if not (place.artifacts / slot).exists():
                words = f"Run {run} has no `{slot}` of {task.name}, which is needed now."
                raise NotRecordedError(words)
        return taken

    def begin(self, task: Task, folder: StepFolder) -> Kept | None:
        """Note what a process has left, for later runs; return it if its outputs are to be read.

        What fails here (a full disk) costs time later, and nothing else.
        """
        key = self._of.get(folder.path)
        if not key:
            return None
        try:
            kept = self._kept(task, folder, key)
            kept.write(folder.kept)
        except Exception as error:
            # Whatever it is: the step has done its work, and the run goes on.
            _not_kept(task, error)
            return None
        return kept if not is_own(task) or _is_shared(task, kept) else None

    def stage(
        self, task: Task, folder: StepFolder, kept: Kept, stopped: Callable[[], bool]
    ) -> Staged:
        """Read the outputs of a process, in any thread. Raises `OSError`, `StoppedError`."""
        if _is_shared(task, kept):
            return cache.stage(self._home, folder, stopped)
        return cache.hash_artifacts(folder, stopped)

    def finish(
        self, task: Task, folder: StepFolder, kept: Kept, staged: Staged | Exception
    ) -> None:
        """Keep the outputs of a process that were read, or could not be read."""
        if isinstance(staged, Exception):
            _not_kept(task, staged)
            return
        try:
            self.keys.learn_files(folder.path, staged.files)
            for name in task.output_artifacts:
                self.keys.content({"uri": str(folder.artifacts / name)})
            kept = replace(kept, contents=self.keys.known(folder.path))
            if staged.path is not None:
                cache.commit(self._home, staged.path, staged.size, kept)
            kept.write(folder.kept)
        except Exception as error:
            _not_kept(task, error)

    def _kept(self, task: Task, folder: StepFolder, key: str) -> Kept:
        code = self.keys.code(task)
        depends, problem = None, ""
        if code is not None:
            seen = read_seen(folder.seen)
            problem = "it did not say what it read"
            if seen is not None:
                now = time.time()
                depends, problem = self._observer.record(seen, folder.work, code.texts, now)
        return Kept(
            key=key,
            run=self._record.id,
            folder=str(folder.path),
            depends=depends,
            unrepeatable=problem,
            numbers=code.numbers if code is not None else {},
        )

    def before(self, task: Task, folder: StepFolder) -> Results | None:
        """Return what the same process left in the run that this one is compared with, if any."""
        run = self._record.reuse.twice
        if run in ("", "first"):
            return None
        try:
            return read_results(task, self._recorded(folder, run))
        except OutputMissingError:
            return None


def _is_shared(task: Task, kept: Kept) -> bool:
    """Tell whether runs that have nothing else to do with this one may take a result."""
    return task.cache and not kept.unrepeatable and not task.at_exit


def _not_kept(task: Task, error: Exception) -> None:
    with contextlib.suppress(OSError):
        sys.stderr.write(f"The result of {task.name} is not kept: {error!r}\n")


def _chain(home: Path, run: str) -> Iterator[str]:
    """Yield an earlier run, the one that it took from itself, and so on."""
    while run:
        yield run
        try:
            run = read_record(run_folder(home, run)).reuse.run
        except DamagedRunError:
            return


def _renumber(record: Path, numbers: Mapping[str, int]) -> None:
    """Give the cells of a record the numbers that they have in the notebook now."""
    if not record.is_file():
        return
    lines = []
    for text in record.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        if line.get("cell_id") in numbers and "number" in line:
            line["number"] = numbers[line["cell_id"]]
        lines.append(json.dumps(line))
    record.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
