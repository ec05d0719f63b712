"""The parts of one step under construction: the places in the spec that options write to."""

from dataclasses import dataclass, field
from typing import Any

from ..errors import Code, Problem
from ..notation.model import MarkedCell, Step

CODE_FOLDER = "/kfp-code"
"""Where the platform spec mounts the ConfigMap with the bundle."""

DATA_FOLDER = "/kfp-data"
"""Where the volume for large values is mounted (`data_volume`)."""

LIVE_FOLDER = "/kfp-live"
"""Where a working tree on a claim is mounted, if steps are to use that."""


@dataclass
class StepParts:
    """What the compiler has collected for one step; `problems` are what options refused."""

    step: Step
    container: dict[str, Any] = field(default_factory=dict)
    """`deploymentSpec.executors.<label>.container`."""
    task: dict[str, Any] = field(default_factory=dict)
    """`root.dag.tasks.<task>`."""
    kubernetes: dict[str, Any] = field(default_factory=dict)
    """The executor's part of the Kubernetes platform spec (`KubernetesExecutorConfig`)."""
    packages: list[str] = field(default_factory=list)
    after: set[str] = field(default_factory=set)
    """Names of steps that must end first."""
    depends: dict[str, Any] = field(default_factory=dict)
    """What can change the step's answer but is not in KFP's cache key."""
    data_volume: dict[str, Any] = field(default_factory=dict)
    """What the step has to know of the volume for large values; empty: there is none."""
    problems: list[Problem] = field(default_factory=list)

    def refuse(
        self, option: str, message: str, remedy: str, code: Code = Code.OPTION_INVALID
    ) -> None:
        """Note that an option cannot be compiled, at the cell that says it."""
        marked = said_at(self.step, option)
        self.problems.append(
            Problem(
                code,
                f"Step {self.step.name!r}, option `{option}`: {message}.",
                remedy,
                cell=marked.cell.number if marked else None,
                cell_id=marked.cell.id if marked else None,
                option=option,
                step=self.step.name,
            )
        )

    def passes(self, option: str, *texts: str) -> bool:
        """Whether KFP passes these texts unchanged; notes a problem where it does not."""
        for text in texts:
            if not (text.isascii() and text.isprintable()) or "{{" in text:
                self.refuse(
                    option,
                    f"{text!r} would not reach a cluster unchanged",
                    "Keep to printable ASCII without double braces.",
                )
                return False
        return True


def said_at(step: Step, option: str) -> MarkedCell | None:
    """Return the cell whose marks say an option, else the step's first cell."""
    spelled = (option, option.replace("_", "-"))
    for marked in step.cells:
        own = marked.cell.metadata.get("kfp")
        first = marked.cell.source.lstrip().partition("\n")[0]
        if isinstance(own, dict) and option in own:
            return marked
        if first.startswith("%%") and any(f"--{each}" in first for each in spelled):
            return marked
    return step.cells[0] if step.cells else None
