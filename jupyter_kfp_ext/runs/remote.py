"""One cell of a kernel as a step on an engine: its values go with the code, its results come back.

The cell is planned between two steps that are never run: one that has the kernel's values and one
that reads all that the cell leaves. So what it takes and gives is what it would be in a pipeline
(docs/semantics.md); what it does not change keeps its identity in the kernel.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..analysis.cell import analyse_cell
from ..analysis.kernel_names import is_of_the_kernel
from ..analysis.plan import Plan, StepPlan, Watch
from ..compiler.compiled import CompiledPipeline
from ..errors import Code, KfpExtError, Problem, errors_in
from ..notation.notebook import Notebook
from ..notation.options import StepOptions, as_json
from ..runtime.step.given import GIVEN
from .chain import folder_of
from .session import (
    Needed,
    definitions_for,
    holders_of,
    imports_for,
    needed_by,
)

_BEFORE, _AFTER = "values of the kernel", "results for the kernel"
_MEANINGLESS = ("after", "fuse", "for_each", "for_each_limit", "when", "on_exit")


@dataclass(frozen=True)
class Cell:
    """A cell to be run elsewhere."""

    source: str
    """Its body; a first empty line stands for the magic's, so that line numbers hold."""
    id: str
    number: int
    """The kernel's execution count."""
    step: str
    options: StepOptions


@dataclass(frozen=True)
class RemoteCell:
    """A compiled cell, and what is to be done with its results."""

    compiled: CompiledPipeline
    task: str
    results: tuple[str, ...]
    """Names that it leaves, where it binds them or may change what they hold."""
    deleted: frozenset[str]
    """Names that it deletes, if it comes to that: they are among the results."""
    definitions: tuple[str, ...]
    """Source of the imports, functions and classes that it makes: they are made here too."""
    groups: Mapping[str, str]
    """Of the values that were sent: the hash of what each is stored in."""


def prepare(
    cell: Cell,
    namespace: Mapping[str, Any],
    history: Sequence[str],
    notebook: Notebook | None,
    everything: bool = False,
) -> RemoteCell:
    """Compile a cell with the values that it needs.

    `history`: the texts that the kernel has run. `notebook` says where relative paths start and
    what the pipeline's settings are. `everything`: results are all values that the cell was given,
    also those that the plan takes for unchanged. Raises `KfpExtError`: what planning finds,
    `value-cannot-cross`, `usage` where options make no sense for one cell.
    """
    from ..compiler.compile import compile_plan
    from ..helpers.project_wheel import build_wheel

    _refuse_meaningless(cell.options)
    also: set[str] = set()
    imports: set[str] = set()
    while True:
        needed = needed_by(cell.source, namespace, history, sorted(also))
        needed = replace(needed, imports=tuple(sorted({*needed.imports, *imports})))
        plan = _plan(cell, needed, notebook)
        steps = {each.name: each for each in plan.steps}
        step, after = steps[cell.step], steps[_AFTER]
        made = {name for code in step.prelude for name in analyse_cell(code.source).binds}
        states = sorted(made & needed.definitions.keys())
        given = list(dict.fromkeys([*_taken(step, _BEFORE), *states]))
        with tempfile.TemporaryDirectory(prefix="kfp-given-") as folder:
            reached = _save(given, states, namespace, Path(folder))
            more = definitions_for(reached, namespace) - set(needed.definitions)
            new_imports = imports_for(reached) - imports
            # A class without a text here cannot be sent: pickling it by name would have failed.
            if not (more - also or new_imports):
                files = _files(Path(folder))
                break
        also |= more
        imports |= new_imports
    deleted = analyse_cell(cell.source).unbinds & namespace.keys()
    outputs = {*_taken(after, step.name), *deleted}
    if everything:
        outputs |= {*given}
    sent = replace(
        step,
        inputs=(),
        outputs=tuple(sorted(outputs)),
        given=tuple(given),
        states=tuple(sorted({*step.states, *states})),
        cells=tuple(replace(code, number=cell.number) for code in step.cells),
        read_only=() if everything else step.read_only,
        watch=Watch(),
        after=(),
    )
    model = replace(plan.model, notebook=_without_surroundings(plan.model.notebook, cell))
    alone = replace(plan, model=model, steps=(sent,), problems=())
    compiled = compile_plan(
        alone,
        folder_of(model.notebook),
        sys.executable,
        instead=lambda helpers: replace(
            helpers,
            files={**helpers.files, **files},
            by_step={sent.task: (*helpers.by_step.get(sent.task, ()), *files)},
        ),
        wheel_of=build_wheel,
    )
    return RemoteCell(
        compiled,
        sent.task,
        tuple(sorted(outputs)),
        deleted,
        tuple(code.source for code in after.prelude if code.cell_id == cell.id),
        _groups(files),
    )


@dataclass(frozen=True)
class Results:
    """What the results of a cell changed in the kernel."""

    bound: tuple[str, ...]
    """Names that are new, or have another value now."""
    holders: tuple[str, ...]
    """Other names whose values hold an object that was changed there, as it was before."""


def take_results(remote: RemoteCell, run_id: str, namespace: dict[str, Any]) -> Results:
    """Bind what a run of the cell left.

    What it left as it was stays the very object that the kernel has. Raises `KfpExtError` as
    `pulling.pull_into` does.
    """
    from .pulling import outputs_of, pull_into

    places = outputs_of(run_id, remote.task).places
    # What went there and was not deleted is among what came back, changed or not.
    kept = [name for name in remote.results if name in remote.groups]
    if lost := [name for name in kept if name not in places and name not in remote.deleted]:
        message = f"What the cell left of {', '.join(lost)} is no longer where run {run_id} put it."
        remedy = "Nothing was changed in this kernel. Run the cell again, with --no-cache."
        raise KfpExtError(Problem(Code.STORAGE_FAILED, message, remedy))
    for source in remote.definitions:
        exec(compile(source, "<cell>", "exec"), namespace)  # noqa: S102 - the user's own cell
    changed = []
    for name in remote.results:
        if name not in places:
            if name in remote.deleted:
                namespace.pop(name, None)
            continue  # else it may bind it, and did not
        index = json.loads((places[name] / "index.json").read_bytes())["names"]
        if index[name]["group"] != remote.groups.get(name):
            changed.append(name)
    former = {name: namespace[name] for name in changed if name in remote.groups}
    pull_into(namespace, run_id, remote.task, changed)
    # A function or class stays the object that it is: what is stored in it came.
    replaced = [value for name, value in former.items() if namespace[name] is not value]
    return Results(tuple(changed), tuple(holders_of(replaced, namespace)))


def _refuse_meaningless(options: StepOptions) -> None:
    said = [name for name in _MEANINGLESS if getattr(options, name)]
    if said:
        raise KfpExtError(
            Problem(
                Code.USAGE,
                f"`{said[0]}` has no meaning for one cell that runs by itself.",
                "Leave it out, or mark the cell with `%%component` and run the notebook.",
                option=said[0],
            )
        )


def _plan(cell: Cell, needed: Needed, notebook: Notebook | None) -> Plan:
    from ..analysis.graph import make_plan
    from ..notation.marks import read_marks
    from ..notation.reader import parse_notebook

    raw = _notebook(cell, needed, notebook)
    path = notebook.path if notebook else None
    parsed = parse_notebook(raw, notebook.name if notebook else "notebook", path)
    plan = make_plan(read_marks(parsed))
    wrong = [
        replace(each, cell=cell.number)
        for each in errors_in(plan.problems)
        if each.cell_id in (cell.id, None)
    ]
    if wrong:
        raise KfpExtError(tuple(wrong))
    return plan


def _notebook(cell: Cell, needed: Needed, notebook: Notebook | None) -> dict[str, Any]:
    """Return the cell between what it is given and what reads its results."""
    facts = analyse_cell(cell.source)
    taken = needed.values
    bound = {name for name in facts.binds - facts.unbinds if not is_of_the_kernel(name)}
    used = {name for name in taken if name not in facts.unbinds}
    results = sorted(bound | used | needed.definitions.keys())
    cells = [_entry("definitions", needed.source, {"role": "functions"})]
    if taken:
        given = f"import _kernel\n{', '.join(taken)} = _kernel.values()"
        cells.append(_entry("given", given, {"step": _BEFORE}))
    mark = {"step": cell.step, **as_json(cell.options)}
    cells.append(_entry(cell.id, cell.source, mark))
    cells.append(
        _entry("results", f"({''.join(f'{name}, ' for name in results)})", {"step": _AFTER})
    )
    settings = notebook.metadata.get("kfp") if notebook else None
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": kernel, **({"kfp": settings} if settings else {})},
        "cells": [each for each in cells if each["source"].strip()],
    }


def _entry(cell_id: str, source: str, mark: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": cell_id,
        "metadata": {"kfp": mark},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def _without_surroundings(notebook: Notebook, cell: Cell) -> Notebook:
    kept = [each for each in notebook.raw["cells"] if each["id"] in ("definitions", cell.id)]
    return replace(notebook, raw={**notebook.raw, "cells": kept})


def _taken(step: StepPlan, producer: str) -> list[str]:
    """Return the names that a step takes from another; parts of the world do not come along."""
    return [
        name
        for each in step.inputs
        if each.step == producer
        for name in each.names
        if not name.startswith("@")
    ]


def _save(
    given: list[str], states: list[str], namespace: Mapping[str, Any], folder: Path
) -> list[Any]:
    """Write values, and what is stored in definitions, as a step would; return all they reach."""
    with step_runtime():
        from kfp_step.definitions import State, take_states
        from kfp_step.failure import StepFailure
        from kfp_step.grouping import Crossing, dump
        from kfp_step.saving import save_values

        values = {name: namespace[name] for name in given}
        crossing = Crossing(dict(namespace), {})
        take_states(values, set(states), crossing)
        try:
            save_values([(str(folder), given)], values, [], crossing)
            stored = {name: each for name, each in values.items() if not isinstance(each, State)}
            return list(dump(stored, crossing=crossing).reached.values()) if stored else []
        except StepFailure as failure:
            raise KfpExtError(
                Problem(Code.VALUE_CANNOT_CROSS, failure.message, failure.remedy)
            ) from failure


@contextmanager
def step_runtime() -> Iterator[None]:
    """Make the step runtime importable under the name that it has in steps."""
    from ..runtime.source import runtime_source

    with tempfile.TemporaryDirectory(prefix="kfp-runtime-") as folder:
        Path(folder, "kfp_step.py").write_bytes(runtime_source())
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            sys.path.remove(folder)


def _files(folder: Path) -> dict[str, bytes]:
    """Return what was saved, by paths of the bundle; the marks of this machine stay here."""
    return {
        f"{GIVEN}{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "written"
    }


def _groups(files: Mapping[str, bytes]) -> dict[str, str]:
    index = files.get(f"{GIVEN}index.json")
    if index is None:
        return {}
    return {name: each["group"] for name, each in json.loads(index)["names"].items()}
