"""Where a local run keeps what, so that no other file spells a path of its own."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class StepFolder:
    """The folder of one step of a run.

    What a run asks for again and again is made once.
    """

    path: Path

    @property
    def executor_input(self) -> Path:
        """KFP `ExecutorInput` as JSON."""
        return self.path / "executor_input.json"

    @cached_property
    def executor_output(self) -> Path:
        """KFP `ExecutorOutput` as JSON, written by the step."""
        return self.path / "executor_output.json"

    @property
    def slice(self) -> Path:
        """The step's slice, as the runner has checked it (`step_code`)."""
        return self.path / "slice.json"

    @property
    def seen(self) -> Path:
        """What a step of ours read beside its inputs (`runtime.step.reads`)."""
        return self.path / "seen.json"

    @property
    def twice(self) -> Path:
        """All values of its cells, and how they compare with those of another run (`verify`)."""
        return self.path / "twice"

    @cached_property
    def kept(self) -> Path:
        """What its result depends on (`kept.Kept`), once it has succeeded."""
        return self.path / "kept.json"

    @cached_property
    def log(self) -> Path:
        """What the step's processes wrote to stdout and stderr."""
        return self.path / "log"

    def container_log(self, container: str, attempt: int | None) -> Path:
        """Return where that of a container beside the step's own is: of one attempt, or of all."""
        return self.path / "containers" / (f"{container}@{attempt}" if attempt else container)

    @property
    def attempts(self) -> Path:
        """Where in the log its attempts begin, if they are several: a byte a line (`log_part`)."""
        return self.path / "attempts"

    @property
    def work(self) -> Path:
        """Its working folder."""
        return self.path / "work"

    @property
    def environment(self) -> Path:
        """Where a component of others that calls pip installs its packages."""
        return self.path / "environment"

    @cached_property
    def artifacts(self) -> Path:
        """One file or folder for each output artifact."""
        return self.path / "artifacts"

    @cached_property
    def cells(self) -> Path:
        """The record of what its cells printed and showed."""
        return self.artifacts / "cells"

    @cached_property
    def parameters(self) -> Path:
        """One file for each output parameter that is written as a file."""
        return self.path / "parameters"

    def part(self, name: str, key: str) -> "StepFolder":
        """Return the folder of one process of a step that has several.

        `name`: which of its tasks (empty for the one that runs its cells), `key`: the iteration.
        """
        if not name and not key:
            return self
        path = self.path / "parts" / name if name else self.path
        return StepFolder(path / "iterations" / key if key else path)

    def records(self) -> list[Path]:
        """Return the records of its cells in the order of the notebook and of the items."""
        places = [*sorted(self.path.glob("parts/*/")), self.path]
        found = []
        for place in places:
            iterations = (place / "iterations").glob("*/artifacts/cells")
            found.append(place / "artifacts" / "cells")
            found += sorted(iterations, key=lambda path: _numbers(path.parents[1].name))
        return [path for path in found if path.is_file()]

    @property
    def termination_log(self) -> Path:
        """Where a failing step says why."""
        return self.path / "termination-log"


def _numbers(key: str) -> list[int]:
    return [int(each) for each in key.split(".") if each.isdigit()]


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run."""

    path: Path

    @property
    def home(self) -> Path:
        """The home that it belongs to."""
        return self.path.parent.parent

    @property
    def record(self) -> Path:
        """What never changes about the run."""
        return self.path / "run.json"

    @property
    def pipeline(self) -> Path:
        """The compiled specification."""
        return self.path / "pipeline.json"

    @property
    def notebook(self) -> Path:
        """The notebook as submitted."""
        return self.path / "notebook.ipynb"

    @property
    def code(self) -> Path:
        """The user's files that it was submitted with (`compiler.code_record`)."""
        return self.path / "code.json"

    @property
    def events(self) -> Path:
        """The journal."""
        return self.path / "events.jsonl"

    @property
    def result(self) -> Path:
        """The final status; exists once the run has ended."""
        return self.path / "result.json"

    @property
    def about(self) -> Path:
        """What people said of the run: its name, a note, tags (`runs.about`)."""
        return self.path / "about.json"

    @property
    def lock(self) -> Path:
        """Held while the runner or its guard lives."""
        return self.path / "runner.lock"

    @property
    def runner_log(self) -> Path:
        """What the runner itself has to say."""
        return self.path / "runner.log"

    @property
    def cancel(self) -> Path:
        """Exists once someone asked to cancel."""
        return self.path / "cancel"

    @property
    def retry(self) -> Path:
        """Exists while someone asked to run again what failed of a run on a cluster."""
        return self.path / "retry.json"

    @property
    def archived(self) -> Path:
        """Exists while the run is left out of lists."""
        return self.path / "archived"

    @property
    def paused(self) -> Path:
        """Exists while the run is to stand still."""
        return self.path / "paused"

    @property
    def volumes(self) -> Path:
        """One folder for each claim that the run makes on a cluster (`compiler.new_claims`)."""
        return self.path / "volumes"

    @property
    def broken(self) -> Path:
        """The assumptions found wrong that the run is being planned anew for."""
        return self.path / "broken.json"

    @property
    def learned(self) -> Path:
        """What this run's steps were seen to do that their code does not say."""
        return self.path / "learned.json"

    @property
    def new_plan(self) -> Path:
        """What the planning process answered last."""
        return self.path / "new_plan.json"

    @property
    def plan(self) -> Path:
        """The plan that the run goes by, once it is not the one that was submitted."""
        return self.path / "plan.json"

    @property
    def workspace(self) -> Path:
        """What the steps share, where the pipeline asks for that (KFP's `WorkspaceConfig`)."""
        return self.path / "workspace"

    @property
    def reserve(self) -> Path:
        """Room on the disk, kept while the run goes on."""
        return self.path / "reserve"

    def step(self, task: str) -> StepFolder:
        """Return the folder of a step."""
        return StepFolder(self.path / "steps" / task)


def runs_folder(home: Path) -> Path:
    """Return the folder of all runs."""
    return home / "runs"


def run_folder(home: Path, run_id: str) -> RunFolder:
    """Return the folder of a run, whether or not it exists."""
    return RunFolder(runs_folder(home) / run_id)


def bundle_path(home: Path, bundle_hash: str) -> Path:
    """Return where a code bundle is kept."""
    return home / "code" / f"{bundle_hash}.zip"


def cache_folder(home: Path) -> Path:
    """Return the folder of kept results."""
    return home / "cache"
