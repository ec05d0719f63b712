"""A login by user name and password at the page that Kubeflow shows to people without one.

As Dex with static passwords or LDAP behind `authservice` or oauth2-proxy. There is no interface for
programs: the page's form is filled in as a browser does it, and the session's cookie is kept.
"""

import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from ....errors import Code, KfpExtError, Problem
from ..connection import Connection
from ..credentials import denied
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

_PAGES = 8
"""Pages between the first one and the one that is let in."""
_START = "/oauth2/start?rd=/"
"""Where oauth2-proxy starts a login, which it does not do by itself for programs."""
_CONNECTORS = ("/local", "/ldap")
"""How the paths of Dex's connectors with passwords end, by their usual names."""


def log_in(connection: Connection, user: str, password: str) -> Kept:
    """Return the cookie of a session; raises `KfpExtError`. The password is sent and not kept."""
    import requests

    with requests.Session() as session:
        session.auth = as_it_is
        session.verify = connection.verify
        session.cert = connection.certificate
        if connection.proxy:
            session.proxies = {"http": connection.proxy, "https": connection.proxy}
        return _Visit(connection, session).log_in(user, password)


@dataclass
class _Form:
    action: str
    post: bool
    values: dict[str, str] = field(default_factory=dict)
    user: str = ""
    """The name of the field for the user's name."""
    password: str = ""


class _Visit:
    """One way through the pages."""

    def __init__(self, connection: Connection, session: "requests.Session") -> None:
        self._connection = connection
        self._session = session
        parts = urlsplit(connection.url)
        self._home = f"{parts.scheme}://{parts.netloc}"

    def log_in(self, user: str, password: str) -> Kept:
        page = self._go("GET", self._home + "/")
        if page.status_code in (401, 403):
            page = self._go("GET", self._home + _START)
        sent = False
        for _ in range(_PAGES):
            forms, links = _read(page)
            form = next((each for each in forms if each.password), None)
            approve = next((each for each in forms if each.values.get("approval")), None)
            if form is not None:
                if sent:
                    raise denied("The user name or the password is wrong.", "Try again.")
                sent = True
                given = {**form.values, form.user: user, form.password: password}
                page = self._submit(page, form, given)
            elif approve is not None:
                page = self._submit(page, approve, approve.values)
            elif (link := _to_passwords(links)) and not sent:
                page = self._go("GET", urljoin(page.url, link))
            else:
                return self._cookie(page, user, sent)
        raise self._no_form()

    def _submit(
        self, page: "requests.Response", form: _Form, values: dict[str, str]
    ) -> "requests.Response":
        place = urljoin(page.url, form.action or page.url)
        if self._home.startswith("https:") and not place.startswith("https:"):
            raise denied("The page would send the password in the clear.", "Check the URL.")
        if form.post:
            return self._go("POST", place, data=values)
        return self._go("GET", place, params=values)

    def _cookie(self, page: "requests.Response", user: str, sent: bool) -> Kept:
        """Return what a browser would send to the connection's URL from now on."""
        import requests
        from requests.cookies import get_cookie_header

        jar = self._session.cookies
        asked = requests.Request("GET", self._connection.url).prepare()
        text = get_cookie_header(jar, asked)
        at_home = urlsplit(page.url).netloc == urlsplit(self._home).netloc
        if not sent or not text or not at_home or page.status_code in (401, 403):
            raise self._no_form() if not sent else self._not_let_in(page)
        now = time.time()
        ends = [each.expires - now for each in jar if each.expires and each.expires > now]
        return Kept(secret=text, got=now, lasts=min(ends, default=0.0), who=user)

    def _not_let_in(self, page: "requests.Response") -> KfpExtError:
        message = f"The login ended at {page.url.partition('?')[0]} ({page.status_code})"
        return denied(f"{message}, without a session.", "Log in there by a browser to see why.")

    def _no_form(self) -> KfpExtError:
        message = f"{self._home} shows no form for a user name and a password."
        remedy = "Log in by OpenID Connect (--issuer), or give --cookie a reference to a cookie."
        return KfpExtError(Problem(Code.CLUSTER_DENIED, message, remedy))

    def _go(self, method: str, url: str, **sent: Any) -> "requests.Response":
        import requests

        target = Target(f"The login of {self._connection.name}", self._home)
        try:
            return self._session.request(
                method,
                url,
                headers={"Accept": "text/html"},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                # Said for each call: a session's would yield to REQUESTS_CA_BUNDLE.
                verify=self._session.verify,
                **sent,
            )
        except requests.RequestException as error:
            reason, remedy, _ = why_unreachable(error, target)
            # The host may be that of the issuer, which only the cluster may know.
            place = urlsplit(error.request.url if error.request else url).netloc
            message = f"{target.what} at {place!s} cannot be reached: {reason}."
            raise ClusterError(Problem(Code.CLUSTER_UNREACHABLE, message, remedy)) from None
        except OSError as error:
            message = f"A certificate cannot be read: {error.strerror or error}."
            raise ClusterError(Problem(Code.CLUSTER_UNREACHABLE, message, "Check --ca.")) from None


def _to_passwords(links: list[str]) -> str:
    """Return the link to the connector with passwords, where a page offers several."""
    return next((each for each in links if urlsplit(each).path.endswith(_CONNECTORS)), "")


def _read(page: "requests.Response") -> tuple[list[_Form], list[str]]:
    """Return the forms and the links of a page."""
    reader = _Reader()
    if "html" in page.headers.get("Content-Type", ""):
        reader.feed(page.text)
    return reader.forms, reader.links


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "a" and said.get("href"):
            self.links.append(said["href"])
        elif tag == "form":
            post = said.get("method", "").lower() == "post"
            self.forms.append(_Form(said.get("action", ""), post))
        elif tag == "input" and self.forms and said.get("name"):
            _fill(self.forms[-1], said)


def _fill(form: _Form, said: dict[str, str]) -> None:
    name, kind = said["name"], said.get("type", "text").lower()
    if kind == "password":
        form.password = name
    elif kind in ("text", "email") and not form.user:
        form.user = name
    elif kind == "hidden":
        form.values[name] = said.get("value", "")
