"""Objects of an S3 store, such as the one that KFP keeps its artifacts in: look, put, list, fetch.

Requests are signed as Amazon's Signature Version 4 says
(https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from ...errors import Code, Problem
from .connection import Connection
from .credentials import Secret
from .http import ClusterError
from .store_call import call_store

REGION = "us-east-1"
"""What stores other than Amazon's take for their own."""


_KEY = re.compile(r"<Key>([^<]*)</Key>")
_MORE = re.compile(r"<NextContinuationToken>([^<]+)</NextContinuationToken>")


@dataclass(frozen=True)
class Key:
    """What lets into a store."""

    access: str
    secret: str


class ObjectStore:
    """The folder of a bucket that a connection names, or another one of the same store."""

    def __init__(self, connection: Connection, uri: str = "") -> None:
        """Open `uri` (`minio://BUCKET/FOLDER`), else the connection's own folder."""
        self._connection = connection
        self._place = uri or connection.store
        place = urlsplit(self._place)
        self._folder = f"/{place.netloc}{place.path.rstrip('/')}"

    def has(self, name: str) -> bool:
        """Whether there is an object of that name; raises `ClusterError`."""
        status, text = self._call("HEAD", name, b"")
        if status == 404:
            return False
        self._check(status, text)
        return True

    def check(self) -> None:
        """Raise `ClusterError` where what is in the folder cannot be listed."""
        bucket, _, prefix = self._folder.lstrip("/").partition("/")
        query = {"list-type": "2", "max-keys": "1", "prefix": prefix}
        with self._open("GET", f"/{bucket}", b"", query) as answer:
            self._check(answer.status_code, answer.text[:400])

    def put(self, name: str, content: bytes) -> None:
        """Store an object; raises `ClusterError`."""
        self._check(*self._call("PUT", name, content))

    def remove(self, name: str) -> None:
        """Delete an object; one that is gone already is no error. Raises `ClusterError`."""
        status, text = self._call("DELETE", name, b"")
        if status != 404:
            self._check(status, text)

    def names(self) -> list[str]:
        """Return the names of the objects below the folder; raises `ClusterError`.

        An object at the place itself has the empty name.
        """
        bucket, _, prefix = self._folder.lstrip("/").partition("/")
        found: list[str] = []
        token = ""
        while True:
            query = {"list-type": "2", "prefix": prefix}
            if token:
                query["continuation-token"] = token
            with self._open("GET", f"/{bucket}", b"", query) as answer:
                text = answer.text
                self._check(answer.status_code, text)
            found += (
                key[len(prefix) + 1 :]
                for key in map(unescape, _KEY.findall(text))
                if key == prefix or key.startswith(f"{prefix}/")
            )
            more = _MORE.search(text)
            if more is None:
                return found
            token = unescape(more[1])

    def fetch(self, name: str, path: Path) -> None:
        """Write an object to a file; raises `ClusterError`."""
        place = f"{self._folder}/{name}" if name else self._folder
        with self._open("GET", place, b"") as answer, open(path, "wb") as file:
            if answer.status_code >= 300:
                self._check(answer.status_code, answer.text)
            for piece in answer.iter_content(1 << 20):
                file.write(piece)

    def _call(self, method: str, name: str, content: bytes) -> tuple[int, str]:
        with self._open(method, f"{self._folder}/{name}", content) as answer:
            return answer.status_code, answer.text[:400]

    def _open(
        self, method: str, place: str, content: bytes, query: Mapping[str, str] | None = None
    ) -> Any:
        """Return the answer of the store, its body not yet read."""
        url = self._connection.store_url.rstrip("/") + quote(place)
        if query:
            pairs = sorted((quote(k, safe=""), quote(v, safe="")) for k, v in query.items())
            url += "?" + "&".join(f"{key}={value}" for key, value in pairs)
        headers = signed(method, url, {}, content, self._key(), datetime.now(timezone.utc))
        return call_store(self._connection, method, url, headers, content)

    def _key(self) -> Key:
        access, _, secret = Secret(self._connection.store_key).value().partition(":")
        return Key(access, secret)

    def _check(self, status: int, text: str) -> None:
        if status < 300:
            return
        denied = status in (401, 403)
        said = text.partition("<Code>")[2].partition("</Code>")[0]
        raise ClusterError(
            Problem(
                Code.CLUSTER_DENIED if denied else Code.CLUSTER_FAILED,
                f"The object store answers {status}{f' ({said})' if said else ''} for "
                f"{self._place}.",
                "Check --store-key of the connection, and that it may use that bucket."
                if denied
                else "Check --store of the connection: the bucket must exist.",
            ),
            status,
        )


def signed(
    method: str, url: str, headers: Mapping[str, str], content: bytes, key: Key, now: datetime
) -> dict[str, str]:
    """Return the headers of a request, the signature among them."""
    parts = urlsplit(url)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(content).hexdigest()
    sent = {**headers, "x-amz-content-sha256": digest, "x-amz-date": stamp}
    named = {name.lower(): value.strip() for name, value in {**sent, "host": parts.netloc}.items()}
    names = ";".join(sorted(named))
    lines = "".join(f"{name}:{named[name]}\n" for name in sorted(named))
    request = "\n".join((method, parts.path, parts.query, lines, names, digest))
    scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashed))
    by = f"AWS4{key.secret}".encode()
    for piece in scope.split("/"):
        by = hmac.new(by, piece.encode(), hashlib.sha256).digest()
    signature = hmac.new(by, text.encode(), hashlib.sha256).hexdigest()
    sent["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={key.access}/{scope},SignedHeaders={names},"
        f"Signature={signature}"
    )
    return sent
