"""A small OpenID Connect issuer with a guarded API behind it, as Dex and oauth2-proxy are together.

It really speaks the protocol by HTTP and checks what a client sends (codes, PKCE, redirects,
secrets, refresh tokens used once); its tokens are signed by nobody, since no client of it looks.
"""

import base64
import hashlib
import html
import json
import secrets
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

CLIENT = "kubeflow-oidc"
USER, PASSWORD = "ada@example.org", "correct horse"
_COOKIE = "oauth2_proxy_kubeflow"
_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass
class Answer:
    status: int = 200
    body: object = ""
    headers: dict[str, str] = field(default_factory=dict)


def refused(code: str, status: int = 400) -> Answer:
    return Answer(status, {"error": code, "error_description": f"because of {code}"})


def _to(place: str, **headers: str) -> Answer:
    return Answer(302, headers={"Location": place, **headers})


def _page(text: str) -> Answer:
    return Answer(200, f"<html><body>{text}</body></html>", {"Content-Type": "text/html"})


class OidcServer:
    """Serves at once; what a test wants of it are attributes that it sets."""

    def __init__(self) -> None:
        self.life = 3600
        """Seconds that a token lasts."""
        self.clock_ahead = 0
        """Seconds by which the issuer's clock is ahead of ours."""
        self.secret = ""
        """What the client must show; empty: it is a public one."""
        self.says: list[str | int] = []
        """What the next calls for tokens are answered with instead: errors, or a status."""
        self.denies = False
        self.without: set[str] = set()
        """What the well-known document leaves out."""
        self.named: dict[str, object] = {}
        """What it says instead."""
        self.changed = Condition()
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.forms: list[dict[str, str]] = []
        """What was posted to the place of tokens."""
        self.valid: set[str] = set()
        """The tokens that the API takes now."""
        self.refresh: set[str] = set()
        self.sessions: set[str] = set()
        self.confirmed = False
        self._codes: dict[str, dict[str, str]] = {}
        self._device = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._answer))
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def issuer(self) -> str:
        return f"{self.url}/dex"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def tokens(self, **claims: str) -> dict[str, object]:
        """Make what a login gives; the API takes it from now on."""
        now = int(time.time()) + self.clock_ahead
        said = {"iss": self.issuer, "email": USER, "iat": now, "exp": now + self.life, **claims}
        parts = [{"alg": "none"}, {**said, "jti": secrets.token_hex(4)}, {}]
        token = ".".join(
            base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode()
            for each in parts
        )
        refresh = secrets.token_hex(8)
        self.valid.add(token)
        self.refresh.add(refresh)
        return {
            "id_token": token,
            "access_token": secrets.token_hex(8),
            "token_type": "bearer",
            "expires_in": self.life,
            "refresh_token": refresh,
        }

    def _answer(self, handler: BaseHTTPRequestHandler, form: dict[str, str]) -> Answer:
        parts = urlsplit(handler.path)
        query = dict(parse_qsl(parts.query))
        with self.changed:
            self.calls.append((parts.path, {**query, **form}))
            self.changed.notify_all()
            works: dict[str, Callable[[], Answer]] = {
                "/dex/.well-known/openid-configuration": self._well_known,
                "/dex/device/code": lambda: self._ask_device(form),
                "/dex/token": lambda: self._token(handler, form),
                "/dex/revoke": lambda: self._revoke(form),
                "/dex/auth": lambda: self._authorize(query),
                "/dex/auth/local": lambda: self._form(query),
                "/dex/auth/local/login": lambda: self._password(query, form),
                "/dex/approval": lambda: self._approve(form),
                "/oauth2/start": lambda: _to(f"{self.issuer}/auth?state=proxy"),
                "/oauth2/callback": self._start_session,
                "/device": lambda: self._confirm(query),
            }
            work = works.get(parts.path)
            return work() if work else self._api(handler)

    def _well_known(self) -> Answer:
        said = {
            "issuer": self.issuer,
            "token_endpoint": f"{self.issuer}/token",
            "authorization_endpoint": f"{self.issuer}/auth",
            "device_authorization_endpoint": f"{self.issuer}/device/code",
            "revocation_endpoint": f"{self.issuer}/revoke",
            "scopes_supported": ["openid", "email", "offline_access"],
            **self.named,
        }
        return Answer(body={k: v for k, v in said.items() if k not in self.without})

    def _ask_device(self, form: dict[str, str]) -> Answer:
        if form.get("client_id") != CLIENT:
            return refused("invalid_client", 401)
        if self.says:
            return refused(str(self.says.pop(0)))
        self._device = secrets.token_hex(8)
        return Answer(
            body={
                "device_code": self._device,
                "user_code": "WDJB-MJHT",
                "verification_uri": f"{self.url}/device",
                "verification_uri_complete": f"{self.url}/device?user_code=WDJB-MJHT",
                "expires_in": 60,
                "interval": 0.1,
            }
        )

    def _confirm(self, query: dict[str, str]) -> Answer:
        self.confirmed = query.get("user_code") == "WDJB-MJHT"
        return _page("Thank you.")

    def _token(self, handler: BaseHTTPRequestHandler, form: dict[str, str]) -> Answer:
        self.forms.append(form)
        if self.says:
            said = self.says.pop(0)
            return Answer(said, "<<<") if isinstance(said, int) else refused(said, 401)
        if not self._knows(handler, form):
            return refused("invalid_client", 401)
        kind = form.get("grant_type")
        if kind == _DEVICE and form.get("device_code") == self._device:
            return (
                Answer(body=self.tokens())
                if self.confirmed
                else refused("authorization_pending", 401)
            )
        if kind == "refresh_token" and form.get("refresh_token") in self.refresh:
            self.refresh.remove(form["refresh_token"])  # each can be used once
            return Answer(body=self.tokens())
        asked = self._codes.pop(form.get("code", ""), None)
        if kind == "authorization_code" and asked:
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            same = asked["redirect_uri"] == form["redirect_uri"]
            if same and asked["code_challenge"] == challenge:
                return Answer(body=self.tokens(nonce=asked["nonce"]))
        return refused("invalid_grant")

    def _knows(self, handler: BaseHTTPRequestHandler, form: dict[str, str]) -> bool:
        if not self.secret:
            return form.get("client_id") == CLIENT
        said = handler.headers.get("Authorization", "").removeprefix("Basic ")
        user, _, password = base64.b64decode(said).decode().partition(":")
        return (unquote(user), unquote(password)) == (CLIENT, self.secret)

    def _revoke(self, form: dict[str, str]) -> Answer:
        self.refresh.discard(form["token"])
        return Answer()

    def _authorize(self, query: dict[str, str]) -> Answer:
        if query.get("state") == "proxy":
            local = html.escape("/dex/auth/local?req=r1&x=2")
            return _page(f'<a href="/dex/auth/google">G</a><a href="{local}">Email</a>')
        back = query["redirect_uri"]
        if self.denies:
            return _to(f"{back}?{urlencode({'error': 'access_denied', 'state': query['state']})}")
        code = secrets.token_hex(8)
        self._codes[code] = query
        return _to(f"{back}?{urlencode({'code': code, 'state': query['state']})}")

    def _form(self, query: dict[str, str]) -> Answer:
        place = f"/dex/auth/local/login?req={quote(query['req'])}"
        return _page(
            f'<form method="post" action="{place}">'
            '<input type="hidden" name="csrf" value="c&amp;1">'
            '<input type="text" name="login"><input type="password" name="password"></form>'
        )

    def _password(self, query: dict[str, str], form: dict[str, str]) -> Answer:
        right = (form.get("login"), form.get("password"), form.get("csrf"))
        if right != (USER, PASSWORD, "c&1") or query.get("req") != "r1":
            return self._form(query)
        return _to("/dex/approval")

    def _approve(self, form: dict[str, str]) -> Answer:
        if form.get("approval") == "approve":
            return _to("/oauth2/callback?code=x")
        no = '<input type="hidden" name="approval" value="approve">'
        return _page(
            f'<form method="post" action="/dex/approval">{no}</form>'
            f'<form method="post">{no.replace("approve", "rejected")}</form>'
        )

    def _start_session(self) -> Answer:
        session = secrets.token_hex(8)
        self.sessions.add(session)
        return _to("/", **{"Set-Cookie": f"{_COOKIE}={session}; Path=/; Max-Age=600; HttpOnly"})

    def _api(self, handler: BaseHTTPRequestHandler) -> Answer:
        token = handler.headers.get("Authorization", "").removeprefix("Bearer ")
        cookie = SimpleCookie(handler.headers.get("Cookie", "")).get(_COOKIE)
        if token in self.valid or (cookie is not None and cookie.value in self.sessions):
            return Answer(body={"multi_user": False, "tag_name": "2.17.0"})
        if handler.headers.get("Authorization"):
            return Answer(401, {"error": "Jwt is expired"})
        # Programs are told, people are sent on.
        html_wanted = "text/html" in handler.headers.get("Accept", "")
        return Answer(403, "Sign in") if html_wanted else _to("/oauth2/start")


def _handler(work: Callable[[BaseHTTPRequestHandler, dict[str, str]], Answer]) -> type:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            answer = work(self, dict(parse_qsl(self.rfile.read(size).decode())))
            text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = _serve  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def oidc_server():
    server = OidcServer()
    try:
        yield server
    finally:
        server.close()
