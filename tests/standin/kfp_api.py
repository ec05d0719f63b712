"""KFP's v2beta1 API in memory: what a real 2.17 server answers to each call, also to wrong ones.

Its lies are kept: a run's Workflow is made before its row, so that a call that is refused late
leaves one running; a terminated run ends as FAILED; tasks carry no reason.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .answers import Refusal, misread, refuse, upload_refused
from .bodies import known, new_id, only, row
from .lists import COMMON, page
from .spec_checks import check_parameters, check_run, read_upload
from .times import EPOCH, now

Json = dict[str, Any]
_RUN = {
    *("run_id", "display_name", "experiment_id", "description", "storage_state", "pipeline_spec"),
    *("pipeline_version_reference", "runtime_config", "service_account", "pipeline_version_id"),
}
_EXPERIMENT = {"experiment_id", "display_name", "description", "namespace", "storage_state"}
_PIPELINE = {"pipeline_id", "display_name", "name", "description", "namespace"}


@dataclass
class KfpStore:
    """Everything that the server keeps."""

    start_workflow: Callable[[Json, Json, Mapping[str, Any]], str]
    """Called with run, spec and parameters; returns the name of the Workflow."""
    stop_workflow: Callable[[str], None]
    """Called with a run's id."""
    retry_workflow: Callable[[str], bool]
    """Called with a run's id; says whether there was a Workflow that had failed."""
    rows_of: Callable[[Json], Json]
    """Return a run as its Workflow has it by now."""
    experiments: dict[str, Json] = field(default_factory=dict)
    pipelines: dict[str, Json] = field(default_factory=dict)
    versions: dict[str, Json] = field(default_factory=dict)
    runs: dict[str, Json] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    several: bool = False
    """Whether there are several users: then experiments and pipelines are in namespaces."""
    refuse_rows: int = 0
    """How many rows of runs the database refuses from now on."""

    def __post_init__(self) -> None:
        self.create_experiment({"display_name": "Default"})

    @property
    def _space(self) -> tuple[str, ...]:
        return ("namespace",) if self.several else ()

    def create_experiment(self, body: Json) -> Json:
        known(body, _EXPERIMENT)
        name = body.get("display_name", "")
        if not name:
            raise refuse(500, "Invalid input error: Experiment must have a non-empty name")
        if len(name) > 128:
            raise refuse(500, "Invalid input error: Experiment.Name length cannot exceed 128")
        if any(_same(each, body, "display_name", name) for each in self.experiments.values()):
            raise refuse(409, f"The name {name} already exists. Please specify a new name")
        key = new_id()
        self.experiments[key] = {
            "experiment_id": key,
            "display_name": name,
            **only(body, "description", *self._space),
            "created_at": now(),
            "storage_state": "AVAILABLE",
            "last_run_created_at": EPOCH,
        }
        return self.experiments[key]

    def experiment(self, key: str) -> Json:
        if key not in self.experiments:
            raise refuse(404, f"Experiment {key} not found")
        return self.experiments[key]

    def list_experiments(self, query: Mapping[str, str]) -> Json:
        rows = [
            row(each, each["experiment_id"])
            for each in self.experiments.values()
            if self.is_asked_for(each["experiment_id"], query)
        ]
        return page(rows, query, "experiments", {**COMMON, "storage_state": "storage_state"}, "E")

    def is_asked_for(self, experiment_id: str, query: Mapping[str, str]) -> bool:
        """Whether a list that was asked for has what is in an experiment, by its namespace."""
        namespace = self.experiment(experiment_id).get("namespace", "")
        return not self.several or namespace == query.get("namespace", "")

    def store_experiment(self, key: str, state: str) -> Json:
        if key in self.experiments:
            self.experiments[key]["storage_state"] = state
            if state == "ARCHIVED":
                for run in self.runs.values():
                    if run["experiment_id"] == key:
                        run["storage_state"] = state
        return {}

    def delete_experiment(self, key: str) -> Json:
        self.experiment(key)
        del self.experiments[key]
        return {}

    def create_pipeline(self, body: Json) -> Json:
        known(body, _PIPELINE)
        name = body.get("name") or body.get("display_name", "")
        if any(_same(each, body, "name", name) for each in self.pipelines.values()):
            raise refuse(409, f"The name {name} already exists")
        key = new_id()
        self.pipelines[key] = {
            "pipeline_id": key,
            "display_name": body.get("display_name") or name,
            "name": name,
            **only(body, "description", *self._space),
            "created_at": now(),
        }
        return self.pipelines[key]

    def upload_pipeline(self, query: Mapping[str, str], upload: tuple[str, bytes] | None) -> Json:
        if upload is None:
            raise upload_refused(400, "Failed to read pipeline from file", plain=True)
        name = query.get("name") or upload[0]
        if len(name) > 128:
            text = "Invalid input error: Pipeline.Name length cannot exceed 128\n"
            raise Refusal(400, text, "text/plain; charset=utf-8")
        spec = read_upload(upload[1])
        try:
            made = self.create_pipeline(
                {
                    "name": name,
                    "display_name": query.get("display_name", name),
                    **only(query, "description"),
                }
            )
        except Refusal:
            text = "Failed to create a pipeline and a pipeline version"
            raise upload_refused(409, text) from None
        self._new_version(made["pipeline_id"], name, spec, {})
        return made

    def upload_version(self, query: Mapping[str, str], upload: tuple[str, bytes] | None) -> Json:
        key = query.get("pipelineid", "")
        if upload is None or key not in self.pipelines:
            raise upload_refused(400, "Failed to create a pipeline version", plain=True)
        spec = read_upload(upload[1])
        name = query.get("name") or upload[0]
        there = (each for each in self.versions.values() if each["pipeline_id"] == key)
        if any(each["name"] == name for each in there):
            raise upload_refused(409, "Failed to create a pipeline version")
        return self._new_version(key, name, spec, query)

    def _new_version(self, pipeline: str, name: str, spec: Json, query: Mapping[str, str]) -> Json:
        key = new_id()
        self.versions[key] = {
            "pipeline_id": pipeline,
            "pipeline_version_id": key,
            "display_name": query.get("display_name", name),
            "name": name,
            **only(query, "description"),
            "created_at": now(),
            "pipeline_spec": spec,
        }
        return self.versions[key]

    def pipeline(self, key: str) -> Json:
        if key not in self.pipelines:
            raise refuse(404, f"Pipeline {key} not found")
        return self.pipelines[key]

    def pipeline_by_name(self, name: str, namespace: str = "") -> Json:
        for each in self.pipelines.values():
            if _same(each, {"namespace": namespace} if self.several else {}, "name", name):
                return each
        raise refuse(404, f"Pipeline {name} not found")

    def list_pipelines(self, query: Mapping[str, str]) -> Json:
        rows = [row(each, each["pipeline_id"]) for each in self.pipelines.values()]
        return page(rows, query, "pipelines", COMMON, "Pipeline")

    def delete_pipeline(self, key: str, query: Mapping[str, str]) -> Json:
        self.pipeline(key)
        versions = [v for v, each in self.versions.items() if each["pipeline_id"] == key]
        if versions and query.get("cascade") != "true":
            raise refuse(400, f"Failed to delete pipeline {key}: it has versions")
        for version in versions:
            del self.versions[version]
        del self.pipelines[key]
        return {}

    def version(self, key: str) -> Json:
        if key not in self.versions:
            raise refuse(404, f"PipelineVersion {key} not found")
        return self.versions[key]

    def list_versions(self, pipeline: str, query: Mapping[str, str]) -> Json:
        self.pipeline(pipeline)
        rows = [
            row(each, key) for key, each in self.versions.items() if each["pipeline_id"] == pipeline
        ]
        return page(rows, query, "pipeline_versions", COMMON, "PipelineVersion")

    def delete_version(self, key: str) -> Json:
        self.version(key)
        del self.versions[key]
        return {}

    def create_run(self, body: Json) -> Json:
        known(body, _RUN)
        if "pipeline_spec" in body and "pipeline_version_reference" in body:
            raise misread("oneof Run.pipeline_source is already set")
        if not body.get("display_name"):
            raise refuse(500, "Invalid input error: Run name cannot be empty")
        experiment = body.get("experiment_id") or next(iter(self.experiments))
        self.experiment(experiment)
        spec = self.spec_of(body)
        inner = spec.get("pipeline_spec", spec)
        check_run(inner, len(json.dumps(spec)))
        given = body.get("runtime_config", {}).get("parameters", {})
        check_parameters(inner, given)
        run = self._new_run(body, experiment)
        # As the real server: the Workflow first, the row after it.
        self.start_workflow(run, spec, given)
        self._store_run(run)
        self.experiments[experiment]["last_run_created_at"] = run["created_at"]
        return run

    def spec_of(self, body: Json) -> Json:
        if "pipeline_spec" in body:
            return dict(body["pipeline_spec"])
        reference = body.get("pipeline_version_reference")
        if not reference:
            raise refuse(500, "Failed to fetch a template with an empty pipeline spec manifest")
        versions = [
            each
            for each in self.versions.values()
            if each["pipeline_version_id"] == reference.get("pipeline_version_id")
            or (
                "pipeline_version_id" not in reference
                and each["pipeline_id"] == reference["pipeline_id"]
            )
        ]
        if not versions:
            raise refuse(500, "Failed to fetch a pipeline version and its manifest")
        reference["pipeline_version_id"] = versions[-1]["pipeline_version_id"]
        return dict(versions[-1]["pipeline_spec"])

    def _new_run(self, body: Json, experiment: str) -> Json:
        when = now()
        return {
            "experiment_id": experiment,
            "run_id": body.get("run_id") or new_id(),
            "display_name": body["display_name"],
            "storage_state": "AVAILABLE",
            **only(body, "pipeline_version_reference", "pipeline_spec", "runtime_config"),
            "service_account": body.get("service_account", "pipeline-runner"),
            "created_at": when,
            "scheduled_at": when,
            "finished_at": EPOCH,
            "state": "PENDING",
            "state_history": [{"update_time": when, "state": "PENDING"}],
        }

    def _store_run(self, run: Json) -> None:
        if len(run["display_name"]) > 255:
            raise refuse(500, "Failed to store run: Data too long for column 'DisplayName'")
        if any(ord(letter) > 255 for letter in json.dumps(run, ensure_ascii=False)):
            raise refuse(500, "Failed to store run: Incorrect string value")
        if self.refuse_rows:
            self.refuse_rows -= 1
            raise refuse(500, "Failed to store run: the database has gone away")
        if run["run_id"] in self.runs:
            raise refuse(500, f"Duplicate entry '{run['run_id']}' for key 'PRIMARY'")
        self.runs[run["run_id"]] = run

    def run(self, key: str) -> Json:
        if key not in self.runs:
            raise refuse(404, f"Run {key} not found")
        return self.rows_of(self.runs[key])

    def run_v1(self, key: str) -> Json:
        run = self.run(key)
        return {
            "run": {
                "id": key,
                "name": run["display_name"],
                "pipeline_spec": {
                    "pipeline_id": "",
                    "pipeline_name": "",
                    "pipeline_manifest": "",
                    "runtime_config": run.get("runtime_config", {"parameters": {}}),
                },
                "resource_references": [{"key": {}, "relationship": "OWNER"}],
                "service_account": run["service_account"],
                "created_at": run["created_at"],
                "scheduled_at": run["scheduled_at"],
                "finished_at": run["finished_at"],
                "status": run["state"],
            },
            "pipeline_runtime": {"pipeline_manifest": ""},
        }

    def list_runs(self, query: Mapping[str, str]) -> Json:
        wanted = query.get("experiment_id")
        if wanted:
            self.experiment(wanted)
        fields = {
            **COMMON,
            **{name: name for name in ("state", "storage_state", "experiment_id", "finished_at")},
            "status": "state",
            "run_id": "id",
        }
        rows = [
            row(self.rows_of(each), key)
            for key, each in self.runs.items()
            if wanted in (None, each["experiment_id"])
            and self.is_asked_for(each["experiment_id"], query)
        ]
        return page(rows, query, "runs", fields, "Run")

    def store_run(self, key: str, state: str) -> Json:
        self.run(key)
        self.runs[key]["storage_state"] = state
        return {}

    def terminate(self, key: str) -> Json:
        run = self.run(key)
        if run["state"] not in ("PENDING", "RUNNING"):
            raise refuse(400, "Failed to terminate: Row not found")
        stored = self.runs[key]
        stored["state"] = "CANCELING"
        stored["state_history"].append({"update_time": now(), "state": "CANCELING"})
        self.stop_workflow(key)
        return {}

    def retry(self, key: str) -> Json:
        if self.run(key)["state"] != "FAILED" or not self.retry_workflow(key):
            raise refuse(409, f"Failed to retry run {key}: no failed workflow", 10)
        stored = self.runs[key]
        stored["state"], stored["finished_at"] = "RUNNING", EPOCH
        stored["state_history"].append({"update_time": now(), "state": "RUNNING"})
        return {}

    def delete_run(self, key: str) -> Json:
        self.run(key)
        del self.runs[key]
        return {}


def _same(each: Json, body: Json, field: str, name: str) -> bool:
    """Whether there is something of a name already, in the same namespace."""
    return bool(each[field] == name) and each.get("namespace", "") == body.get("namespace", "")
