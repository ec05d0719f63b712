"""What never changes about a run (`run.json`), and the status it starts from."""

import functools
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..model import Reuse, RunStatus, State, StepStatus


@dataclass(frozen=True)
class StepRecord:
    """A step as it was planned."""

    name: str
    task: str
    title: str
    cells: tuple[str, ...]
    after: tuple[str, ...]
    node: str = ""
    """Path of the task of the specification whose end is the step's end; empty: `task`."""
    parts: tuple[tuple[str, str], ...] = ()
    """Path of each task that is a process of the step, with the name of its folder (empty for the
    one that runs its cells); empty: only `task`."""
    chain: tuple[str, ...] = ()
    """Tasks of all steps that run in its pod, itself among them, in their order; empty where it has
    a pod of its own, as all have on this machine."""
    when: str = ""
    """The condition as the user wrote it."""
    requests: Mapping[str, str] = field(default_factory=dict)
    """What it asks of a machine by option (`cpu`, `memory`, `gpu`), as the user wrote it."""
    packages: tuple[str, ...] = ()
    """Python packages that it needs beside the kernel's."""
    snapshot: str = ""
    """Path of the task that takes snapshots of its volumes before it; empty: none does."""
    snapshot_of: tuple[str, ...] = ()
    """The claims of which that takes snapshots."""


@dataclass(frozen=True)
class RunRecord:
    """A run as it was submitted."""

    id: str
    name: str
    notebook: str | None
    """Absolute path."""
    created: float
    parameters: Mapping[str, Any]
    """All values of the run by name, for people: those given, the rest by their defaults."""
    python: str
    """Interpreter of the steps, absolute."""
    folder: str | None
    """Folder of the notebook, absolute."""
    bundle: str
    """sha-256 of the code bundle."""
    steps: tuple[StepRecord, ...]
    sent: Mapping[str, Any] = field(default_factory=dict)
    """The values given, by key and in the form in which they travel (`compiler.encoding`)."""
    notes: tuple[str, ...] = ()
    engine: str = "local"
    split: str | None = None
    """How a notebook without marks was cut."""
    replan: str = ""
    """The module that plans the run anew (`engines.protocol.Submission`)."""
    ignore_resources: bool = False
    """Whether steps that ask for more than the machine has get what there is."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that the kernel's specification sets."""
    own_folders: tuple[str, ...] = ()
    """Folders of the user's own modules, absolute, the notebook's first."""

    @functools.cached_property
    def packages(self) -> Mapping[str, tuple[str, ...]]:
        """The packages that tasks ask for, by the path of the task."""
        return {
            path: step.packages
            for step in self.steps
            for path, _ in step.parts or ((step.task, ""),)
            if step.packages
        }

    cache: bool = True
    """Whether results of earlier runs may be taken from the cache."""
    reuse: Reuse = field(default_factory=Reuse)
    press: str = ""
    """What `engines.protocol.Submission` says of it."""

    def to_json(self) -> dict[str, Any]:
        """Return the form that is written to disk."""
        return asdict(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "RunRecord":
        """Build it from the form on disk; `KeyError` or `TypeError` where that is damaged."""
        steps = tuple(
            StepRecord(
                name=each["name"],
                task=each["task"],
                title=each["title"],
                cells=tuple(each["cells"]),
                after=tuple(each["after"]),
                node=each.get("node", ""),
                parts=tuple((path, name) for path, name in each.get("parts", ())),
                chain=tuple(each.get("chain", ())),
                when=each.get("when", ""),
                requests=each.get("requests", {}),
                packages=tuple(each.get("packages", ())),
                snapshot=each.get("snapshot", ""),
                snapshot_of=tuple(each.get("snapshot_of", ())),
            )
            for each in data["steps"]
        )
        reuse = Reuse.from_json(data.get("reuse", {}))
        tuples = {key: tuple(data.get(key, ())) for key in ("notes", "own_folders")}
        return RunRecord(**{**data, **tuples, "steps": steps, "reuse": reuse})

    def first_status(self) -> RunStatus:
        """Return the status before any event."""
        return RunStatus(
            id=self.id,
            name=self.name,
            notebook=self.notebook,
            engine=self.engine,
            state=State.PENDING,
            created=self.created,
            seq=0,
            parameters=self.parameters,
            steps=tuple(
                StepStatus(
                    name=each.name,
                    task=each.task,
                    title=each.title,
                    cells=each.cells,
                    after=each.after,
                    requests=each.requests,
                )
                for each in self.steps
            ),
            notes=self.notes,
        )
