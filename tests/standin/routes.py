"""Which work the stand-in does for which call of KFP's API."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .answers import TEXT, misread, upload_refused
from .bodies import uploaded

if TYPE_CHECKING:
    from .server import Call, Reply, StandIn

Json = dict[str, Any]
V2 = "/apis/v2beta1"
Work = Callable[..., Any]


def routes(standin: StandIn) -> list[tuple[str, str, Work]]:
    store, kept = standin.store, standin.recurring
    one = "([^/:]+)"
    experiments, runs = f"{V2}/experiments", f"{V2}/runs"
    pipelines, recurring = f"{V2}/pipelines", f"{V2}/recurringruns"

    def body(call: Call) -> Json:
        try:
            found = json.loads(call.body or b"{}")
        except ValueError as error:
            raise misread(f"invalid character: {error}") from None
        return dict(found)

    def health(_: Call) -> Json:
        several = standin.tenancy is not None
        return {"commit_sha": "unknown", "tag_name": "unknown", "multi_user": several}

    def named(call: Call, name: str) -> Json:
        return store.pipeline_by_name(name, call.query.get("namespace", ""))

    def upload(call: Call) -> tuple[str, bytes] | None:
        return uploaded(call.headers, call.body)

    return [
        ("GET", f"{V2}/healthz", lambda c: {**health(c), "pipeline_store": "database"}),
        ("GET", "/apis/v1beta1/healthz", health),
        ("GET", experiments, lambda c: store.list_experiments(c.query)),
        ("POST", experiments, lambda c: store.create_experiment(body(c))),
        ("GET", f"{experiments}/{one}", lambda c, key: store.experiment(key)),
        ("DELETE", f"{experiments}/{one}", lambda c, key: store.delete_experiment(key)),
        (
            "POST",
            f"{experiments}/{one}:archive",
            lambda c, k: store.store_experiment(k, "ARCHIVED"),
        ),
        (
            "POST",
            f"{experiments}/{one}:unarchive",
            lambda c, k: store.store_experiment(k, "AVAILABLE"),
        ),
        (
            "POST",
            f"{pipelines}/upload",
            lambda c: store.upload_pipeline(c.query, upload(c)),
        ),
        (
            "POST",
            f"{pipelines}/upload_version",
            lambda c: store.upload_version(c.query, upload(c)),
        ),
        ("GET", pipelines, lambda c: store.list_pipelines(c.query)),
        ("POST", pipelines, lambda c: store.create_pipeline(body(c))),
        (
            "GET",
            f"{pipelines}/names/{one}",
            named,
        ),
        ("GET", f"{pipelines}/{one}", lambda c, key: store.pipeline(key)),
        ("DELETE", f"{pipelines}/{one}", lambda c, key: store.delete_pipeline(key, c.query)),
        ("GET", f"{pipelines}/{one}/versions", lambda c, key: store.list_versions(key, c.query)),
        ("GET", f"{pipelines}/{one}/versions/{one}", lambda c, _, key: store.version(key)),
        ("DELETE", f"{pipelines}/{one}/versions/{one}", lambda c, _, k: store.delete_version(k)),
        ("GET", runs, lambda c: store.list_runs(c.query)),
        ("POST", runs, lambda c: store.create_run(body(c))),
        ("GET", f"{runs}/{one}", lambda c, key: store.run(key)),
        ("GET", f"/apis/v1beta1/runs/{one}", lambda c, key: store.run_v1(key)),
        ("DELETE", f"{runs}/{one}", lambda c, key: standin.delete_run(key)),
        ("POST", f"{runs}/{one}:archive", lambda c, key: store.store_run(key, "ARCHIVED")),
        ("POST", f"{runs}/{one}:unarchive", lambda c, key: store.store_run(key, "AVAILABLE")),
        ("POST", f"{runs}/{one}:terminate", lambda c, key: store.terminate(key)),
        ("POST", f"{runs}/{one}:retry", lambda c, key: store.retry(key)),
        ("GET", f"{runs}/{one}/nodes/{one}/artifacts/{one}:read", lambda c, *_: _no_artifact()),
        (
            "GET",
            f"/apis/v1alpha1/runs/{one}/nodes/{one}/log",
            lambda c, run, pod: _kept_log(standin, run, pod),
        ),
        ("GET", recurring, lambda c: kept.list(c.query)),
        ("POST", recurring, lambda c: kept.create(body(c))),
        ("GET", f"{recurring}/{one}", lambda c, key: kept.one(key)),
        ("DELETE", f"{recurring}/{one}", lambda c, key: kept.delete(key)),
        ("POST", f"{recurring}/{one}:enable", lambda c, key: kept.switch(key, True)),
        ("POST", f"{recurring}/{one}:disable", lambda c, key: kept.switch(key, False)),
    ]


def _no_artifact() -> Any:
    message = "Invalid input error: read artifact from run with v2 IR spec is not supported"
    raise upload_refused(500, message, plain=True)


def _kept_log(standin: StandIn, run: str, pod: str) -> Reply:
    """Return the archived log; there is none while the step runs, which is no error of HTTP's."""
    from .server import Reply

    if pod in standin.objects.logs:
        return Reply(standin.objects.logs[pod], 200, TEXT)
    for each in standin.workflows.of(run):
        found = each.pods.get(pod)
        if found and found["status"]["phase"] in ("Succeeded", "Failed"):
            return Reply(Path(found["log"]).read_bytes(), 200, TEXT)
    missing = {"error_message": "Failed to read log", "error_details": "NotFound"}
    return Reply(missing, 200, TEXT)
