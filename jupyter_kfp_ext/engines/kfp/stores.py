"""The object store of a connection: one adapter for each kind that KFP keeps artifacts in."""

from pathlib import Path
from typing import Protocol

from ...errors import Code, KfpExtError, Problem
from .connection import Connection
from .google_store import GoogleStore
from .object_store import ObjectStore

_ADAPTERS: dict[str, type[ObjectStore | GoogleStore]] = {
    "minio": ObjectStore,
    "s3": ObjectStore,
    "gs": GoogleStore,
}


class Store(Protocol):
    """A folder of a bucket, or one object; each call raises `ClusterError`."""

    def has(self, name: str) -> bool:
        """Whether there is an object of that name."""

    def check(self) -> None:
        """Raise where what is in the folder cannot be listed."""

    def put(self, name: str, content: bytes) -> None:
        """Store an object."""

    def remove(self, name: str) -> None:
        """Delete an object; one that is gone already is no error."""

    def names(self) -> list[str]:
        """Return the names of the objects below the folder; the place itself has the empty one."""

    def fetch(self, name: str, path: Path) -> None:
        """Write an object to a file."""


def may_read(connection: Connection, uri: str) -> bool:
    """Whether what lies at a place is in a store of the kind that the connection names."""
    adapter = _ADAPTERS.get(_kind(uri))
    return adapter is not None and adapter is _ADAPTERS.get(_kind(connection.store) or "s3")


def open_store(connection: Connection, uri: str = "") -> Store:
    """Open `uri` (`minio://`, `s3://`, `gs://`), else the connection's own folder.

    Raises `KfpExtError` (`usage`) where the connection does not say how that store is reached.
    """
    if not (connection.store or connection.store_url):
        raise KfpExtError(
            Problem(
                Code.USAGE,
                f"Values lie in Kubeflow's object store ({uri}), and the connection "
                f"{connection.name} does not say how it is reached.",
                "Add it again with --store, --store-url and --store-key.",
                option="connection",
            )
        )
    place = uri or connection.store
    if not may_read(connection, place):
        message = f"{place} is not in the store that the connection {connection.name} names"
        message += f" ({connection.store})."
        remedy = "Add it again with the --store of the pipeline root, or fetch it by hand."
        raise KfpExtError(Problem(Code.USAGE, message, remedy, option="connection"))
    return _ADAPTERS[_kind(place)](connection, uri)


def _kind(uri: str) -> str:
    return uri.partition("://")[0]
