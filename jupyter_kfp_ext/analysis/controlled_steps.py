"""The planned steps with their controls: what a loop leaves, what a condition hands on."""

from collections.abc import Iterable
from dataclasses import replace

from .control import Controlled
from .control_flow import ControlledWalk
from .plan import Code, Input, StepPlan


def planned_controls(
    steps: Iterable[StepPlan], controlled: Controlled, walked: ControlledWalk
) -> list[StepPlan]:
    """Return the steps with their loops, conditions and decisions.

    The step that decides a condition also hands on what was before the step, where that is
    skipped: it takes the same inputs, and leaves the same names.
    """
    planned = {step.name: step for step in steps}
    tasks = {name: step.task for name, step in planned.items()}
    found = []
    for name, step in planned.items():
        control = controlled.controls.get(name)
        if control is not None and control.loop is not None:
            loop = replace(control.loop, results=walked.results.get(name, ()))
            watched = _taken(step) & walked.weakly_changed.get(name, set())
            read_only = tuple(sorted({*step.read_only, *watched}))
            step = replace(step, loop=loop, read_only=read_only)
        elif control is not None:
            step = replace(step, when=control.when, on_exit=control.on_exit)
        owner = controlled.part_of.get(name)
        if owner is not None:
            step = replace(step, part_of=tasks[owner])
        decision = controlled.decisions.get(name)
        if decision is not None:
            watched = _taken(step) & walked.weakly_changed.get(name, set())
            step = replace(step, decides=decision, read_only=tuple(sorted(watched)))
            if decision.kind == "when":
                step = _handing_on(step, planned[decision.step])
        found.append(step)
    return found


def _taken(step: StepPlan) -> set[str]:
    return {name for each in step.inputs for name in each.names}


def _handing_on(decider: StepPlan, step: StepPlan) -> StepPlan:
    """Return the deciding step with what it takes and leaves where the step is skipped."""
    inputs: dict[str, set[str]] = {each.step: set(each.names) for each in decider.inputs}
    for each in step.inputs:
        kept = set(each.names) & set(step.outputs)
        if kept:
            inputs.setdefault(each.step, set()).update(kept)
    prelude = {code.cell_id: code for code in decider.prelude}
    for code in step.prelude:
        earlier = prelude.get(code.cell_id)
        prelude[code.cell_id] = code if earlier is None else _joined(earlier, code)
    order = {code.cell_id: (code.number, n) for n, code in enumerate(prelude.values())}
    return replace(
        decider,
        prelude=tuple(sorted(prelude.values(), key=lambda code: order[code.cell_id])),
        inputs=tuple(Input(name, tuple(sorted(names))) for name, names in inputs.items()),
        outputs=step.outputs,
        parameters=tuple(dict.fromkeys([*decider.parameters, *step.parameters])),
        modules=tuple(sorted({*decider.modules, *step.modules})),
    )


def _joined(one: Code, other: Code) -> Code:
    """Return two parts of one cell together: each has blank lines where the other has text."""
    lines = zip(one.source.split("\n"), other.source.split("\n"), strict=True)
    return replace(one, source="\n".join(a or b for a, b in lines), record=one.record)
