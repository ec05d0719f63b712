"""The one error family: what went wrong, where, and what to do about it.

A `Problem` is a value: the panel, the command line and the tests all show or compare the same one.
`KfpExtError` carries one or more problems where work cannot go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .edits import Fix


class Severity(str, Enum):
    """How bad a problem is: an error stops compiling, a warning does not, a hint only informs."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Code(str, Enum):
    """The closed set of problem codes. Tests compare to these, never to a sentence."""

    # reading the notebook
    NOTEBOOK_MISSING = "notebook-missing"
    NOTEBOOK_UNREADABLE = "notebook-unreadable"
    NOTEBOOK_EMPTY = "notebook-empty"
    KERNEL_MISSING = "kernel-missing"
    KERNEL_LANGUAGE = "kernel-language"
    # notation
    OPTION_UNKNOWN = "option-unknown"
    OPTION_INVALID = "option-invalid"
    OPTION_CONFLICT = "option-conflict"
    MARK_INVALID = "mark-invalid"
    MARK_CONFLICT = "mark-conflict"
    STEP_NAME_INVALID = "step-name-invalid"
    STEP_NAME_CLASH = "step-name-clash"
    AFTER_UNKNOWN = "after-unknown"
    CYCLE = "cycle"
    PARAMETER_INVALID = "parameter-invalid"
    PARAMETER_UNKNOWN = "parameter-unknown"
    # analysis
    SYNTAX_ERROR = "syntax-error"
    NAME_UNDEFINED = "name-undefined"
    NAME_USED_BEFORE = "name-used-before-definition"
    METRIC_UNDEFINED = "metric-undefined"
    MAGIC_UNSUPPORTED = "magic-unsupported"
    HELPER_MISSING = "helper-missing"
    HELPER_REFUSED = "helper-refused"
    FILE_NOT_SENT = "file-not-sent"
    # advice: what runs, and may not do what is meant (`checks`)
    HIDDEN_ORDER = "hidden-order"
    NOT_REPEATABLE = "not-repeatable"
    LITERAL_TOO_BIG = "literal-too-big"
    PATH_NOT_PORTABLE = "path-not-portable"
    SECRET_IN_CODE = "secret-in-code"  # noqa: S105 - the code of a problem
    MODULE_SHADOWED = "module-shadowed"
    INPUT_ASKED = "input-asked"
    PACKAGE_INSTALLED = "package-installed"
    STEP_IDLE = "step-idle"
    KERNEL_DIFFERS = "kernel-differs"
    # compiling
    OPTION_UNSUPPORTED = "option-unsupported"
    TOO_BIG = "too-big"
    # running
    ENGINE_UNKNOWN = "engine-unknown"
    RUN_MISSING = "run-missing"
    RUN_ENDED = "run-ended"
    RUN_ACTIVE = "run-active"
    STEP_MISSING = "step-missing"
    STEP_FAILED = "step-failed"
    STEP_KILLED = "step-killed"
    STEP_CRASHED = "step-crashed"
    STEP_TIMED_OUT = "step-timed-out"
    VALUE_CANNOT_CROSS = "value-cannot-cross"
    ASSUMPTION_BROKEN = "assumption-broken"
    CODE_CHANGED = "code-changed"
    RUNNER_LOST = "runner-lost"
    STORAGE_FAILED = "storage-failed"
    RESOURCES_MISSING = "resources-missing"
    # clusters
    CONNECTION_MISSING = "connection-missing"
    CLUSTER_UNREACHABLE = "cluster-unreachable"
    CLUSTER_DENIED = "cluster-denied"
    CLUSTER_FAILED = "cluster-failed"
    # asking wrongly
    USAGE = "usage"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in words a user can act on."""

    code: Code
    message: str
    """What is wrong, naming the variable, option or step: one or two sentences."""
    remedy: str = ""
    """What to do next, as an imperative sentence; empty only where nothing can be done."""
    severity: Severity = Severity.ERROR
    cell: int | None = None
    """Cell number as a fresh kernel counts it, `In [n]` (see `notation.notebook.Cell.number`)."""
    cell_id: str | None = None
    line: int | None = None
    """Line within the cell's source, from 1."""
    option: str | None = None
    step: str | None = None
    column: int | None = None
    """First character of what is meant in that line, from 0; None: the line as a whole."""
    end_line: int | None = None
    end_column: int | None = None
    """Where it ends: the character after the last one, in `end_line`. Set where `column` is."""
    fixes: tuple[Fix, ...] = ()
    """Ways to mend it, the best first; each was tried: the problem is gone and none came."""

    @property
    def place(self) -> str:
        """`cell 3, line 2`, as far as it is known; empty where it is not."""
        parts = []
        if self.cell is not None:
            parts.append(f"cell {self.cell}")
        if self.line is not None:
            parts.append(f"line {self.line}")
        return ", ".join(parts)

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{place}{self.message}{remedy}"

    def to_json(self) -> dict[str, Any]:
        """Return the wire form: plain strings and numbers, absent values as None."""
        return {
            **{each.name: getattr(self, each.name) for each in fields(self)},
            "code": self.code.value,
            "severity": self.severity.value,
            "fixes": [each.to_json() for each in self.fixes],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Problem:
        """Build a problem from its wire form."""
        from .edits import Fix

        return Problem(
            **{
                **data,
                "code": Code(data["code"]),
                "severity": Severity(data["severity"]),
                "fixes": tuple(map(Fix.from_json, data.get("fixes", ()))),
            }
        )


class KfpExtError(Exception):
    """Work cannot go on; `problems` says why (never empty, the worst first)."""

    def __init__(self, problem: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (
            (problem,) if isinstance(problem, Problem) else tuple(problem)
        )
        super().__init__("\n".join(str(each) for each in self.problems))

    @property
    def code(self) -> Code:
        """The code of the first problem."""
        return self.problems[0].code


def errors_in(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems that stop compiling."""
    return tuple(each for each in problems if each.severity is Severity.ERROR)
