"""A login in a browser that comes back to this machine, or whose last address is pasted here.

Authorization code with PKCE (RFC 7636) and a redirect to the loopback interface (RFC 8252). Where
the browser is on another machine its last page does not load; its address holds all that is needed.
"""

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import select
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from ....errors import Code, KfpExtError, Problem
from ..credentials import denied
from .issuer import Issuer, Json, TokenRefusedError, claims_of

_PATH = "/callback"
_DONE = "Go back to the terminal: it says how the login ended. This page can be closed."
_NOT_OURS = "This is not the login that is waited for."
_AGAIN = "Log in again."
SECONDS = 600.0
"""For which a login is waited for."""


class Question:
    """One login on its way: what is sent to the browser, and what makes its answer ours."""

    def __init__(self, issuer: Issuer, redirect: str) -> None:
        self._issuer = issuer
        self._redirect = redirect
        self._state = secrets.token_urlsafe(24)
        self._nonce = secrets.token_urlsafe(24)
        self._verifier = secrets.token_urlsafe(48)

    @property
    def url(self) -> str:
        """Where the browser goes; raises `KfpExtError`."""
        place = self._issuer.places().authorization
        if not place:
            message = "The issuer has no page to log in at."
            raise denied(message, "Log in by a code: --flow device.")
        digest = hashlib.sha256(self._verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._issuer.connection.client_id,
            "redirect_uri": self._redirect,
            "scope": self._issuer.scope(),
            "state": self._state,
            "nonce": self._nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        if "offline_access" in query["scope"].split():
            query["access_type"] = "offline"  # what Google asks for instead of the scope
        return f"{place}{'&' if urlsplit(place).query else '?'}{urlencode(query)}"

    def is_answered_by(self, came: str) -> bool:
        """Whether the address that a browser came to answers this question and no other."""
        said = dict(parse_qsl(urlsplit(came).query))
        return hmac.compare_digest(said.get("state", "").encode(), self._state.encode())

    def code_in(self, came: str) -> str:
        """Return the code in an address that the browser came to, or in what was pasted.

        Raises `KfpExtError` where it is not the answer to this question.
        """
        text = came.strip()
        if text and text.isprintable() and not set(text) & set("?&=/ "):
            return text  # the code alone; that it is ours is then for the issuer to see (PKCE)
        said = dict(parse_qsl(urlsplit(text).query))
        if not self.is_answered_by(text):
            raise denied("The address belongs to another login.", _AGAIN)
        by = said.get("iss", "").rstrip("/")
        if by and by != self._issuer.connection.issuer.rstrip("/"):
            raise denied(f"The answer comes from another issuer: {by}.", _AGAIN)
        if "error" in said:
            why = said.get("error_description") or said["error"]
            raise denied(f"The login was refused: {why[:200]}.", _AGAIN)
        if not said.get("code"):
            raise denied("The address holds no code.", _AGAIN)
        return said["code"]

    def tokens(self, code: str) -> Json:
        """Return what the issuer gives for a code; raises `KfpExtError`."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect,
            "code_verifier": self._verifier,
        }
        try:
            answer = self._issuer.token(form)
        except TokenRefusedError as refused:
            message = f"The issuer gives no token ({refused.code}): {refused}."
            raise denied(message, _AGAIN) from None
        nonce = claims_of(str(answer.get("id_token") or "")).get("nonce", self._nonce)
        if nonce != self._nonce:
            raise denied("The issuer's token belongs to another login.", _AGAIN)
        return answer


def log_in(issuer: Issuer, port: int, show: Callable[[str], None], stdin: int | None) -> Json:
    """Return what the issuer gives once a browser was there; raises `KfpExtError`.

    `port`: where the browser comes back to, 0: any. `show` is called with the address to open.
    `stdin`: a descriptor at which an address may be pasted.
    """
    with _listening(port) as (server, wake):
        question = Question(issuer, f"http://localhost:{server.server_address[1]}{_PATH}")
        server.ours = question.is_answered_by
        show(question.url)
        return question.tokens(_first_code(server, wake, question, stdin))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    ours: Callable[[str], bool]
    came = ""
    """The address by which the answer came."""
    wake: int


@contextlib.contextmanager
def _listening(port: int) -> Iterator[tuple[_Server, int]]:
    try:
        server = _Server(("127.0.0.1", port), _Handler)
    except OSError as error:
        message = f"Nothing can listen at port {port}: {error.strerror or error}."
        raise KfpExtError(Problem(Code.USAGE, message, "Choose another --port.")) from None
    heard, server.wake = os.pipe()
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield server, heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        os.close(heard)
        os.close(server.wake)


def _first_code(server: _Server, wake: int, question: Question, stdin: int | None) -> str:
    """Return the code that comes first, by the browser or by hand."""
    until, typed = time.monotonic() + SECONDS, b""
    readable = [wake, *([] if stdin is None else [stdin])]
    while (left := until - time.monotonic()) > 0:
        ready, _, _ = select.select(readable, [], [], left)
        if wake in ready:
            return question.code_in(server.came)
        if stdin in ready:
            piece = os.read(stdin or 0, 65536)
            if not piece:
                readable = [wake]  # nobody types there
            *lines, typed = (typed + piece).split(b"\n")
            for line in filter(bytes.strip, lines):
                return question.code_in(line.decode("utf-8", "replace"))
    raise denied(f"Nobody logged in within {SECONDS / 60:g} minutes.", _AGAIN)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 30

    def do_GET(self) -> None:
        """Take what a browser brings; what is not ours changes nothing."""
        if urlsplit(self.path).path != _PATH:
            self._reply(404, "Nothing is here.")
            return
        if not self.server.ours(self.path):
            self._reply(400, _NOT_OURS)
            return
        self._reply(200, _DONE)
        self.server.came = self.path
        os.write(self.server.wake, b"x")

    def _reply(self, status: int, words: str) -> None:
        data = words.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Write nothing: the address holds a code."""
