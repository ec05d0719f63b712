"""Who gives the tokens: an OpenID Connect issuer, found by its well-known document.

Only what is passed on is asked for, so there is nothing to verify here: a token comes straight from
the issuer (OpenID Connect Core 3.1.3.7), and whoever gets it checks its signature.
"""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from ....errors import Code, KfpExtError, Problem
from ..connection import Connection
from ..credentials import Secret
from ..http import (
    CONNECT_SECONDS,
    READ_SECONDS,
    ClusterError,
    Target,
    as_it_is,
    why_unreachable,
)
from .kept import Kept

if TYPE_CHECKING:
    import requests

Json = dict[str, Any]
WELL_KNOWN = "/.well-known/openid-configuration"
_SCOPES = ("openid", "profile", "email", "groups", "offline_access")
_SHOWN = 200


class TokenRefusedError(Exception):
    """The issuer gives no token; `code` is OAuth's (RFC 6749 5.2, RFC 8628 3.5)."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words or code)
        self.code = code


@dataclass(frozen=True)
class Places:
    """The addresses that the issuer names, empty where it has none."""

    token: str
    authorization: str
    device: str
    revocation: str
    scopes: tuple[str, ...]
    basic: bool
    """Whether a client's secret goes into the header; else into the form."""


class Issuer:
    """Calls of the issuer of a connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._target = Target(
            what=f"The issuer of the connection {connection.name}",
            base=connection.issuer.rstrip("/"),
            remedy="Check --issuer of the connection, --ca and --proxy.",
        )
        self._places: Places | None = None

    def places(self) -> Places:
        """Return where what is; raises `KfpExtError`."""
        if self._places is None:
            self._places = self._discover()
        return self._places

    def scope(self) -> str:
        """Return what is asked for: what the connection says, else all that says who we are."""
        if self.connection.scopes:
            return " ".join(self.connection.scopes.split())
        known = self.places().scopes
        return " ".join(
            each for each in _SCOPES if each in known or (not known and each != "groups")
        )

    def token(self, form: Mapping[str, str]) -> Json:
        """Return what the issuer gives; raises `TokenRefusedError`, `KfpExtError`."""
        return self.post(self.places().token, form)

    def post(self, url: str, form: Mapping[str, str]) -> Json:
        """Send a form as this client; raises `TokenRefusedError`, `KfpExtError`."""
        client = self.connection.client_id
        sent = {**form, "client_id": client}
        secret = self.connection.client_secret and Secret(self.connection.client_secret).value()
        headers = {}
        if secret and self.places().basic:
            pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        elif secret:
            sent["client_secret"] = secret
        answer = self._asked("POST", url, sent, headers)
        body = _json(answer)
        # Some answer with 401 where the standard says 400; what counts is the code.
        if body is not None and isinstance(body.get("error"), str):
            words = str(body.get("error_description") or "")
            raise TokenRefusedError(body["error"], words[:_SHOWN])
        if answer.status_code >= 300 or (body is None and answer.content):
            raise self._strange(url, answer)
        return body or {}

    def kept(self, answer: Json, before: Kept | None = None) -> Kept:
        """Return what the issuer gave as it is kept; raises `KfpExtError` where it is no token."""
        claims = claims_of(str(answer.get("id_token") or ""))
        sends_access = self.connection.login_token == "access"  # noqa: S105 - a kind
        secret = answer.get("access_token" if sends_access else "id_token")
        if not isinstance(secret, str) or not secret or not secret.isprintable():
            what = "access token" if sends_access else "identity token"
            message = f"{self._target.what} gives no {what}."
            remedy = "Check --scopes (openid) and --login-token of the connection."
            raise KfpExtError(Problem(Code.CLUSTER_DENIED, message, remedy))
        life = _number(claims.get("exp")) - _number(claims.get("iat"))
        if sends_access or life <= 0:
            life = _number(answer.get("expires_in"))
        return Kept(
            secret=secret,
            got=time.time(),
            lasts=max(life, 0.0),
            refresh=str(answer.get("refresh_token") or (before.refresh if before else "")),
            who=str(claims.get("email") or claims.get("preferred_username") or "")
            or (before.who if before else ""),
        )

    def revoke(self, token: str) -> bool:
        """Have the issuer forget a refresh token (RFC 7009); False where it cannot."""
        if not token or not self.places().revocation:
            return False
        form = {"token": token, "token_type_hint": "refresh_token"}
        self.post(self.places().revocation, form)
        return True

    def _discover(self) -> Places:
        url = self._target.base + WELL_KNOWN
        answer = self._asked("GET", url)
        said = _json(answer)
        if answer.status_code != 200 or said is None:
            raise self._strange(url, answer)
        if str(said.get("issuer", "")).rstrip("/") != self._target.base:
            message = f"{self._target.what} calls itself {said.get('issuer')!r}."
            raise KfpExtError(Problem(Code.CLUSTER_DENIED, message, "Give that as --issuer."))
        methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return Places(
            token=self._place(said, "token_endpoint", needed=True),
            authorization=self._place(said, "authorization_endpoint"),
            device=self._place(said, "device_authorization_endpoint"),
            revocation=self._place(said, "revocation_endpoint"),
            scopes=tuple(map(str, said.get("scopes_supported") or ())),
            basic="client_secret_basic" in methods,
        )

    def _place(self, said: Json, name: str, needed: bool = False) -> str:
        """Return an address; one that would send secrets in the clear is none."""
        found = str(said.get(name) or "")
        schemes = ("https",) if self._target.base.startswith("https:") else ("https", "http")
        if (found or needed) and urlsplit(found).scheme not in schemes:
            message = f"{self._target.what} names no usable {name}."
            raise KfpExtError(Problem(Code.CLUSTER_FAILED, message, self._target.remedy))
        return found

    def _asked(
        self,
        method: str,
        url: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> "requests.Response":
        import requests

        proxy = self.connection.proxy
        try:
            return requests.request(
                method,
                url,
                data=form,
                headers={"Accept": "application/json", **(headers or {})},
                auth=as_it_is,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                verify=self.connection.verify,
                proxies={"http": proxy, "https": proxy} if proxy else None,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            reason, remedy, sent = why_unreachable(error, self._target)
            message = f"{self._target.what} at {self._target.base} cannot be reached: {reason}."
            problem = Problem(Code.CLUSTER_UNREACHABLE, message, remedy)
            raise ClusterError(problem, maybe_done=sent) from None
        except OSError as error:
            message = f"The file of --ca cannot be read: {error.strerror or error}."
            remedy = "Check --ca of the connection."
            raise ClusterError(Problem(Code.CLUSTER_UNREACHABLE, message, remedy)) from None

    def _strange(self, url: str, answer: "requests.Response") -> ClusterError:
        path = urlsplit(url).path
        message = f"{self._target.what} answers {path} with {answer.status_code}, not as OpenID"
        problem = Problem(Code.CLUSTER_FAILED, f"{message} Connect says.", self._target.remedy)
        # A server in trouble may be well again: as an answer that was lost.
        return ClusterError(problem, None if answer.status_code >= 500 else answer.status_code)


def claims_of(token: str) -> Json:
    """Return what a token says, unverified; empty where it is no JWT."""
    body = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        found = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _json(answer: "requests.Response") -> Json | None:
    try:
        found = json.loads(answer.content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
