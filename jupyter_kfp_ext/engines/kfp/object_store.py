"""Objects of an S3 store, such as the one that KFP keeps its artifacts in: look, and put.

Requests are signed as Amazon's Signature Version 4 says
(https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import quote, urlsplit

from ...errors import Code, Problem
from .connection import Connection
from .credentials import Secret
from .http import CONNECT_SECONDS, READ_SECONDS, ClusterError

REGION = "us-east-1"
"""What stores other than Amazon's take for their own."""


@dataclass(frozen=True)
class Key:
    """What lets into a store."""

    access: str
    secret: str


class ObjectStore:
    """The folder of a bucket that a connection names."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        place = urlsplit(connection.store)
        self._folder = f"/{place.netloc}{place.path.rstrip('/')}"

    def has(self, name: str) -> bool:
        """Whether there is an object of that name; raises `ClusterError`."""
        status, text = self._call("HEAD", name, b"")
        if status == 404:
            return False
        self._check(status, text)
        return True

    def put(self, name: str, content: bytes) -> None:
        """Store an object; raises `ClusterError`."""
        self._check(*self._call("PUT", name, content))

    def _call(self, method: str, name: str, content: bytes) -> tuple[int, str]:
        import requests

        url = self._connection.store_url.rstrip("/") + quote(f"{self._folder}/{name}")
        headers = signed(method, url, {}, content, self._key(), datetime.now(timezone.utc))
        try:
            answer = requests.request(
                method,
                url,
                data=content or None,
                headers=headers,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                verify=self._connection.ca or True,
                allow_redirects=False,
            )
        except (requests.RequestException, OSError):
            raise ClusterError(
                Problem(
                    Code.CLUSTER_UNREACHABLE,
                    f"The object store at {self._connection.store_url} cannot be reached.",
                    "Check --store-url of the connection and the network.",
                )
            ) from None
        return answer.status_code, answer.text[:400]

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
                f"{self._connection.store}.",
                "Check --store-key of the connection, and that it may write to that bucket."
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
