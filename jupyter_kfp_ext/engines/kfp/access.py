"""From a connection to open doors: KFP's API, and the Kubernetes API where there is access."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...errors import Code, Problem
from .api import KfpApi
from .cluster import Cluster
from .connection import Connection, local_file
from .credentials import Credential, Secret
from .http import ClusterError, Http, Target
from .login.credential import LoginCredential
from .login.kept import log_in_again

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def open_api(connection: Connection, pause: Callable[[float], None] = time.sleep) -> KfpApi:
    """Return the API of a connection; nothing is called yet.

    Raises `KfpExtError` where its kubeconfig cannot be read.
    """
    return KfpApi(Http(_kfp_target(connection), pause), connection.namespace)


def open_cluster(
    connection: Connection, pause: Callable[[float], None] = time.sleep
) -> Cluster | None:
    """Return the Kubernetes API of a connection; None where nothing gives access to it.

    Only a kubeconfig that the connection names is used: the user's own may be of another cluster.
    """
    target = _kubernetes_target(connection)
    return Cluster(Http(target, pause), connection.pods_in) if target else None


def has_cluster(connection: Connection) -> bool:
    """Whether something gives access to the Kubernetes API; calls nothing."""
    return bool(connection.kubeconfig) or _in_cluster(connection)


def _in_cluster(connection: Connection) -> bool:
    host = os.environ.get("KUBERNETES_SERVICE_HOST")
    return connection.found and bool(host) and (_SERVICE_ACCOUNT / "token").is_file()


def _kfp_target(connection: Connection) -> Target:
    if not connection.url:
        target = _by_kubeconfig(connection)
        namespace, _, service = connection.service.partition("/")
        proxied = f"/api/v1/namespaces/{namespace}/services/{service}/proxy"
        return Target(**{**vars(target), "base": target.base + proxied, "what": _what(connection)})
    token: Credential | None = Secret(connection.token) if connection.token else None
    cookie: Credential | None = Secret(connection.cookie) if connection.cookie else None
    if connection.has_login:
        login = LoginCredential(connection)
        token, cookie = (login, None) if connection.issuer else (token, login)

    def headers() -> dict[str, str]:
        found = {}
        if token:
            found["Authorization"] = f"Bearer {token.value()}"
        if cookie:
            found["Cookie"] = cookie.value()
        return found

    def renew() -> bool:
        answers = [each.forget() for each in (token, cookie) if each]
        return any(answers)

    references = " and ".join(each for each in (connection.token, connection.cookie) if each)
    return Target(
        what=_what(connection),
        base=connection.url.rstrip("/"),
        headers=headers,
        renew=renew,
        verify=connection.verify,
        certificate=connection.certificate,
        proxy=connection.proxy,
        remedy=log_in_again(connection.name)
        if connection.has_login
        else f"Renew the credential {references}."
        if references
        else "Give the connection a credential: --token or --cookie.",
    )


def _what(connection: Connection) -> str:
    return f"Kubeflow Pipelines (connection {connection.name})"


def _kubernetes_target(connection: Connection) -> Target | None:
    if connection.kubeconfig:
        return _by_kubeconfig(connection)
    if not _in_cluster(connection):
        return None
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    token = Secret(f"file:{_SERVICE_ACCOUNT / 'token'}")
    shown = f"[{host}]" if ":" in host else host
    return Target(
        what="Kubernetes",
        base=f"https://{shown}:{os.environ.get('KUBERNETES_SERVICE_PORT', '443')}",
        headers=lambda: {"Authorization": f"Bearer {token.value()}"},
        verify=str(_SERVICE_ACCOUNT / "ca.crt"),
        remedy="The service account of this pod is not accepted.",
    )


def _by_kubeconfig(connection: Connection) -> Target:
    """Read a kubeconfig by the kubernetes library, which knows all its ways to log in."""
    from kubernetes import client, config

    def load() -> Any:
        loaded = client.Configuration()
        config.load_kube_config(
            None if connection.kubeconfig == "default" else local_file(connection.kubeconfig),
            connection.context or None,
            client_configuration=loaded,
        )
        return loaded

    try:
        loaded = load()
    except Exception as error:  # the library raises whatever its parts raise
        raise ClusterError(
            Problem(
                Code.CLUSTER_UNREACHABLE,
                f"The kubeconfig {connection.kubeconfig} gives no access ({type(error).__name__}).",
                "Try it: kubectl --kubeconfig FILE get pods.",
            )
        ) from None
    held = {"configuration": loaded}

    def headers() -> Mapping[str, str]:
        token = held["configuration"].get_api_key_with_prefix("authorization")
        return {"Authorization": token} if token else {}

    def renew() -> bool:
        try:
            held["configuration"] = load()
        except Exception:  # what was refused stays refused
            return False
        return True

    return Target(
        what="Kubernetes",
        base=loaded.host,
        headers=headers,
        renew=renew,
        verify=(loaded.ssl_ca_cert or True) if loaded.verify_ssl else False,
        certificate=(loaded.cert_file, loaded.key_file) if loaded.cert_file else None,
        proxy=connection.proxy or loaded.proxy or "",
        remedy=f"Log in again for the kubeconfig {connection.kubeconfig}.",
    )
