"""Recurring runs of KFP's API: kept, listed and switched; a test says when one starts a run."""

import re
from collections.abc import Mapping
from typing import Any

from .answers import misread, refuse
from .bodies import known, new_id, only, row
from .kfp_api import KfpStore
from .lists import COMMON, page
from .spec_checks import check_parameters
from .times import now

Json = dict[str, Any]
_RECURRING = {
    *("display_name", "experiment_id", "pipeline_version_reference", "pipeline_spec", "mode"),
    *("runtime_config", "max_concurrency", "trigger", "service_account", "description"),
    *("no_catchup", "namespace"),
}


class Recurring:
    """The recurring runs of a server."""

    def __init__(self, store: KfpStore) -> None:
        self._store = store
        self.kept: dict[str, Json] = {}

    def create(self, body: Json) -> Json:
        known(body, _RECURRING)
        if body.get("mode", "ENABLE") not in ("ENABLE", "DISABLE", "MODE_UNSPECIFIED"):
            raise misread('invalid value for enum field mode: "SOMETIMES"')
        trigger = body.get("trigger") or {}
        cron = trigger.get("cron_schedule", {}).get("cron")
        if cron is not None and not re.fullmatch(r"([\d*/,-]+ ){4,5}[\d*/,?-]+", cron):
            raise refuse(400, "Schedule cron is not a supported format")
        interval = trigger.get("periodic_schedule", {}).get("interval_second")
        if interval is not None and int(interval) <= 0:
            raise refuse(400, f"Found invalid period schedule interval {interval}")
        if not 1 <= int(body.get("max_concurrency", "1")) <= 10:
            raise refuse(400, "Max concurrency of a recurring run must be at least 1, at most 10")
        spec = self._store.spec_of(body)
        given = body.get("runtime_config", {}).get("parameters", {})
        check_parameters(spec.get("pipeline_spec", spec), given)
        experiment = self._store.experiment(body["experiment_id"])
        key = new_id()
        self.kept[key] = {
            "recurring_run_id": key,
            "display_name": body["display_name"],
            **only(body, "pipeline_version_reference", "runtime_config"),
            "service_account": "pipeline-runner",
            "max_concurrency": body.get("max_concurrency", "1"),
            "trigger": trigger,
            "mode": body.get("mode", "ENABLE"),
            "created_at": now(),
            "updated_at": now(),
            "status": "ENABLED" if body.get("mode") == "ENABLE" else "DISABLED",
            "namespace": experiment.get("namespace", "kubeflow"),
            "experiment_id": body["experiment_id"],
        }
        return self.kept[key]

    def one(self, key: str) -> Json:
        if key not in self.kept:
            raise refuse(404, f"Job {key} not found")
        return self.kept[key]

    def switch(self, key: str, on: bool) -> Json:
        found = self.one(key)
        found["mode"] = "ENABLE" if on else "DISABLE"
        found["status"] = "ENABLED" if on else "DISABLED"
        return {}

    def fire(self, key: str) -> Json:
        """Start a run as KFP's controller of schedules does."""
        said = self.one(key)
        shared = ("pipeline_version_reference", "runtime_config", "experiment_id")
        run = self._store.create_run(
            {"display_name": f"{said['display_name']}-1-{len(self._store.runs)}"}
            | {name: said[name] for name in shared if name in said}
        )
        run["recurring_run_id"] = key
        return run

    def list(self, query: Mapping[str, str]) -> Json:
        rows = [
            row(each, key)
            for key, each in self.kept.items()
            if self._store.is_asked_for(each["experiment_id"], query)
        ]
        return page(rows, query, "recurringRuns", COMMON, "Job")

    def delete(self, key: str) -> Json:
        self.one(key)
        del self.kept[key]
        return {}
