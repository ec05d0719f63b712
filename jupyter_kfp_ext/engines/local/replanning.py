"""Plans a run anew when a step finds that its plan assumed something wrong.

The compiling is done by a process of its own (`Submission.replan`), so the runner stays small and
no layer reaches up. What it learns is in the run's folder; the next plan of the notebook has it.
"""

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from ...storage import write_json
from ..model import StepError
from .dataflow import Results
from .launch import OF_A_STEP
from .layout import RunFolder
from .record import RunRecord
from .spec import Pipeline
from .spec_reader import read_pipeline
from .used import Used

_PACKAGE_ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Former:
    """How a step ended under an earlier plan: it counts again where its content key is the same."""

    key: str
    results: Results | None
    """None where it failed."""
    error: StepError | None
    used: Used


@dataclass(frozen=True)
class NewPlan:
    """What the planning process answered."""

    pipeline: Pipeline
    bundle: str
    """sha-256 of the new code bundle."""
    words: str
    """What was learned: `cell 4 changes x`."""


class CannotPlanError(Exception):
    """No other plan was found; the text says why."""


class Replanner:
    """The planning process of a run, if one runs, and what it is to answer."""

    def __init__(self, folder: RunFolder, record: RunRecord) -> None:
        self._folder = folder
        self._module = record.replan
        self._process: subprocess.Popen[bytes] | None = None
        self.waiting: dict[str, StepError] = {}
        """Tasks that wait for a new plan, and what they found."""
        self._asked = 0

    def can_mend(self, error: StepError | None) -> bool:
        """Tell an error that another plan may avoid."""
        return bool(self._module and error is not None and error.broken)

    @property
    def busy(self) -> bool:
        """Whether a new plan is being made: nothing may start until it is there."""
        return bool(self.waiting)

    def ask(self, task: str, error: StepError) -> None:
        """Have the run planned anew; the answer comes with a SIGCHLD."""
        self.waiting[task] = error
        if self._process is None:
            self._start()

    def _start(self) -> None:
        self._asked = len(self.waiting)
        broken = [each for error in self.waiting.values() for each in error.broken]
        write_json(self._folder.broken, [asdict(each) for each in dict.fromkeys(broken)])
        self._folder.new_plan.unlink(missing_ok=True)
        env = {name: value for name, value in os.environ.items() if name not in OF_A_STEP}
        self._process = subprocess.Popen(
            [sys.executable, "-m", self._module, str(self._folder.path)],
            cwd=_PACKAGE_ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def answer(self) -> NewPlan | CannotPlanError | None:
        """Return the answer once it is there; the tasks that wait for it are in `waiting`.

        Where others have asked in the meantime, all are asked for again.
        """
        if self._process is None or self._process.poll() is None:
            return None
        self._process = None
        if len(self.waiting) > self._asked:
            self._start()
            return None
        try:
            return self._read()
        except CannotPlanError as error:
            return error

    def _read(self) -> NewPlan:
        try:
            answer = json.loads(self._folder.new_plan.read_bytes())
        except (OSError, ValueError):
            raise CannotPlanError("the planning process failed (see runner.log)") from None
        if answer["problem"]:
            raise CannotPlanError(answer["problem"])
        compiled = answer["pipeline"]
        write_json(self._folder.pipeline, compiled)
        write_json(self._folder.learned, {"version": 1, "observed": answer["observed"]})
        write_json(self._folder.plan, {"bundle": answer["bundle"]})
        pipeline = read_pipeline(compiled["pipeline_spec"], compiled["platform_spec"])
        return NewPlan(pipeline, answer["bundle"], answer["words"])

    def end(self) -> None:
        """End the planning process; nobody waits for its answer."""
        self.waiting.clear()
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.kill()
            self._process.wait()
            self._process = None
