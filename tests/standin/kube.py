"""Calls of a real Kubernetes API for the stand-in, each over a connection of its own."""

import base64
import json
import ssl
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]
_LONGEST_WATCH = 120
"""Seconds after which Kubernetes ends a watch."""


class KubeError(Exception):
    """What Kubernetes refused."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class Kube:
    """One namespace of the cluster of a kubeconfig with a client certificate."""

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        user = config["users"][0]["user"]
        self.namespace = namespace
        self._server = cluster["server"]
        self._ssl = ssl.create_default_context(
            cadata=base64.b64decode(cluster["certificate-authority-data"]).decode()
        )
        with tempfile.NamedTemporaryFile() as file:
            for part in ("client-certificate-data", "client-key-data"):
                file.write(base64.b64decode(user[part]))
            file.flush()
            self._ssl.load_cert_chain(file.name)

    def core(self, kind: str, name: str = "") -> str:
        """Return the path of objects of the core group in the namespace."""
        return f"/api/v1/namespaces/{self.namespace}/{kind}{'/' if name else ''}{name}"

    def argo(self, name: str = "") -> str:
        """Return the path of Workflows in the namespace."""
        place = f"/apis/argoproj.io/v1alpha1/namespaces/{self.namespace}/workflows"
        return f"{place}{'/' if name else ''}{name}"

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        kind: str = "application/json",
    ) -> Json:
        with self._open(method, path, body, query, kind) as answer:
            found: Json = json.loads(answer.read())
            return found

    def text(self, path: str, query: Mapping[str, str]) -> bytes:
        with self._open("GET", path, None, query, "") as answer:
            data: bytes = answer.read()
            return data

    def watch(self, path: str, name: str) -> Iterator[tuple[str, Json]]:
        """Yield what happens to one object, from what it is now on: kind of event, object."""
        query = {
            "fieldSelector": f"metadata.name={name}",
            "watch": "1",
            "timeoutSeconds": str(_LONGEST_WATCH),
        }
        while True:
            with self._open("GET", path, None, query, "") as answer:
                for line in answer:
                    event = json.loads(line)
                    yield event["type"], event["object"]

    def _open(
        self, method: str, path: str, body: Any, query: Mapping[str, str] | None, kind: str
    ) -> Any:
        url = self._server + path + (f"?{urllib.parse.urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": kind} if data else {}
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            return urllib.request.urlopen(request, context=self._ssl, timeout=_LONGEST_WATCH + 30)
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            said = json.loads(text)["message"] if text.startswith("{") else text
            raise KubeError(error.code, said) from None
