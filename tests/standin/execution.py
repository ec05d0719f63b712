"""Walks a pipeline as KFP's driver and Argo do: order, conditions, loops, retries, cache, exit.

How the container of a step is run is given (`Runner`): as a process here, or as a real pod.
"""

import hashlib
import itertools
import json
import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from .inputs import Given, Left, document, given_to, holds, outputs_of, stored
from .spec_checks import upstream
from .workflow import DEADLINE, Workflow

Json = dict[str, Any]
_WHATEVER = "ALL_UPSTREAM_TASKS_COMPLETED"
OMITTED = "omitted: depends condition not met"


@dataclass(frozen=True)
class Attempt:
    """One container that is to run."""

    node: str
    template: str
    label: str
    container: Json
    component: Json
    document: Json
    index: int
    """Of the attempt, from 0."""


@dataclass(frozen=True)
class Outcome:
    """How it ended: Argo's phase and message, and what the launcher found that it left."""

    phase: str
    message: str = ""
    output: Json = field(default_factory=dict)


class Runner(Protocol):
    """Runs containers."""

    def run(self, workflow: Workflow, attempt: Attempt) -> Outcome:
        """Run one to its end, and note its node while it waits and runs."""


@dataclass
class Memory:
    """What KFP remembers from run to run: results by cache key, and ids of artifacts."""

    results: dict[str, Left] = field(default_factory=dict)
    imported: dict[str, str] = field(default_factory=dict)
    """Ids of imported artifacts by their URI: the same URI is the same artifact."""
    ids: "itertools.count[int]" = field(default_factory=itertools.count)


class Execution:
    """Executes one Workflow, in threads of its own."""

    def __init__(
        self, workflow: Workflow, parameters: Mapping[str, Any], runner: Runner, memory: Memory
    ) -> None:
        self._workflow = workflow
        self._runner = runner
        self._memory = memory
        self._done: dict[str, Left] = {}
        """Containers that succeeded, by node: a retry does not run them again."""
        root = workflow.spec.get("root", {})
        declared = root.get("inputDefinitions", {}).get("parameters", {})
        defaults = {k: v["defaultValue"] for k, v in declared.items() if "defaultValue" in v}
        self._given = Given({**defaults, **parameters}, {})
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._execute)
        self._thread.start()

    def retry(self) -> None:
        """Run again what failed or was left out; what succeeded stays."""
        self.join()
        self._workflow.forget(("Failed", "Error", "Omitted", "Running"))
        self.start()

    def join(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def _execute(self) -> None:
        self._workflow.begin()
        self._note("root-driver", "Pod", "Succeeded", parent="", template="system-dag-driver")
        self._note("root", "DAG", "Running", parent="root-driver", template="root")
        left = self._dag("root", self._workflow.spec["root"]["dag"], self._given)
        self._note("root", "DAG", left.phase)
        self._workflow.end(left.phase)

    def _note(self, *words: Any, **more: Any) -> None:
        self._workflow.note(*words, **more)

    def _dag(self, node: str, dag: Json, given: Given) -> Left:
        """Run the tasks of a DAG, each in a thread that waits for what it needs."""
        tasks: Mapping[str, Json] = dag["tasks"]
        # As Argo does it: a hook of each upstream task, the last one of several stays.
        exits = {
            each: name
            for name, task in tasks.items()
            if task.get("triggerPolicy", {}).get("strategy") == _WHATEVER
            for each in upstream(task)
        }
        plain = {k: v for k, v in tasks.items() if "strategy" not in v.get("triggerPolicy", {})}
        coming: dict[str, Future[Left]] = {}
        with ThreadPoolExecutor(len(plain)) as pool:
            while len(coming) < len(plain):
                name = next(
                    n for n, t in plain.items() if n not in coming and upstream(t) <= set(coming)
                )
                waits = {each: coming[each] for each in upstream(plain[name])}
                work = self._with_hook(exits.get(name, ""), tasks)
                coming[name] = pool.submit(work, node, name, plain[name], given, waits)
        left = {name: each.result() for name, each in coming.items()}
        failed = any(each.phase in ("Failed", "Error") for each in left.values())
        if failed or self._workflow.stopping:
            return Left("Failed")
        return Left("Succeeded", *outputs_of(dag, left))

    def _with_hook(self, hook: str, tasks: Mapping[str, Json]) -> Callable[..., Left]:
        def work(
            node: str, name: str, task: Json, given: Given, waits: Mapping[str, Future[Left]]
        ) -> Left:
            left = self._task(node, name, task, given, waits)
            if hook and not self._workflow.stopping:
                at = f"{node}.{name}.onExit"
                self._note(at, "DAG", "Running", parent=f"{node}.{name}", template="exit-hook")
                last = self._after_all(at, hook, tasks[hook], given, name, left)
                self._note(at, "DAG", last.phase)
            return left

        return work

    def _after_all(
        self, at: str, name: str, task: Json, given: Given, before: str, left: Left
    ) -> Left:
        component = self._component(task)
        inputs = given_to(task, component, given, {before: left})
        return self._container(f"{at}.{name}", at, name, task, component, inputs)

    def _component(self, task: Json) -> Json:
        found: Json = self._workflow.spec["components"][task["componentRef"]["name"]]
        return found

    def _task(
        self, parent: str, name: str, task: Json, scope: Given, waits: Mapping[str, Future[Left]]
    ) -> Left:
        before = {each: future.result() for each, future in waits.items()}
        node = f"{parent}.{name}"
        if self._workflow.stopping or any(e.phase != "Succeeded" for e in before.values()):
            for each in (f"{node}-driver", node):
                self._note(each, "Skipped", "Omitted", OMITTED, parent)
            return Left("Omitted")
        component = self._component(task)
        given = given_to(task, component, scope, before)
        if "parameterIterator" in task:
            return self._loop(node, parent, task, component, given)
        condition = task.get("triggerPolicy", {}).get("condition")
        if condition and not holds(condition, given.parameters):
            self._driver(node, parent, "dag" in component)
            said = "when 'false != false' evaluated false"
            self._note(node, "Skipped", "Skipped", said, f"{node}-driver")
            return Left("Skipped")
        if "dag" not in component:
            return self._container(node, parent, name, task, component, given)
        self._driver(node, parent, True)
        template = task["componentRef"]["name"]
        self._note(node, "DAG", "Running", parent=f"{node}-driver", template=template)
        left = self._dag(node, component["dag"], given)
        self._note(node, "DAG", left.phase)
        return left

    def _driver(self, node: str, parent: str, dag: bool) -> None:
        template = "system-dag-driver" if dag else "system-container-driver"
        self._note(f"{node}-driver", "Pod", "Succeeded", parent=parent, template=template)

    def _loop(self, node: str, parent: str, task: Json, component: Json, given: Given) -> Left:
        said = task["parameterIterator"]
        items = said["items"]
        values = (
            json.loads(items["raw"])
            if "raw" in items
            else given.parameters[items["inputParameter"]]
        )
        self._note(node, "DAG", "Running", parent=parent)
        self._note(f"{node}.iteration-driver", "Pod", "Succeeded", parent=node)
        group = f"{node}.iteration-iterations"
        self._note(group, "TaskGroup", "Running", parent=f"{node}.iteration-driver")

        def one(number: int) -> Left:
            at = f"{group}({number}:{number})"
            inner = Given({**given.parameters, said["itemInput"]: values[number]}, given.artifacts)
            self._note(at, "DAG", "Running", parent=group)
            self._note(f"{at}.iteration-item-driver", "Pod", "Succeeded", parent=at)
            item = f"{at}.iteration-item"
            self._note(item, "DAG", "Running", parent=f"{item}-driver")
            left = self._dag(item, component["dag"], inner)
            for each in (item, at):
                self._note(each, "DAG", left.phase)
            return left

        limit = int(task.get("iteratorPolicy", {}).get("parallelismLimit", 0)) or len(values)
        with ThreadPoolExecutor(max(limit, 1)) as pool:
            all_left = list(pool.map(one, range(len(values))))
        phase = "Failed" if any(each.phase == "Failed" for each in all_left) else "Succeeded"
        for each in (group, node):
            self._note(each, "TaskGroup" if each == group else "DAG", phase)
        defined = component.get("outputDefinitions", {})
        parameters = {
            key: [each.parameters[key] for each in all_left if key in each.parameters]
            for key in defined.get("parameters", {})
        }
        artifacts = {
            key: [artifact for each in all_left for artifact in each.artifacts.get(key, [])]
            for key in defined.get("artifacts", {})
        }
        return Left(phase, parameters, artifacts)

    def _container(
        self, node: str, parent: str, name: str, task: Json, component: Json, given: Given
    ) -> Left:
        label = component["executorLabel"]
        executor = self._workflow.spec["deploymentSpec"]["executors"][label]
        if node in self._done:
            return self._done[node]
        if "importer" in executor:
            return self._imported(node, parent, executor["importer"], component, given)
        retries = int(task.get("retryPolicy", {}).get("maxRetryCount", 0))
        prefix = "retry-" if retries else ""
        self._driver(node, parent, False)
        template = f"{prefix}system-container-executor"
        self._note(node, "DAG", "Running", parent=f"{node}-driver", template=template)
        caching = bool(task.get("cachingOptions", {}).get("enableCache"))
        key = self._cache_key(label, executor["container"], component, given)
        known = self._memory.results.get(key) if caching else None
        if known is not None:
            said = "when 'true != true' evaluated false"
            self._note(f"{node}.executor", "Skipped", "Skipped", said, node)
            self._note(node, "DAG", "Succeeded")
            self._done[node] = known
            return known
        outcome = self._attempts(node, name, label, component, given, retries)
        self._note(node, "DAG", "Failed" if outcome.phase == "Error" else outcome.phase)
        if outcome.phase != "Succeeded":
            return Left("Failed")
        left = Left("Succeeded", outcome.output["parameters"], outcome.output["artifacts"])
        for artifact in itertools.chain(*left.artifacts.values()):
            artifact["name"] = str(next(self._memory.ids))
            artifact["metadata"] = stored(artifact.get("metadata", {}))
        self._done[node] = left
        if caching:
            self._memory.results[key] = left
        return left

    def _attempts(
        self, node: str, name: str, label: str, component: Json, given: Given, retries: int
    ) -> Outcome:
        workflow = self._workflow
        container = workflow.spec["deploymentSpec"]["executors"][label]["container"]
        root = f"minio://mlpipeline/v2/artifacts/{workflow.pipeline}/{workflow.run_id}"
        said = document(given, component, f"{root}/{name}/{uuid.uuid4()}")
        template = _template(workflow.settings(label), bool(retries))
        group = f"{node}.executor"
        outcome = Outcome("Failed", DEADLINE)
        if retries:
            self._note(group, "Retry", "Running", parent=node, template=template)
        for index in range(retries + 1):
            at = f"{group}({index})" if retries else group
            parent = group if retries else node
            self._note(at, "Pod", "Pending", parent=parent, template=template)
            attempt = Attempt(at, template, label, container, component, said, index)
            outcome = self._runner.run(workflow, attempt)
            self._note(at, "Pod", outcome.phase, outcome.message)
            if outcome.phase == "Succeeded" or workflow.stopping:
                break
        if retries:
            more = "" if outcome.phase == "Succeeded" else "No more retries left"
            self._note(group, "Retry", outcome.phase, more)
        return outcome

    def _imported(
        self, node: str, parent: str, importer: Json, component: Json, given: Given
    ) -> Left:
        said = importer["artifactUri"]
        uri = said.get("constant") or given.parameters[said["runtimeParameter"]]
        with self._workflow.changed:
            name = self._memory.imported.setdefault(uri, str(next(self._memory.ids)))
        kind = importer.get("typeSchema", {})
        artifact = {"name": name, "type": kind, "uri": uri, "metadata": {}}
        self._note(node, "Pod", "Succeeded", parent=parent, template="system-importer")
        (key,) = component["outputDefinitions"]["artifacts"]
        left = Left("Succeeded", {}, {key: [artifact]})
        self._done[node] = left
        return left

    def _cache_key(self, label: str, container: Json, component: Json, given: Given) -> str:
        """KFP's own: no variables, no ConfigMaps, no resources, nothing that lies on a claim."""
        claims = {
            each.get("constant") for each in self._workflow.settings(label).get("pvcMount", [])
        }
        text = json.dumps(
            [
                self._workflow.pipeline,
                {key: [each["name"] for each in listed] for key, listed in given.artifacts.items()},
                given.parameters,
                component.get("outputDefinitions", {}),
                [container["image"], container.get("command"), container.get("args")],
                sorted(map(str, claims)),
            ],
            sort_keys=True,
        )
        return hashlib.sha256(text.encode()).hexdigest()


def _template(settings: Json, retried: bool) -> str:
    """Return the name of Argo's template of a container: labels and retries have their own."""
    said = settings.get("podMetadata", {})
    labels, notes = len(said.get("labels", {})), len(said.get("annotations", {}))
    prefix = f"metadata-{labels}-{notes}-" if labels or notes else ""
    return f"{prefix}{'retry-' if retried else ''}system-container-impl"
