"""From a plan to the one artefact that every engine runs: KFP v2 spec, platform spec and bundle."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..analysis.plan import Plan, StepPlan
from ..errors import KfpExtError, errors_in
from ..helpers.bundle import bundle_bytes
from ..helpers.find import FOLDER as HELPERS
from ..helpers.find import Helpers, find_helpers
from ..helpers.named_files import FOLDER as DATA_FILES
from ..helpers.project_wheel import known_wheel
from ..notation.model import Step
from ..runtime.bootstrap import BOOTSTRAP
from ..runtime.source import runtime_source
from ..runtime.step.place import RUNTIME_FILE, slice_hash, slice_path
from .bundle_place import BUNDLE_PATH, bundle_mount
from .compiled import CompiledPipeline, Form
from .components import component, component_name, executor_label, pipeline, task
from .data_volume import data_volume_problems, mount_data
from .groups import Tasks, condition_group, exit_group, loop_group
from .mature_modules import WheelOf, without_mature
from .new_claims import refuse_differing
from .option_table import apply_options
from .parameters import declaration_problems, root_inputs
from .parts import StepParts
from .protobuf import checked_pipeline, checked_platform
from .shared_pods import find_shared
from .slices import slice_bytes, whole_of
from .slots import Slot, Wire, find_slots, find_wires

DEFAULT_IMAGE = "python:3.11-slim"
"""Image of a step that names none; proved with the step runtime on KFP 2.17."""


@dataclass(frozen=True)
class _Bundle:
    files: Mapping[str, bytes]
    content: bytes
    hash: str
    helpers: Mapping[str, tuple[str, ...]]
    """Bundle paths of the helper files that each task uses."""


def compile_plan(
    plan: Plan,
    folder: Path | None,
    python: str | None = None,
    instead: Callable[[Helpers], Helpers] | None = None,
    wheel_of: WheelOf = known_wheel,
) -> CompiledPipeline:
    """Compile a plan; `folder` is where the notebook lies, for the user's own modules.

    `python` is the interpreter of its kernel, what is installed for which is not sent (None: this
    one's). `instead` gets the user's files that are found and returns those to send. `wheel_of`
    gives the wheels of projects that mature modules come from.
    The steps take their code from a ConfigMap; `compiler.ways` makes the other forms of it.
    Equal input gives equal bytes on any machine. Raises `KfpExtError` with every error of the
    plan, of its options, parameters and helpers.
    """
    helpers = find_helpers(plan, folder, python)
    plan = helpers.plan or plan
    said = {step.name: step for step in plan.model.steps}
    parts = {step.task: _parts(plan, said.get(step.name) or _added(step)) for step in plan.steps}
    refuse_differing(parts.values())
    refused = [problem for each in parts.values() for problem in each.problems]
    installed = without_mature(helpers, plan.model.settings.helpers_packages, folder, wheel_of)
    helpers = instead(installed.helpers) if instead else installed.helpers
    for name, requirements in installed.packages.items():
        parts[name].packages += [each for each in requirements if each not in parts[name].packages]
    found = (*plan.problems, *helpers.problems, *declaration_problems(plan))
    errors = errors_in([*found, *data_volume_problems(plan), *refused])
    if errors:
        raise KfpExtError(errors)
    slots = find_slots(plan)
    wires = find_wires(plan, slots)
    bundle = _bundle(plan, parts, slots, wires, helpers)
    for step in plan.steps:
        _deliver(parts[step.task], step, bundle)
    form = Form(_spec(plan, parts, slots, wires), {})
    pods = find_shared(form, plan, parts)
    if errors := errors_in(problem for each in parts.values() for problem in each.problems):
        raise KfpExtError(errors)
    return CompiledPipeline(
        plan=plan,
        spec=form.spec,
        platform=_platform(parts),
        bundle=bundle.content,
        bundle_hash=bundle.hash,
        helpers=_below(HELPERS, helpers.files),
        data_files=_below(DATA_FILES, helpers.files),
        problems=tuple(helpers.problems),
        packages={task: tuple(each.packages) for task, each in parts.items()},
        pods=pods,
        code=helpers,
    )


def _below(folder: str, paths: Iterable[str]) -> tuple[str, ...]:
    """Return the paths of the bundle that are in one of its folders, from there, sorted."""
    start = f"{folder}/"
    return tuple(sorted(path[len(start) :] for path in paths if path.startswith(start)))


def _parts(plan: Plan, step: Step) -> StepParts:
    """Return a step's parts with its options written into them."""
    parts = StepParts(step)
    parts.container["image"] = DEFAULT_IMAGE
    cache = plan.model.settings.cache is not False
    parts.task["cachingOptions"] = {"enableCache": True} if cache else {}
    apply_options(parts)
    mount_data(parts, plan.model.settings.data_volume)
    return parts


def _added(step: StepPlan) -> Step:
    """Return a step that its controls added as if the notebook had it."""
    return Step(step.name, (), step.options, step.options)


def _bundle(
    plan: Plan,
    parts: Mapping[str, StepParts],
    slots: Mapping[str, tuple[Slot, ...]],
    wires: Mapping[str, tuple[Wire, ...]],
    helpers: Helpers,
) -> _Bundle:
    files = {RUNTIME_FILE: runtime_source(), **helpers.files}
    used = {step.task: tuple(helpers.by_step.get(step.task, ())) for step in plan.steps}
    whole = whole_of(plan, helpers)
    for step in plan.steps:
        files[slice_path(step.task)] = slice_bytes(
            plan, step, parts[step.task], slots[step.task], wires[step.task], helpers, whole
        )
    content = bundle_bytes(files)
    return _Bundle(files, content, sha256(content).hexdigest(), used)


def _deliver(parts: StepParts, step: StepPlan, bundle: _Bundle) -> None:
    """Write the command, which says where the code is, and mount the code there."""
    identity = slice_hash(bundle.files, step.task, bundle.helpers[step.task])
    parts.container["command"] = ["python3", "-u", "-c", BOOTSTRAP]
    parts.container["args"] = [BUNDLE_PATH, step.task, identity, "{{$}}"]
    parts.kubernetes.setdefault("configMapAsVolume", []).append(bundle_mount(bundle.hash))


def _spec(
    plan: Plan,
    parts: Mapping[str, StepParts],
    slots: Mapping[str, tuple[Slot, ...]],
    wires: Mapping[str, tuple[Wire, ...]],
) -> dict[str, Any]:
    tasks_by_name = {step.name: step.task for step in plan.steps}
    tasks = Tasks(plan, slots)
    deciders = {
        step.decides.step: step
        for step in plan.steps
        if step.decides is not None and step.decides.kind == "when"
    }
    at_exit = None
    for step in plan.steps:
        own, wired = parts[step.task], wires[step.task]
        tasks.components[component_name(step.task)] = component(plan, step, slots[step.task], wired)
        tasks.executors[executor_label(step.task)] = {"container": own.container}
        # A pipeline's default `after` reaches the very step that it names.
        after = [tasks_by_name[name] for name in own.after if name != step.name]
        waits = tasks.waits_for(step, wired, after)
        if step.on_exit:
            at_exit = step
        elif step.loop is not None:
            loop_group(tasks, step, wired, own.task, waits)
        elif step.when:
            decider = deciders[step.name]
            said = {each.task: parts[each.task].task for each in (decider, step)}
            both = {*waits, *tasks.waits_for(decider, wires[decider.task], ())} - {step.task}
            condition_group(tasks, step, decider, wires, said, sorted(both))
        elif step not in deciders.values():
            sources = {wire.key: tasks.source(wire) for wire in wired}
            tasks.tasks[step.task] = task(plan, step, sources, own.task, waits)
    if at_exit is not None:
        exit_group(tasks, at_exit, parts[at_exit.task].task, root_inputs(plan))
    return checked_pipeline(
        pipeline(
            plan,
            {
                "components": tasks.components,
                "executors": tasks.executors,
                "tasks": tasks.tasks,
            },
        )
    )


def _platform(parts: Mapping[str, StepParts]) -> dict[str, Any]:
    """Return the Kubernetes part of the spec, empty where no step needs one."""
    executors = {
        executor_label(name): each.kubernetes for name, each in parts.items() if each.kubernetes
    }
    if not executors:
        return {}
    deployment = {"deploymentSpec": {"executors": executors}}
    return checked_platform({"platforms": {"kubernetes": deployment}})
