"""The stand-in as one HTTP server: KFP's API and the Kubernetes API that lies behind it.

`StandIn.faults` breaks calls on purpose: before they are carried out or after.
"""

import json
import random
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import Message
from http.server import BaseHTTPRequestHandler
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .answers import TEXT, Refusal
from .kfp_api import KfpStore
from .kube import Kube
from .kubernetes_api import KubernetesApi
from .objects import Objects
from .pods import Pods
from .port import Port
from .recurring import Recurring
from .routes import routes
from .tenancy import Tenancy
from .times import Clock
from .workflow_object import Publisher, ensure_kinds
from .workflows import Workflows

Json = dict[str, Any]
KINDS = (
    *("before", "after", "half", "slow", "refused", "503", "500", "429", "410", "401", "302"),
    *("garbage", "html", "page"),
)
"""What can go wrong with any call."""
_SLOW = 0.3
"""Seconds more that a slow answer takes."""
_METRICS = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"


@dataclass
class Fault:
    """What goes wrong with the next `times` calls that fit."""

    method: str
    path: str
    """A regular expression that is searched for."""
    kind: str
    """`before` or `after` (the connection is cut before or after the work), `hold` or `hold after`
    (the same, once `release` was called), `slow` (the answer takes its time), `row` (what the
    database refuses), `garbage`, `refused` (cut, and for a while nobody can connect), or a status
    such as `503` that is answered instead of working; `half` (the answer is cut in its middle),
    `html` (a page for people who must log in), `page` (a place between pages is not known)."""
    times: int = 1
    held: threading.Event = field(default_factory=threading.Event)
    """Set once a call is held."""
    released: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Call:
    """One request."""

    method: str
    path: str
    target: str
    """Path and query as they came."""
    query: Mapping[str, str]
    body: bytes
    caller: tuple[str, int]
    """Address of the connection by which it came."""
    headers: Message


@dataclass(frozen=True)
class Reply:
    """One answer."""

    body: Any
    status: int = 200
    kind: str = "application/json"
    half: bool = False
    """Whether the connection is cut in its middle."""


class CutError(Exception):
    """The connection is to be closed without an answer."""


class StandIn:
    """A KFP installation for tests; `token`, where given, must come with each call."""

    def __init__(
        self,
        execute: bool = True,
        token: str = "",
        kube: Kube | None = None,
        host: str = "",
        tenancy: Tenancy | None = None,
    ) -> None:
        """Serve; with `kube` steps are pods there, which reach this machine at `host`."""
        self.config_maps: dict[str, dict[str, bytes]] = {}
        self.objects = Objects()
        self.host = host or "127.0.0.1"
        self._publisher: Publisher | None = None
        self.pods: Pods | None = None
        if kube is None:
            self.workflows = Workflows(self.config_maps, execute)
        else:
            ensure_kinds(kube)
            self._publisher = Publisher(kube)
            self.pods = pods = Pods(kube, self.objects, lambda: self.url)
            self.workflows = Workflows(
                self.config_maps, execute, lambda _: pods, self._publisher.publish
            )
        flows = self.workflows
        self.store = KfpStore(flows.start, flows.stop, flows.retry, flows.rows_of)
        self.store.several = tenancy is not None
        self.recurring = Recurring(self.store)
        self.kubernetes = KubernetesApi(self.workflows, self.config_maps)
        self.faults: list[Fault] = []
        self.calls: list[Call] = []
        self.odds: tuple[float, Sequence[str]] = (0.0, ())
        """The share of calls in which something goes wrong, and what."""
        self.dice = random.Random(0)
        self.token = token
        self.tenancy = tenancy
        self.kubernetes.tenancy = tenancy
        self.changed = self.workflows.changed
        self._routes = routes(self)
        self._port = Port(self.host, _handler(self))

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self._port.address[1]}"

    def kubeconfig(self, folder: Path) -> Path:
        """Write a kubeconfig that leads here."""
        path = folder / "kubeconfig.json"
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "c",
                    "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
                    "clusters": [{"name": "k", "cluster": {"server": self.url}}],
                    "users": [{"name": "u", "user": {"token": "kube"}}],
                }
            )
        )
        return path

    def count(self, method: str, path: str) -> int:
        """Return how many calls came whose path fits a regular expression."""
        return sum(
            each.method == method and bool(re.search(path, each.path)) for each in self.calls
        )

    def close(self) -> None:
        for fault in self.faults:
            fault.released.set()
        self.workflows.end_all()
        if self._publisher:
            self._publisher.close(self.changed)
        self._port.close()

    def answer(self, call: Call) -> Reply | Iterator[bytes]:
        if call.path.startswith("/launcher/"):
            return self._launched(call)
        with self.changed:
            self.calls.append(call)
            self.changed.notify_all()
        fault = next((each for each in self.faults if _fits(each, call)), None)
        share, kinds = self.odds
        if self.dice.random() < share:
            fault = Fault(call.method, "", self.dice.choice(kinds))
        if fault is not None:
            fault.times -= 1
            if fault.kind == "hold":
                self._hold(fault)
            if fault.kind == "refused":
                self._port.refuse(_SLOW)
            if fault.kind in ("before", "refused"):
                raise CutError
            if fault.kind == "slow":
                time.sleep(_SLOW)
            if fault.kind == "row":
                self.store.refuse_rows += 1
            if fault.kind == "html":
                return Reply("<html>log in</html>", kind="text/html")
            if fault.kind == "page" and "page_token" in call.query:
                return Reply({"code": 3, "message": "Invalid page token"}, 400)
            if fault.kind == "garbage":
                return Reply("<<<", kind="application/json")
            if fault.kind.isdecimal():
                return Reply({"code": 14, "message": "fault"}, int(fault.kind))
        try:
            found = self._work(call)
        except Refusal as refused:
            found = Reply(refused.body, refused.status, refused.kind)
        if fault is not None and fault.kind == "hold after":
            self._hold(fault)
        if fault is not None and fault.kind == "after":
            raise CutError
        if fault is not None and fault.kind == "half":
            return replace(found, half=True) if isinstance(found, Reply) else islice(found, 1)
        return found

    def _launched(self, call: Call) -> Reply:
        if call.headers["Authorization"] != f"Bearer {self.objects.token}":
            return Reply(b"", 401)
        path = unquote(call.path.removeprefix("/launcher/"))
        status, body = self.objects.launched(call.method, path, call.body)
        return Reply(body, status, "application/octet-stream")

    def delete_run(self, key: str) -> Json:
        for each in self.workflows.of(key):
            self.workflows.delete(each.name)
            if self._publisher:
                self._publisher.remove(each)
        return self.store.delete_run(key)

    def _hold(self, fault: Fault) -> None:
        fault.held.set()
        fault.released.wait()
        raise CutError

    def _work(self, call: Call) -> Reply | Iterator[bytes]:
        if call.path.startswith("/s3/"):
            status, body = self.objects.s3(call.method, call.target, call.body, call.headers)
            return Reply(body, status, "application/octet-stream")
        if re.match(r"/(api/v1|version)(/|$)|/apis/(argoproj|authorization)", call.path):
            return self.kubernetes.answer(call)
        if self.token and call.headers["Authorization"] != f"Bearer {self.token}":
            return Reply({"code": 16, "message": "Unauthenticated"}, 401)
        if call.path == "/":
            return Reply("404 page not found\n", 404, TEXT)
        if call.path == "/metrics":
            return Reply("# HELP\n", 200, _METRICS)
        if self.tenancy is not None:
            if call.path == "/api/workgroup/env-info" and self.tenancy.dashboard:
                return Reply(self.tenancy.env_info())
            self.tenancy.check(call.method, call.path, call.query, call.body)
        known = False
        for method, pattern, work in self._routes:
            found = re.fullmatch(pattern, call.path)
            if found:
                known = True
                if method == call.method:
                    with self.store.lock:
                        answer = work(call, *map(unquote, found.groups()))
                    return answer if isinstance(answer, Reply) else Reply(answer)
        if known:
            return Reply({"code": 12, "message": "Method Not Allowed"}, 501)
        return Reply({"code": 5, "message": "Not Found"}, 404)


def _fits(fault: Fault, call: Call) -> bool:
    right = fault.times > 0 and fault.method == call.method
    return right and bool(re.search(fault.path, call.path))


def _handler(standin: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            size = int(self.headers.get("Content-Length") or 0)
            call = Call(
                self.command,
                parts.path,
                self.path,
                dict(parse_qsl(parts.query)),
                self.rfile.read(size),
                self.client_address,
                self.headers,
            )
            try:
                answer = standin.answer(call)
            except CutError:
                self.close_connection = True
                return
            if isinstance(answer, Reply):
                self._reply(answer)
            else:
                self._stream(answer)

        def _reply(self, answer: Reply) -> None:
            data = answer.body if isinstance(answer.body, bytes | str) else json.dumps(answer.body)
            data = data.encode() if isinstance(data, str) else data
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if answer.half else data)
            self.close_connection = self.close_connection or answer.half

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(timestamp or time.time() + Clock.ahead)

        def _stream(self, pieces: Iterator[bytes]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            for piece in pieces:
                self.wfile.write(piece)
                self.wfile.flush()

        do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _serve  # noqa: N815

        def log_message(self, *_args: Any) -> None:
            pass

    return Handler


@contextmanager
def stand_in(**options: Any) -> Iterator[StandIn]:
    """Give a stand-in and end all that it started."""
    server = StandIn(**options)
    try:
        yield server
    finally:
        server.close()
