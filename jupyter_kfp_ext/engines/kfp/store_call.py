"""One call of an object store."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ...errors import Code, Problem
from .connection import Connection
from .http import CONNECT_SECONDS, READ_SECONDS, ClusterError, as_it_is

if TYPE_CHECKING:
    import requests


def call_store(
    connection: Connection, method: str, url: str, headers: Mapping[str, str], content: bytes = b""
) -> "requests.Response":
    """Return the answer of the store, its body not yet read; raises `ClusterError`."""
    import requests

    try:
        return requests.request(
            method,
            url,
            data=content or None,
            headers=dict(headers),
            auth=as_it_is,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            verify=connection.verify,
            allow_redirects=False,
            stream=True,
        )
    except (requests.RequestException, OSError):
        place = urlsplit(url)
        raise ClusterError(
            Problem(
                Code.CLUSTER_UNREACHABLE,
                f"The object store at {place.scheme}://{place.netloc} cannot be reached.",
                "Check --store-url of the connection and the network.",
            )
        ) from None
