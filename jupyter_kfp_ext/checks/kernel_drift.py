"""How the modules that a live kernel has loaded differ from what a run would send."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ..errors import Code, Problem, Severity
from ..helpers.find import Helpers, Use

Kind = Literal["changed", "elsewhere", "twice"]


@dataclass(frozen=True)
class Drift:
    """A module of the user's that the kernel has in another form than a step would get it."""

    module: str
    """Dotted name."""
    kind: Kind
    """`changed`: the file has another text than was loaded; `elsewhere`: it was loaded from another
    place; `twice`: the same file is loaded under a second name."""
    file: str
    """Where it was loaded from, on the kernel's machine; of `twice` the second name."""

    def to_json(self) -> dict[str, str]:
        """Return the wire form (docs/api.md, `Drift`)."""
        return {"module": self.module, "kind": self.kind, "file": self.file}


def module_files(helpers: Helpers) -> dict[str, str]:
    """Return where each module lies that steps get, by its dotted name."""
    return {
        use.module: helpers.sources[use.path]
        for uses in helpers.uses.values()
        for use in uses
        if use.path in helpers.sources
    }


def parse_drift(said: Any) -> tuple[Drift, ...]:
    """Read what the kernel said; raises `ValueError`, `TypeError` or `KeyError` for other data."""
    found = tuple(Drift(str(each["module"]), each["kind"], str(each["file"])) for each in said)
    if any(each.kind not in get_args(Kind) for each in found):
        raise ValueError("not what the probe says")
    return found


def drift_problems(drift: Iterable[Drift], helpers: Helpers) -> tuple[Problem, ...]:
    """Return a hint for each difference, at the cell that leads to the module."""
    uses = {use.module: use for found in reversed([*helpers.uses.values()]) for use in found}
    return tuple(_problem(each, uses.get(each.module)) for each in drift)


def _problem(drift: Drift, use: Use | None) -> Problem:
    name, file = drift.module, drift.file
    message, remedy = {
        "changed": (
            f"The kernel loaded the module {name} before its file was changed.",
            "Reload it (under Helper code, or by `importlib.reload`), and run the cells again that"
            " use it.",
        ),
        "elsewhere": (
            f"The kernel loaded the module {name} from {file}, and steps get another file.",
            "Restart the kernel, and see to it that its `sys.path` is what the cells make of it.",
        ),
        "twice": (
            f"The kernel loaded one file as two modules, {name} and {file}: their classes are not "
            "the same.",
            "Import it by one name everywhere.",
        ),
    }[drift.kind]
    return Problem(
        Code.KERNEL_DIFFERS,
        message,
        remedy,
        Severity.INFO,
        cell=use.cell if use else None,
        cell_id=use.cell_id if use else None,
        line=use.line if use else None,
    )
