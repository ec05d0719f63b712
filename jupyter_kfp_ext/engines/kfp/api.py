"""KFP's REST API v2beta1, as far as this engine calls it.

Paths and bodies are those of `kfp_api_single_file.swagger.json` of KFP 2.17; what the server
answers where the description is silent was recorded on a real one (docs/kfp-engine.md).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from .http import ClusterError, Http

V2 = "/apis/v2beta1"
Json = dict[str, Any]
_PAGE = "100"
_STARTS = 4
"""How often a list is read from its start where the server loses the place between pages."""


class KfpApi:
    """Calls of one KFP API server; each raises `ClusterError`."""

    def __init__(self, http: Http, namespace: str = "") -> None:
        self.http = http
        self.namespace = namespace
        """Said where the installation has several users; empty otherwise."""

    def health(self) -> Json:
        """Return `{"multi_user", "tag_name", "commit_sha"}`."""
        return self._get("/healthz")

    def run(self, run_id: str) -> Json | None:
        """Return a run with its task rows; None where there is none."""
        return self._found(f"/runs/{quote(run_id, safe='')}")

    def create_run(self, body: Mapping[str, Any]) -> Json:
        """Start a run. Never make this call twice: a second one starts a second workflow."""
        return self._post("/runs", body)

    def terminate(self, run_id: str) -> None:
        """Ask a run to end."""
        self._post(f"/runs/{quote(run_id, safe='')}:terminate", None)

    def retry(self, run_id: str) -> None:
        """Have a failed run go on with what failed; refused (4xx) where nothing failed."""
        self._post(f"/runs/{quote(run_id, safe='')}:retry", None)

    def store_run(self, run_id: str, archived: bool) -> None:
        """Archive a run, or take it out of the archive; the same call again changes nothing."""
        verb = "archive" if archived else "unarchive"
        self._post(f"/runs/{quote(run_id, safe='')}:{verb}", None, again=True)

    def delete_run(self, run_id: str) -> bool:
        """Delete a run and its Workflow; False where there is none."""
        return self._deleted(f"/runs/{quote(run_id, safe='')}")

    def experiment(self, name: str) -> Json | None:
        """Return the experiment of a name; None where there is none."""
        return next(self._named("/experiments", "experiments", name), None)

    def experiment_by_id(self, key: str) -> Json:
        """Return an experiment; an empty one where there is none of that id."""
        return (self._found(f"/experiments/{quote(key, safe='')}") if key else None) or {}

    def create_experiment(self, name: str) -> Json:
        """Make an experiment."""
        space = {"namespace": self.namespace} if self.namespace else {}
        return self._post("/experiments", {"display_name": name, **space})

    def pipeline(self, name: str) -> Json | None:
        """Return the pipeline of a name; None where there is none."""
        return self._found(f"/pipelines/names/{quote(name, safe='')}", self._space())

    def create_pipeline(self, name: str) -> Json:
        """Make a pipeline without a version."""
        space = {"namespace": self.namespace} if self.namespace else {}
        return self._post("/pipelines", {"name": name, "display_name": name, **space})

    def version(self, pipeline_id: str, name: str) -> Json | None:
        """Return the version of a name of a pipeline; None where there is none."""
        place = f"/pipelines/{quote(pipeline_id, safe='')}/versions"
        return next(self._named(place, "pipeline_versions", name), None)

    def upload_version(self, pipeline_id: str, name: str, text: bytes) -> Json:
        """Upload the YAML of a pipeline as a version."""
        query = {"name": name, "pipelineid": pipeline_id}
        answer: Json = self.http.call(
            "POST", f"{V2}/pipelines/upload_version", query, upload=(f"{name}.yaml", text)
        )
        return answer

    def create_recurring(self, body: Mapping[str, Any]) -> Json:
        """Make a recurring run. Never make this call twice: a second one makes a second."""
        return self._post("/recurringruns", body)

    def recurring(self, name: str = "") -> Iterator[Json]:
        """Yield the recurring runs, newest first; with a name only those of that name."""
        yield from self._pages("/recurringruns", ("recurringRuns", "recurring_runs"), _newest(name))

    def switch_recurring(self, key: str, on: bool) -> None:
        """Let a recurring run start runs, or no more; the same call again changes nothing."""
        verb = "enable" if on else "disable"
        self._post(f"/recurringruns/{quote(key, safe='')}:{verb}", None, again=True)

    def delete_recurring(self, key: str) -> bool:
        """Delete a recurring run; its runs stay. False where there is none."""
        return self._deleted(f"/recurringruns/{quote(key, safe='')}")

    def runs(self, experiment_id: str = "") -> Iterator[Json]:
        """Yield the runs there are, newest first; with an experiment only those in it."""
        within = {"experiment_id": experiment_id} if experiment_id else {}
        yield from self._pages("/runs", ("runs",), {**_newest(), **within})

    def experiments(self) -> Iterator[Json]:
        """Yield the experiments, newest first."""
        yield from self._pages("/experiments", ("experiments",), _newest())

    def pipelines(self) -> Iterator[Json]:
        """Yield the pipelines, newest first."""
        yield from self._pages("/pipelines", ("pipelines",), _newest())

    def versions(self, pipeline_id: str) -> Iterator[Json]:
        """Yield the versions of a pipeline, newest first."""
        place = f"/pipelines/{quote(pipeline_id, safe='')}/versions"
        yield from self._pages(place, ("pipeline_versions",), _newest())

    def version_by_id(self, pipeline_id: str, version_id: str) -> Json:
        """Return a version with its specification."""
        place = f"/pipelines/{quote(pipeline_id, safe='')}/versions"
        return self._get(f"{place}/{quote(version_id, safe='')}")

    def log(self, run_id: str, pod: str) -> str:
        """Return the kept log of a pod of a run that has ended; empty where there is none.

        The endpoint is KFP's own and not described; an error comes with status 200 as JSON.
        """
        path = f"/apis/v1alpha1/runs/{quote(run_id, safe='')}/nodes/{quote(pod, safe='')}/log"
        text = self.http.text(path)
        if text.startswith("{"):
            try:
                if "error_message" in json.loads(text):
                    return ""
            except ValueError:
                pass
        return text

    def _named(self, path: str, key: str, name: str) -> Iterator[Json]:
        """Yield what is listed under a name; the filter of names is on the server."""
        for each in self._pages(path, (key,), _filter(name)):
            if name in (each.get("name"), each.get("display_name")):
                yield each

    def _pages(self, path: str, keys: tuple[str, ...], query: Mapping[str, str]) -> Iterator[Json]:
        """Yield what is listed, page by page, each once though pages move while they are read.

        A place between pages that the server no longer knows is looked for from the start.
        """
        query = {**self._space(), "page_size": _PAGE, **query}
        token, seen, starts = "", set[str](), 1
        while True:
            try:
                page = self._get(path, {**query, "page_token": token} if token else query)
            except ClusterError as error:
                if not token or error.status not in (400, 410) or starts == _STARTS:
                    raise
                token, starts = "", starts + 1
                continue
            for each in next((page[key] for key in keys if key in page), []):
                text = json.dumps(each, sort_keys=True)
                if text not in seen:
                    seen.add(text)
                    yield each
            token = page.get("next_page_token", "")
            if not token:
                return

    def _space(self) -> dict[str, str]:
        return {"namespace": self.namespace} if self.namespace else {}

    def _found(self, path: str, query: Mapping[str, str] | None = None) -> Json | None:
        try:
            return self._get(path, query)
        except ClusterError as error:
            if error.status == 404:
                return None
            raise

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> Json:
        answer: Json = self.http.call("GET", V2 + path, query)
        return answer

    def _post(self, path: str, body: Mapping[str, Any] | None, again: bool = False) -> Json:
        answer: Json = self.http.call("POST", V2 + path, body=body, again=again)
        return answer

    def _deleted(self, path: str) -> bool:
        try:
            self.http.call("DELETE", V2 + path)
        except ClusterError as error:
            if error.status == 404:
                return False
            raise
        return True


def _filter(name: str) -> dict[str, str]:
    predicate = {"operation": "EQUALS", "key": "name", "string_value": name}
    return {"filter": json.dumps({"predicates": [predicate]})}


def _newest(name: str = "") -> dict[str, str]:
    return {"sort_by": "created_at desc", **(_filter(name) if name else {})}
