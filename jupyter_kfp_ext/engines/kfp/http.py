"""The one door to a cluster's HTTP APIs: time-outs, careful retries, errors in words.

Only calls that change nothing, or can be made twice, are made again. Whoever makes another call is
told by the error whether it may have been carried out (`ClusterError.maybe_done`).
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...errors import Code, KfpExtError, Problem
from .clocks import seconds_ahead

if TYPE_CHECKING:
    import requests

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
_PAUSES = (0.5, 1.0, 2.0)
"""Seconds before each further try of a call that can be made twice."""
_LONGEST_PAUSE = 30.0
_TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
_TWICE = frozenset({"GET", "DELETE", "PATCH"})
_SHOWN = 400
_MERGE = "application/merge-patch+json"
"""The one kind of PATCH that is used with Kubernetes."""


class ClusterError(KfpExtError):
    """A call of a cluster failed."""

    def __init__(self, problem: Problem, status: int | None = None, maybe_done: bool = False):
        super().__init__(problem)
        self.status = status
        """HTTP status; None where no answer came."""
        self.maybe_done = maybe_done
        """Whether the server may have done what it was asked all the same."""
        self.pause: float | None = None
        """Seconds that the server asks to wait."""


def _nothing() -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Target:
    """Where a server is and how to be let in."""

    what: str
    """What it is, for messages: `Kubeflow Pipelines (connection prod)`."""
    base: str
    headers: Callable[[], Mapping[str, str]] = field(default=_nothing, repr=False)
    """Return the headers that let in, as they are now; raises `KfpExtError`."""
    renew: Callable[[], bool] = field(default=lambda: False, repr=False)
    """Called when they were refused; whether asking again may give others."""
    verify: bool | str = True
    certificate: tuple[str, str] | None = None
    proxy: str = ""
    remedy: str = ""
    """What to do where it does not let in."""


@dataclass(frozen=True)
class _Call:
    """What is asked of a server."""

    method: str
    path: str
    query: Mapping[str, str] | None = None
    body: Any = None
    upload: tuple[str, bytes] | None = None
    read_seconds: float | None = READ_SECONDS
    twice: bool = True
    """Whether it may be made again where its answer was lost."""


class Http:
    """Calls one server, keeping its connection open. Not for several threads at once."""

    def __init__(self, target: Target, pause: Callable[[float], None] = time.sleep) -> None:
        self.target = target
        self.pause = pause
        self._session: requests.Session | None = None
        self.ahead = 0.0
        """Seconds by which the server's clock is ahead of ours, as its answers say."""

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        upload: tuple[str, bytes] | None = None,
        read_seconds: float = READ_SECONDS,
        again: bool = False,
    ) -> Any:
        """Make a call and return the JSON of its answer; raises `ClusterError`.

        `upload` is the name and content of a file that is sent as KFP's `uploadfile`. `again`: the
        call may be made twice though its method does not say so.
        """
        twice = again or method in _TWICE
        call = _Call(method, path, query, body, upload, read_seconds, twice)
        return self._tried(call, self._json)

    def text(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """Return the text at a path; raises `ClusterError`."""
        text: str = self._tried(_Call("GET", path, query), _text)
        return text

    def stream(self, path: str, query: Mapping[str, str]) -> Iterator[bytes]:
        """Yield what is sent, as it comes, until the server ends it; raises `ClusterError`."""
        import requests

        answer = self._once(_Call("GET", path, query, read_seconds=None), stream=True)
        with answer:
            try:
                yield from answer.iter_content(None)
            except requests.RequestException as error:
                raise self._unreachable(error) from None

    def close(self) -> None:
        """Let go of the connection."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _tried(self, call: _Call, read: "Callable[[requests.Response, str, str], Any]") -> Any:
        pauses = iter(_PAUSES if call.twice else ())
        renewed = False
        while True:
            answer = self._or_error(call, read)
            if not isinstance(answer, ClusterError):
                return answer
            if _lets_nobody_in(answer.status) and not renewed and self.target.renew():
                # Refused before anything was done, so that any call can be made again.
                renewed = True
                continue
            wait = next(pauses, None)
            lost = answer.status in (None, 200) or answer.status in _TRY_AGAIN
            if wait is None or not lost or answer.code is Code.CLUSTER_DENIED:
                raise answer
            self.pause(min(max(wait, answer.pause or 0.0), _LONGEST_PAUSE))

    def _or_error(self, call: _Call, read: "Callable[[requests.Response, str, str], Any]") -> Any:
        try:
            return read(self._once(call), call.method, call.path)
        except ClusterError as error:
            return error

    def _once(self, call: _Call, stream: bool = False) -> "requests.Response":
        import requests

        try:
            headers = dict(self.target.headers())
        except ClusterError:
            raise
        except KfpExtError as error:
            # Who watches a run goes on until there is a credential again.
            raise ClusterError(error.problems[0]) from None
        if self._session is None:
            self._session = requests.Session()

        def let_in(request: requests.PreparedRequest) -> requests.PreparedRequest:
            # As an `auth`, so that no ~/.netrc takes its place.
            request.headers.update(headers)
            return request

        sent = time.time()
        try:
            answer = self._session.request(
                call.method,
                self.target.base.rstrip("/") + call.path,
                params=call.query,
                json=call.body,
                headers={"Content-Type": _MERGE} if call.method == "PATCH" else None,
                files={"uploadfile": call.upload} if call.upload else None,
                auth=let_in,
                timeout=(CONNECT_SECONDS, call.read_seconds),
                verify=self.target.verify,
                cert=self.target.certificate,
                proxies={"http": self.target.proxy, "https": self.target.proxy}
                if self.target.proxy
                else None,
                allow_redirects=False,
                stream=stream,
            )
        except requests.RequestException as error:
            raise self._unreachable(error) from None
        except OSError as error:
            # requests tells of missing certificate files by plain OSErrors.
            raise ClusterError(_unreadable(self.target.what, error)) from None
        took = answer.elapsed.total_seconds()
        self.ahead = seconds_ahead(answer.headers.get("Date", ""), sent, took, self.ahead)
        if answer.status_code >= 300:
            raise self._refused(answer, call.method, call.path, headers)
        return answer

    def _json(self, answer: "requests.Response", method: str, path: str) -> Any:
        try:
            return json.loads(answer.content or b"{}")
        except ValueError:
            pass
        kind = answer.headers.get("Content-Type", "no type")
        if "html" in kind:
            problem = Problem(
                Code.CLUSTER_DENIED,
                f"{self.target.what} answers with a web page, as for people who must log in.",
                f"Check the URL {self.target.base}. {self.target.remedy}".strip(),
            )
        else:
            problem = Problem(
                Code.CLUSTER_FAILED,
                f"{self.target.what} answers {method} {path} with what is not JSON ({kind}).",
                f"Check the URL {self.target.base}.",
            )
        raise ClusterError(problem, answer.status_code, maybe_done=True)

    def _unreachable(self, error: Exception) -> ClusterError:
        reason, remedy, sent = why_unreachable(error, self.target)
        message = f"{self.target.what} at {self.target.base} cannot be reached: {reason}."
        return ClusterError(Problem(Code.CLUSTER_UNREACHABLE, message, remedy), maybe_done=sent)

    def _refused(
        self, answer: "requests.Response", method: str, path: str, headers: Mapping[str, str]
    ) -> ClusterError:
        status, what = answer.status_code, self.target.what
        said = _said(answer, headers)
        if status < 400:
            problem = Problem(
                Code.CLUSTER_DENIED,
                f"{what} sends to another page, as for people who must log in ({status}).",
                self.target.remedy or f"Check the URL {self.target.base}.",
            )
        elif status == 401:
            message = f"{what} does not accept the credential (401){said}."
            problem = Problem(Code.CLUSTER_DENIED, message, self.target.remedy)
        elif status == 403:
            problem = Problem(
                Code.CLUSTER_DENIED,
                f"{what} does not allow {method} {path} (403){said}.",
                "Ask whoever runs the cluster for that right.",
            )
        else:
            problem = Problem(
                Code.CLUSTER_FAILED,
                f"{what} answers {method} {path} with {status}{said}.",
                "Try again in a moment." if status == 429 or status >= 500 else "",
            )
        # KFP answers 500 for runs that it refuses, and may have started them (docs/kfp-engine.md).
        error = ClusterError(problem, status, maybe_done=status >= 500)
        wait = answer.headers.get("Retry-After", "")
        error.pause = float(wait) if wait.isdecimal() else None
        return error


def as_it_is(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
    """Leave a request as it is: given as its `auth`, this keeps any ~/.netrc out."""
    return request


def _lets_nobody_in(status: int | None) -> bool:
    """Whether an answer says that the credential is not accepted: it may send to a login."""
    return status == 401 or (status is not None and 300 <= status < 400)


def _text(answer: "requests.Response", _method: str, _path: str) -> str:
    content: bytes = answer.content
    return content.decode("utf-8", "replace")


def _said(answer: "requests.Response", headers: Mapping[str, str]) -> str:
    """Return what an error's body says, as far as it is words, without credentials."""
    text = answer.content[: 64 * 1024].decode("utf-8", "replace").strip()
    try:
        body = json.loads(text)
        text = str(body.get("message") or body.get("error_message") or "")
    except (ValueError, AttributeError):
        if "html" in answer.headers.get("Content-Type", ""):
            text = ""
    for value in headers.values():
        for secret in (value, value.partition(" ")[2]):
            if len(secret) > 3:
                text = text.replace(secret, "***")
    first = text.split("\n")[0].strip().rstrip(".")
    return f": {first[:_SHOWN]}" if first else ""


def why_unreachable(error: Exception, target: Target) -> tuple[str, str, bool]:
    """Return why nobody answered, what to do, and whether the request may have arrived."""
    import requests
    from urllib3.exceptions import NameResolutionError, NewConnectionError

    again = "Check the network and the URL (jupyter kfp connections test)."
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not let through", "Check the proxy.", False
    if isinstance(error, requests.exceptions.SSLError):
        remedy = "Name the authority's certificate with --ca, or check the client certificate."
        return "its certificate, or ours, is not accepted", remedy, False
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"no connection within {CONNECT_SECONDS:g} s", again, False
    if isinstance(error, requests.exceptions.Timeout):
        return "it does not answer in time", again, True
    if isinstance(cause, NameResolutionError):
        return "its name is not known here", again, False
    if isinstance(cause, NewConnectionError):
        return "the connection is refused", again, False
    if isinstance(error, requests.exceptions.InvalidHeader):
        remedy = target.remedy or "Check the credential."
        return "the credential holds characters that no header can", remedy, False
    return "the connection was cut", again, True


def _unreadable(what: str, error: OSError) -> Problem:
    return Problem(
        Code.CLUSTER_UNREACHABLE,
        f"A certificate for {what} cannot be read: {error.strerror or error}.",
        "Check --ca, --client-certificate and --client-key of the connection.",
    )
