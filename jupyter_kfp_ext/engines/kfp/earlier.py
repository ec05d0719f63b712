"""Steps of a run that are taken from an earlier run on the cluster, by reference.

A step is taken where it is the same work as then: command with the hash of its code, parameters,
and all before it. What cannot be taken (loops, conditions, steps that Kubeflow's cache answered)
stays in the pipeline: KFP's cache answers it where it is the same.
"""

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...compiler.code_artifacts import home_dag
from ...compiler.compiled import Form
from ...compiler.earlier_results import Given, replaceable, with_results
from ...compiler.encoding import parameter_key
from ...compiler.mounted_code import kubernetes_settings
from ...compiler.new_claims import is_claim_key
from ...errors import Code, KfpExtError, Problem
from ..local.journal import Journal
from ..local.layout import RunFolder, StepFolder
from ..local.lookup import existing_run, read_known
from ..local.record import RunRecord, StepRecord
from ..local.status import read_record
from ..model import Reuse, State, StepStatus
from ..protocol import Submission
from .step_logs import results_of

WHOLE = "whole.json"
"""The specification before steps were taken out of it."""
Json = Mapping[str, Any]


class Earlier:
    """An earlier run that steps are taken from."""

    def __init__(self, home: Path, record: RunRecord, form: Form, reuse: Reuse) -> None:
        """Compare a run as it is to be with the earlier one; raises `KfpExtError`."""
        self._folder = existing_run(home, reuse.run) if reuse.run else None
        self._record = record
        self._form = form
        self._reuse = reuse
        self._states: dict[str, StepStatus] = {}
        self._before = Form({"root": {"dag": {"tasks": {}}}}, {})
        self._values = [_by_key(record.parameters), {}]
        if self._folder is not None:
            self._states = {step.task: step for step in read_known(self._folder).steps}
            self._before = kept_form(self._folder)
            self._values[1] = _by_key(read_record(self._folder).parameters)
        self._same: dict[str, bool] = {}

    def taken(self) -> dict[str, Given]:
        """Return the steps that are taken, by task, with what they gave.

        Raises `KfpExtError` (`run-missing`) where a step that must be taken as it is cannot be.
        """
        found: dict[str, Given] = {}
        for step in self._record.steps:
            as_is = step.task in self._reuse.as_is
            if step.task in (*self._reuse.fresh, *self._reuse.left_out):
                continue
            given = self._given(step)
            same = self._is_same(step.task)
            if given is not None and (as_is or (same and self._before_it(step.task) <= set(found))):
                found[step.task] = given
            elif as_is and not same:
                raise KfpExtError(
                    Problem(
                        Code.RUN_MISSING,
                        f"What {step.name} gave in run {self._reuse.run} cannot be taken: "
                        "it has changed since, and where its results lie is not known here.",
                        f"Run from that step on: --from {step.name}.",
                        step=step.name,
                    )
                )
        if len(found) + len(self._reuse.left_out) == len(self._record.steps):
            # A pipeline has a task: the last step is left to Kubeflow's cache.
            del found[list(found)[-1]]
        return found

    def _before_it(self, task: str) -> set[str]:
        """Return what a task waits for: where one of these runs again, it must run, too."""
        return set(home_dag(self._form.spec)["tasks"][task].get("dependentTasks", ()))

    def _given(self, step: StepRecord) -> Given | None:
        state = self._states.get(step.task)
        if self._folder is None or state is None or state.state is not State.SUCCEEDED:
            return None
        try:
            said = json.loads(self._folder.step(step.task).executor_output.read_bytes())
        except (OSError, ValueError):
            return None
        uris = {
            key: str(listed["artifacts"][0]["uri"])
            for key, listed in (said.get("artifacts") or {}).items()
            if listed.get("artifacts") and listed["artifacts"][0].get("uri")
        }
        given = Given(uris, said.get("parameterValues") or {})
        return given if replaceable(self._form, step.task, given) else None

    def _is_same(self, name: str) -> bool:
        """Whether a task is the same work as in the earlier run, with all before it."""
        if name not in self._same:
            self._same[name] = False  # while it is looked at
            self._same[name] = self._compare(name)
        return self._same[name]

    def _compare(self, name: str) -> bool:
        now = home_dag(self._form.spec)["tasks"].get(name)
        then = home_dag(self._before.spec)["tasks"].get(name)
        if now is None or then is None or _work(self._form, now) != _work(self._before, then):
            return False
        # Claims as they were in that run hold what its steps left, whatever they are called.
        if not self._reuse.data and _claims(self._form, now) != _claims(self._before, then):
            return False
        keys = [
            source["componentInputParameter"]
            for source in now.get("inputs", {}).get("parameters", {}).values()
            if "componentInputParameter" in source
        ]
        if any(map(is_claim_key, keys)):
            return False  # what it left on its claim is gone
        values, before = self._values
        if any(values.get(key) != before.get(key) for key in keys):
            return False
        return all(self._is_same(each) for each in now.get("dependentTasks", ()))

    def apply(self, submission: Submission, taken: Mapping[str, Given]) -> Submission:
        """Return the submission whose pipeline takes those steps, and leaves out what it shall."""
        home, names = home_dag(self._form.spec)["tasks"], {s.task: s for s in self._record.steps}
        without = set()
        for task in self._reuse.left_out:
            for path in _places(names[task]):
                words = path.split("/")
                without.add(next((word for word in words if word in home), words[0]))
        form = with_results(self._form, taken, without)
        compiled = replace(submission.compiled, spec=form.spec, platform=form.platform)
        return replace(submission, compiled=compiled)

    def made_by(self, task: str) -> str:
        """Return the run that made what a step gave there."""
        return self._states[task].cached_from or self._reuse.run

    def made(self, task: str) -> bool:
        """Whether the earlier run did the same work itself, for Kubeflow's cache to keep."""
        state = self._states.get(task)
        ran = state is not None and state.state is State.SUCCEEDED and not state.cached
        return ran and self._is_same(task) and _is_kept(self._before, task)

    def copy_steps(self, folder: RunFolder, taken: Iterable[str]) -> None:
        """Have logs and outputs of the taken steps lie with the new run, too."""
        if self._folder is None:
            return
        for task in taken:
            source, target = self._folder.step(task), folder.step(task)
            if source.path.is_dir() and not target.path.exists():
                shutil.copytree(source.path, target.path, copy_function=_linked)


def settle(journal: Journal, record: RunRecord, taken: Mapping[str, str]) -> None:
    """Note the steps that do not run: those that are taken, and those that are left out."""
    if any(step.state is not State.PENDING for step in journal.status.steps):
        return  # an earlier keeper did
    metrics: dict[str, float] = dict(journal.status.metrics)
    curves = dict(journal.status.classification)
    for step in journal.status.steps:
        if step.task in taken:
            more, shown = results_in(journal.folder.step(step.task))
            metrics |= more
            curves |= shown
            journal.step(
                step.task, state=State.SUCCEEDED.value, cached=True, cached_from=taken[step.task]
            )
        elif step.task in record.reuse.left_out:
            journal.step(step.task, state=State.SKIPPED.value, reason="not asked for")
    journal.run(metrics=metrics, classification=curves)


def results_in(step: StepFolder) -> tuple[dict[str, float], dict[str, Any]]:
    """Return metrics and classification metrics of a step, from what lies in its folder."""
    try:
        return results_of(json.loads(step.executor_output.read_bytes()))
    except (OSError, ValueError):
        return {}, {}


def _places(step: StepRecord) -> list[str]:
    return [step.node or step.task, *(path for path, _ in step.parts)]


def _by_key(parameters: Json) -> dict[str, Any]:
    return {parameter_key(name): value for name, value in parameters.items()}


def kept_form(folder: RunFolder) -> Form:
    """Return the specification of a run, with each step in a task of its own."""
    path = folder.path / WHOLE
    told = json.loads((path if path.exists() else folder.pipeline).read_bytes())
    return Form(told["pipeline_spec"], told["platform_spec"])


def _is_kept(form: Form, name: str) -> bool:
    """Whether the cache is on for a task, wherever in the pipeline it is."""
    components = form.spec["components"].values()
    dags = [form.spec["root"]["dag"], *(each["dag"] for each in components if "dag" in each)]
    tasks = [dag["tasks"][name] for dag in dags if name in dag["tasks"]]
    return any(task.get("cachingOptions", {}).get("enableCache") for task in tasks)


def _work(form: Form, task: Json) -> list[Any]:
    """Return what a task does and is given, without the resources that it does it with."""
    return [
        {key: value for key, value in task.items() if key not in _BESIDE},
        _component_work(form, task["componentRef"]["name"]),
    ]


def _component_work(form: Form, name: str) -> Any:
    component = form.spec["components"][name]
    if "dag" in component:
        inner = component["dag"]["tasks"].values()
        return [component, [_component_work(form, each["componentRef"]["name"]) for each in inner]]
    executor = form.spec["deploymentSpec"]["executors"][component["executorLabel"]]
    container = {k: v for k, v in executor.get("container", {}).items() if k != "resources"}
    return [component, container, executor.get("importer")]


def _claims(form: Form, task: Json) -> list[Any]:
    """Return the claims that a task mounts, and where; they are in KFP's cache key, too."""
    settings, found = kubernetes_settings(form.platform), []
    waiting = [task["componentRef"]["name"]]
    while waiting:
        component = form.spec["components"][waiting.pop()]
        inner = component.get("dag", {}).get("tasks", {}).values()
        waiting += [each["componentRef"]["name"] for each in inner]
        found += settings.get(component.get("executorLabel"), {}).get("pvcMount", ())
    return found


_BESIDE = ("cachingOptions", "retryPolicy", "taskInfo")


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
