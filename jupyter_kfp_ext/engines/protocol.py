"""What every engine can do. `runs` talks to engines through this protocol alone."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from ..compiler.compiled import CompiledPipeline
from .model import LeftThere, Reuse, RunStatus


@dataclass(frozen=True)
class Submission:
    """Everything an engine needs to start a run."""

    compiled: CompiledPipeline
    notebook: Mapping[str, Any]
    """The notebook as submitted (nbformat JSON)."""
    parameters: Mapping[str, Any]
    """Values given at submit, already checked; the rest take their defaults."""
    python: str
    """Interpreter of the notebook's kernel, absolute; empty where the engine does not use it."""
    folder: str | None
    """Folder of the notebook: where its relative paths start."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that the notebook's kernel is started with."""
    cache: bool = True
    """Whether results of earlier runs may be taken from the cache."""
    reuse: Reuse = field(default_factory=Reuse)
    replan: str = ""
    """The module that plans a run anew once a step has found an assumption of the plan wrong,
    called as `python -m MODULE RUN_FOLDER`; empty: such a step fails."""
    ignore_resources: bool = False
    """Run also where a step asks for more than the machine has (an engine of this machine)."""
    connection: str | None = None
    """Name of the cluster's connection (an engine of clusters); None: the one for all runs."""
    namespace: str = ""
    """Where the run is on a cluster with several users; empty: as the connection says."""
    experiment: str = ""
    """Group of runs that it goes to (an engine of clusters); empty: the notebook's, else the
    pipeline's name."""
    press: str = ""
    """Whoever starts a run may name the attempt: `run_of_press` finds what came of it."""


class Engine(Protocol):
    """Executes compiled pipelines."""

    name: str
    uses_kernel: bool
    """Whether steps run in the environment of the notebook's kernel."""

    def submit(self, submission: Submission) -> str:
        """Start a run and return its id at once."""

    def status(self, run_id: str) -> RunStatus:
        """Return the run as it is now; raises `KfpExtError` (`run-missing`)."""

    def cancel(self, run_id: str) -> None:
        """Ask the run to end; returns at once, the run ends as CANCELED."""

    def revive(self, run_id: str) -> None:
        """Watch a run on, where it goes on elsewhere and the process that watched it is gone."""

    def log(self, run_id: str, task: str, follow: bool = False) -> AsyncIterator[str]:
        """Yield the text of a step's log, and with `follow` what comes until the step ends."""

    def log_growth(self, run_id: str, task: str) -> AsyncIterator[int]:
        """Yield the size of a step's log in bytes whenever it grew, until the step ends."""


@runtime_checkable
class Pausing(Protocol):
    """An engine whose runs can stand still."""

    def pause(self, run_id: str) -> None:
        """Have a run stand still; raises `KfpExtError` (`run-ended`)."""

    def go_on(self, run_id: str) -> None:
        """Let a run go on that stands still; raises `KfpExtError` (`run-ended`)."""


@runtime_checkable
class Retrying(Protocol):
    """An engine whose runs can go on after they failed."""

    def retry(self, run_id: str) -> None:
        """Have an ended run go on with what failed of it; returns at once.

        Raises `KfpExtError`: `run-missing`, `run-active`, `usage` where nothing failed.
        """


@runtime_checkable
class Remote(Protocol):
    """An engine whose runs are kept elsewhere, too."""

    def archive(self, run_id: str, archived: bool) -> None:
        """Have a run put aside there, or taken back; raises `KfpExtError`."""

    def left_there(self, run_id: str) -> LeftThere | None:
        """Return what a run has left there; None where it never was there."""

    def remove_there(self, run_id: str, artifacts: bool) -> LeftThere | None:
        """Remove a run there, with `artifacts` also what its steps left; return what went."""


@runtime_checkable
class Containers(Protocol):
    """An engine whose steps are pods: other containers than a step's own have logs, too."""

    def bring_log(self, run_id: str, task: str) -> None:
        """Have the log of such a container (`train:driver`) lie in the run's folder.

        Where there is none, the log says why. Raises `KfpExtError`: `run-missing`, `step-missing`.
        """


@runtime_checkable
class Bringing(Protocol):
    """An engine whose steps leave their values elsewhere."""

    def bring(self, run_id: str, task: str, iteration: str) -> None:
        """Have what a step left (in an iteration; empty: in none) lie in the run's folder.

        Raises `KfpExtError`: `run-missing`, `usage`, and where its place cannot be read.
        """

    def bring_values(self, run_id: str, task: str, iteration: str, names: Sequence[str]) -> None:
        """Have values, of which `bring` brought references alone, lie there, too; raises as it."""
