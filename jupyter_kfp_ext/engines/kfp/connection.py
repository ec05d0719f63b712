"""A connection: where a Kubeflow Pipelines installation is, and how to be let in."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ...errors import Code, KfpExtError, Problem
from .credentials import check_reference

SERVICE = "kubeflow/ml-pipeline:8888"
"""Where KFP's manifests put the API server: namespace, service and port."""
GOOGLE_STORE = "https://storage.googleapis.com"
FOUND_BY_GOOGLE = "google"
"""As `store_key`: what Google's library finds on this machine lets in."""
DEFAULT_NAMESPACE = "kubeflow"
"""Where the pods of runs are in an installation for a single user."""

LOGIN = "login"
"""Stands as `cookie` for what a login by user name and password gives."""


@dataclass(frozen=True)
class Connection:
    """A named KFP installation. It holds references to credentials, no credential."""

    name: str
    url: str = ""
    """Of the API server or of KFP's pages; empty: through the Kubernetes API of `kubeconfig`."""
    namespace: str = ""
    """Kubernetes namespace of the runs; empty: an installation for a single user."""
    token: str = ""
    """Reference to a bearer token (`credentials`)."""
    cookie: str = ""
    """Reference to the text of a `Cookie` header; `login`: of a login by a password."""
    issuer: str = ""
    """URL of the OpenID Connect issuer at which users log in."""
    client_id: str = ""
    """What this client is called there."""
    client_secret: str = ""
    """Reference to its secret; empty: a public client."""
    scopes: str = ""
    """What is asked for at a login, separated by spaces; empty: all that says who the user is."""
    login_token: str = ""
    """`access` where the access token is sent; empty: the identity token."""
    ca: str = ""
    """File with the certificates of further authorities."""
    client_certificate: str = ""
    client_key: str = ""
    proxy: str = ""
    """URL of an HTTP proxy; empty: as `HTTPS_PROXY` and `NO_PROXY` say."""
    kubeconfig: str = ""
    """File that gives access to the Kubernetes API; `default`: where kubectl looks."""
    context: str = ""
    service: str = SERVICE
    """The API server's Kubernetes service, for access by `kubeconfig` alone."""
    store: str = ""
    """Folder of the object store for code, as KFP's launcher reads it: `minio://BUCKET/FOLDER`,
    `s3://...`, `gs://...`."""
    store_url: str = ""
    """Where this machine reaches that store; empty: Google's own."""
    store_key: str = ""
    """Reference to `ACCESS_KEY:SECRET_KEY` of the store; of Google's, to an access token, or
    `FOUND_BY_GOOGLE`."""
    found: bool = False
    """Whether it was found without configuration, inside a Kubeflow notebook."""

    @property
    def pods_in(self) -> str:
        """The Kubernetes namespace in which pods and ConfigMaps of runs are."""
        return self.namespace or DEFAULT_NAMESPACE

    @property
    def has_login(self) -> bool:
        """Whether its credential comes from `jupyter kfp connections login`."""
        return bool(self.issuer) or self.cookie == LOGIN

    @property
    def verify(self) -> str | bool:
        """Which authorities are believed, as requests takes it."""
        return local_file(self.ca) or True

    @property
    def certificate(self) -> tuple[str, str] | None:
        """The files of the client certificate and its key."""
        if not self.client_certificate:
            return None
        return local_file(self.client_certificate), local_file(self.client_key)

    @property
    def where(self) -> str:
        """The place in words, for messages."""
        return self.url or f"service {self.service} by kubeconfig {self.kubeconfig}"

    def to_json(self) -> dict[str, Any]:
        """Return the form that is stored and shown."""
        return asdict(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Connection":
        """Build it from the stored form; `KeyError`, `TypeError` where that is damaged."""
        known = {each.name for each in fields(Connection)}
        values = {name: value for name, value in data.items() if name in known}
        if any(not isinstance(values[name], str) for name in values.keys() - {"found"}):
            raise TypeError("a field of a connection is not text")
        return Connection(**{"name": data["name"], **values})


def local_file(place: str) -> str:
    """Return the path of a file that a connection names; empty where it names none."""
    return str(Path(place).expanduser()) if place else ""


def check_connection(connection: Connection) -> None:
    """Raise `KfpExtError` (`usage`) where it cannot be meant; does not try it."""
    if not connection.name or connection.name.strip() != connection.name:
        raise _usage("A connection needs a name.", "Give a name without spaces around it.")
    if not connection.url and not connection.kubeconfig:
        raise _usage(
            "Nothing says where Kubeflow Pipelines is.",
            "Give --url URL, or --kubeconfig to go through the Kubernetes API.",
        )
    for what, text in (
        ("--url", connection.url),
        ("--proxy", connection.proxy),
        ("--store-url", connection.store_url),
        ("--issuer", connection.issuer),
    ):
        if text:
            _check_url(what, text)
    _check_store(connection)
    _check_login(connection)
    cookie = "" if connection.cookie == LOGIN else connection.cookie
    key = "" if connection.store_key == FOUND_BY_GOOGLE else connection.store_key
    for reference in (connection.token, cookie, key, connection.client_secret):
        if reference:
            check_reference(reference)
    if bool(connection.client_certificate) != bool(connection.client_key):
        raise _usage(
            "A client certificate and its key belong together.",
            "Give both --client-certificate and --client-key.",
        )


def _check_login(connection: Connection) -> None:
    if connection.has_login and not connection.url:
        raise _usage("A login belongs to an address.", "Give --url.")
    if connection.issuer and (connection.token or connection.cookie):
        raise _usage(
            "A connection is let in by one credential: a login at an issuer, or another.",
            "Leave out --token and --cookie, or --issuer.",
        )
    if bool(connection.issuer) != bool(connection.client_id):
        raise _usage(
            "An issuer and what this client is called there belong together.",
            "Give both --issuer URL and --client-id ID.",
        )
    if not connection.issuer and any(
        (connection.client_secret, connection.scopes, connection.login_token)
    ):
        raise _usage("Options of a login are given without --issuer.", "Give --issuer URL.")
    if connection.login_token not in ("", "id", "access"):
        raise _usage("--login-token is neither id nor access.", "Give one of them.")


def _check_store(connection: Connection) -> None:
    given = [connection.store, connection.store_url, connection.store_key]
    if not any(given):
        return
    if connection.store.startswith("gs://"):
        given.remove(connection.store_url)
    elif connection.store_key == FOUND_BY_GOOGLE:
        raise _usage("A key of Google's is for gs://BUCKET/FOLDER.", "Give ACCESS_KEY:SECRET_KEY.")
    if not all(given):
        raise _usage(
            "An object store needs a place, an address and a key.",
            "Give --store minio://BUCKET/FOLDER, --store-url URL and --store-key REF; of Google's, "
            "--store gs://BUCKET/FOLDER and --store-key.",
        )
    if not re.fullmatch(r"(minio|s3|gs)://[a-z0-9][a-z0-9._-]+(/[\w.-]+)*/?", connection.store):
        raise _usage(
            "--store is not a folder of a bucket that KFP reads.",
            "Write minio://, s3:// or gs:// and BUCKET/FOLDER, as in KFP's pipeline root.",
        )


def _check_url(what: str, text: str) -> None:
    """Refuse what is no URL, or holds a password: it would be stored and shown."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        raise _usage(f"{what} is not a URL.", "Write https://HOST[:PORT][/PATH].") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _usage(f"{what} is not a URL.", "Write https://HOST[:PORT][/PATH].")
    if parts.username is not None or parts.password is not None or parts.query:
        raise _usage(
            f"{what} holds a credential or a query.",
            "Leave it out; say by --token or --cookie where the credential is.",
        )


def _usage(message: str, remedy: str) -> KfpExtError:
    return KfpExtError(Problem(Code.USAGE, message, remedy))
