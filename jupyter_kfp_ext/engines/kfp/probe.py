"""A connection tried step by step, so that a user sees which part of it does not work."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ...errors import KfpExtError
from .access import open_api, open_cluster
from .api import KfpApi
from .cluster import Cluster
from .connection import Connection
from .devices import devices, running_pods
from .http import ClusterError
from .login.credential import LoginCredential
from .login.issuer import Issuer
from .namespaces import RUNS, namespaces
from .stores import open_store

RIGHTS = (
    ("create", "", "configmaps", "", "ship the code of steps"),
    ("get", "", "configmaps", "", "ship the code of steps"),
    ("list", "argoproj.io", "workflows", "", "tell why steps wait and fail"),
    ("delete", "argoproj.io", "workflows", "", "remove what a lost answer left running"),
    ("list", "", "pods", "", "tell why steps wait"),
    ("get", "", "pods", "log", "show logs while steps run"),
)
"""What every run does in Kubernetes: verb, group, resource, subresource, what for."""
FURTHER = (
    ("create", "", "pods", "", "ship code by a claim that is not mounted here"),
    ("create", "", "persistentvolumeclaims", "", "make claims for a run (`volumes` with `size`)"),
)
"""What only some runs do."""


@dataclass(frozen=True)
class Tried:
    """One step of a test."""

    name: str
    state: str
    """`ok`, `failed`, or `skipped` where it could not be tried."""
    detail: str
    remedy: str = ""
    seconds: float = 0.0


def probe(connection: Connection) -> Iterator[Tried]:
    """Yield each step's outcome as it is known; a step that fails skips those that need it."""
    api: KfpApi | None = None
    users = ""

    def reach() -> str:
        nonlocal api, users
        api = open_api(connection)
        health = api.health()
        users = "for several users" if health.get("multi_user") else "for a single user"
        return f"{connection.where}, {users}, version {_version(health)}"

    login = _login(connection)
    if login is not None:
        yield login
    if login is not None and login.state == "failed":
        reached = Tried("reachable", "skipped", "Nobody is let in without a login.")
    else:
        reached = _step("reachable", reach)
    yield reached
    if api is None or reached.state != "ok":
        yield Tried("authenticated", "skipped", "The API was not reached.")
    else:
        yield _step("authenticated", lambda: _authenticated(api))
    if users == "for several users":
        yield _namespace(connection)
    yield _store(connection)
    yield from _kubernetes(connection, several=users == "for several users")


def _namespace(connection: Connection) -> Tried:
    """Say whether runs may be started in the connection's namespace, and where else."""
    started = time.monotonic()
    try:
        found = namespaces(connection)
    except KfpExtError as error:
        return _failed("namespace", error, started)
    seconds = round(time.monotonic() - started, 3)
    own = connection.namespace
    names = [each.name for each in found or ()]
    listed = f"Runs may be started in {', '.join(names)}." if names else ""
    if not own:
        message = "The installation has several users, and the connection names no namespace."
        remedy = f"Add it again with --namespace NAME. {listed}".strip()
        return Tried("namespace", "failed", message, remedy, seconds)
    if found is None:
        return Tried("namespace", "skipped", f"Nobody tells who may run in {own}.", "", seconds)
    if own in names:
        others = f"; also in {', '.join(names[1:])}" if names[1:] else ""
        return Tried("namespace", "ok", f"runs may be started in {own}{others}", "", seconds)
    message = f"No runs may be started in {own}."
    remedy = listed or "Ask whoever runs the cluster for a namespace."
    return Tried("namespace", "failed", message, remedy, seconds)


def _login(connection: Connection) -> Tried | None:
    """Renew a login where it is time for that, so that it is seen whether that works."""
    if not connection.has_login:
        return None

    def look() -> str:
        if connection.issuer:
            Issuer(connection).places()
        credential = LoginCredential(connection)
        credential.value()
        kept = credential.store.read()
        left = kept.left()
        lasts = "" if left is None else f", lasts {left / 60:.0f} more minutes"
        renewed = " and is renewed then" if kept.refresh else ""
        return f"logged in as {kept.who or 'somebody'}{lasts}{renewed}"

    return _step("login", look)


def _store(connection: Connection) -> Tried:
    if not connection.store:
        return Tried(
            "object store",
            "skipped",
            "The connection names none: values and files of steps cannot be brought here.",
            "Add it again with --store, --store-url and --store-key.",
        )

    def look() -> str:
        open_store(connection).check()
        return f"{connection.store} can be listed"

    return _step("object store", look)


def _authenticated(api: KfpApi) -> str:
    """Health needs no credential; lists do."""
    query = {"page_size": "1", **({"namespace": api.namespace} if api.namespace else {})}
    api.http.call("GET", "/apis/v2beta1/experiments", query)
    space = f" in namespace {api.namespace}" if api.namespace else ""
    return f"may list experiments{space}"


def _version(health: dict[str, object]) -> str:
    return str(health.get("tag_name") or "unknown")


def _kubernetes(connection: Connection, several: bool) -> Iterator[Tried]:
    cluster: Cluster | None = None

    def reach() -> str:
        nonlocal cluster
        cluster = open_cluster(connection)
        if cluster is None:
            return ""
        cluster.http.call("GET", "/version")
        return f"namespace {cluster.namespace}"

    reached = _step("kubernetes", reach)
    if reached.state == "ok" and cluster is None:
        yield Tried(
            "kubernetes",
            "skipped",
            "The connection gives no access to the Kubernetes API: the code of steps must fit "
            "into their commands, and nothing tells why a step waits.",
            "Give it --kubeconfig FILE.",
        )
        return
    yield reached
    if cluster is None or reached.state == "failed":
        return
    if several:
        yield _right(cluster, RUNS, "start runs")
    for *right, purpose in RIGHTS:
        yield _right(cluster, tuple(right), purpose)
    for *right, purpose in FURTHER:
        tried = _right(cluster, tuple(right), purpose)
        # A connection works without them, as long as nothing asks for it.
        yield tried if tried.state == "ok" else replace(tried, state="skipped")
    yield _devices(cluster)


def _devices(cluster: Cluster) -> Tried:
    """Say what GPUs there are; whoever may not see them runs all the same."""
    started = time.monotonic()
    try:
        nodes = cluster.nodes()
    except ClusterError as error:
        problem = error.problems[0]
        remedy = "Whether some node could hold a step is not checked before a run."
        return Tried("GPUs", "skipped", f"not to be seen: {problem.message}", remedy)
    found = devices(nodes, running_pods(cluster))
    said = "; ".join(each.words for each in found) or "no node has any"
    return Tried("GPUs", "ok", said, seconds=round(time.monotonic() - started, 3))


def _right(cluster: Cluster, right: tuple[str, ...], purpose: str) -> Tried:
    verb, _, resource, sub = right
    what = f"{verb} {resource}{'/' + sub if sub else ''}"
    started = time.monotonic()
    try:
        allowed = cluster.may(*right)
    except ClusterError as error:
        return _failed(f"may {what}", error, started)
    seconds = time.monotonic() - started
    if allowed:
        return Tried(f"may {what}", "ok", f"to {purpose}", seconds=seconds)
    remedy = f"Ask for that right in the namespace {cluster.namespace}."
    return Tried(f"may {what}", "failed", f"not allowed; needed to {purpose}", remedy, seconds)


def _step(name: str, work: Callable[[], str]) -> Tried:
    started = time.monotonic()
    try:
        detail = work()
    except KfpExtError as error:
        return _failed(name, error, started)
    return Tried(name, "ok", detail, seconds=round(time.monotonic() - started, 3))


def _failed(name: str, error: KfpExtError, started: float) -> Tried:
    problem = error.problems[0]
    seconds = round(time.monotonic() - started, 3)
    return Tried(name, "failed", problem.message, problem.remedy, seconds)
