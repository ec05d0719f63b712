"""Objects of Google Cloud Storage, by its JSON API (https://cloud.google.com/storage/docs/json_api).

Who is let in: an access token by reference, or what Google's library finds on this machine (the
file of a service account, a login by gcloud, the metadata server), which comes with the Kubernetes
library.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ...errors import Code, Problem
from .connection import FOUND_BY_GOOGLE, GOOGLE_STORE, Connection
from .credentials import Secret, denied
from .http import ClusterError
from .store_call import call_store

_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"


class GoogleStore:
    """The folder of a bucket that a connection names, or another one."""

    def __init__(self, connection: Connection, uri: str = "") -> None:
        """Open `uri` (`gs://BUCKET/FOLDER`), else the connection's own folder."""
        self._connection = connection
        self._place = uri or connection.store
        place = urlsplit(self._place)
        self._bucket, self._folder = place.netloc, place.path.strip("/")
        self._url = (connection.store_url or GOOGLE_STORE).rstrip("/")
        self._found: Any = None

    def has(self, name: str) -> bool:
        """Whether there is an object of that name; raises `ClusterError`."""
        with self._call("GET", self._object(name), {"fields": "name"}) as answer:
            # A bucket that is not there answers so, too: it is told when something is put.
            if answer.status_code == 404:
                return False
            self._check(answer)
        return True

    def check(self) -> None:
        """Raise `ClusterError` where what is in the folder cannot be listed."""
        query = {"prefix": self._folder, "maxResults": "1"}
        with self._call("GET", self._objects(), query) as answer:
            self._check(answer)

    def put(self, name: str, content: bytes) -> None:
        """Store an object; raises `ClusterError`."""
        query = {"uploadType": "media", "name": self._key(name)}
        with self._call("POST", f"/upload{self._objects()}", query, content) as answer:
            self._check(answer)

    def remove(self, name: str) -> None:
        """Delete an object; one that is gone already is no error. Raises `ClusterError`."""
        with self._call("DELETE", self._object(name)) as answer:
            if answer.status_code != 404:
                self._check(answer)

    def names(self) -> list[str]:
        """Return the names of the objects below the folder; raises `ClusterError`.

        An object at the place itself has the empty name.
        """
        found: list[str] = []
        query = {"prefix": self._folder, "fields": "items/name,nextPageToken"}
        while True:
            with self._call("GET", self._objects(), query) as answer:
                self._check(answer)
                page = answer.json()
            keys = (str(each["name"]) for each in page.get("items") or ())
            found += (
                key[len(self._folder) + 1 :]
                for key in keys
                if key == self._folder or key.startswith(f"{self._folder}/")
            )
            if not page.get("nextPageToken"):
                return found
            query["pageToken"] = page["nextPageToken"]

    def fetch(self, name: str, path: Path) -> None:
        """Write an object to a file; raises `ClusterError`."""
        with self._call("GET", self._object(name), {"alt": "media"}) as answer:
            self._check(answer)
            with open(path, "wb") as file:
                for piece in answer.iter_content(1 << 20):
                    file.write(piece)

    def _key(self, name: str) -> str:
        return f"{self._folder}/{name}".strip("/")

    def _objects(self) -> str:
        return f"/storage/v1/b/{quote(self._bucket, safe='')}/o"

    def _object(self, name: str) -> str:
        return f"{self._objects()}/{quote(self._key(name), safe='')}"

    def _call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, content: bytes = b""
    ) -> Any:
        """Return the answer of the store, its body not yet read."""
        url = self._url + path + (f"?{urlencode(query)}" if query else "")
        headers = {"Authorization": f"Bearer {self._token()}"}
        if content:
            headers["Content-Type"] = "application/octet-stream"
        return call_store(self._connection, method, url, headers, content)

    def _token(self) -> str:
        if self._connection.store_key != FOUND_BY_GOOGLE:
            return Secret(self._connection.store_key).value()
        try:
            import google.auth
            import google.auth.transport.requests
        except ImportError:
            raise denied(
                "Google's credentials are looked for by the package google-auth, which is not "
                "installed here.",
                "Install it, or give the token: --store-key "
                "'command:gcloud auth print-access-token'.",
            ) from None
        try:
            if self._found is None:
                self._found, _ = google.auth.default(scopes=[_SCOPE])
            if not self._found.valid:
                self._found.refresh(google.auth.transport.requests.Request())
        except Exception as error:  # the library raises whatever its parts raise
            raise denied(
                f"Google lets nobody in from here ({type(error).__name__}).",
                "Log in (gcloud auth application-default login), or name the file of a service "
                "account by GOOGLE_APPLICATION_CREDENTIALS.",
            ) from None
        return str(self._found.token)

    def _check(self, answer: Any) -> None:
        status = answer.status_code
        if status < 300:
            return
        refused = status in (401, 403)
        raise ClusterError(
            Problem(
                Code.CLUSTER_DENIED if refused else Code.CLUSTER_FAILED,
                f"The object store answers {status}{_reason(answer)} for {self._place}.",
                "Check --store-key of the connection, and that it may use that bucket."
                if refused
                else "Check --store of the connection: the bucket must exist.",
            ),
            status,
        )


def _reason(answer: Any) -> str:
    """Return what the store says of a refusal, in brackets."""
    try:
        said = answer.json()["error"]
        return f" ({said['errors'][0]['reason']})"
    except (ValueError, LookupError, TypeError):
        return ""
