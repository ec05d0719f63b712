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

    def experiment(self, name: str) -> Json | None:
        """Return the experiment of a name; None where there is none."""
        return next(self._named("/experiments", "experiments", name), None)

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
        predicate = {"operation": "EQUALS", "key": "name", "string_value": name}
        query = {
            **self._space(),
            "page_size": _PAGE,
            "filter": json.dumps({"predicates": [predicate]}),
        }
        token = ""
        while True:
            page = self._get(path, {**query, "page_token": token} if token else query)
            for each in page.get(key, []):
                if name in (each.get("name"), each.get("display_name")):
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

    def _post(self, path: str, body: Mapping[str, Any] | None) -> Json:
        answer: Json = self.http.call("POST", V2 + path, body=body)
        return answer
