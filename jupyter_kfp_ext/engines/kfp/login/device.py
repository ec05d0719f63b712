"""A login in a browser of any machine, by a code that is typed there (RFC 8628)."""

from collections.abc import Callable
from dataclasses import dataclass

from ....errors import Code, KfpExtError, Problem
from ..credentials import denied
from ..http import ClusterError
from .issuer import Issuer, Json, TokenRefusedError

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_SLOWER = 5.0
"""Seconds by which polls are further apart once the issuer asks for it (3.5)."""
_INTERVAL = 5.0
_LONGEST = 60.0


@dataclass(frozen=True)
class Asked:
    """A login that somebody is to confirm."""

    code: str
    """What is typed."""
    url: str
    """Where."""
    whole_url: str
    """The same with the code in it; empty where there is none."""
    device_code: str
    interval: float
    expires: float
    """Seconds in which it must be confirmed."""

    def __repr__(self) -> str:
        return f"Asked({self.code!r}, {self.url!r})"


def ask(issuer: Issuer) -> Asked:
    """Start a login; raises `TokenRefusedError` where this client may not, `KfpExtError`."""
    answer = issuer.post(issuer.places().device, {"scope": issuer.scope()})
    # Google's name for it is older than the standard's.
    url = answer.get("verification_uri") or answer.get("verification_url")
    try:
        return Asked(
            code=answer["user_code"],
            url=str(url or ""),
            whole_url=str(answer.get("verification_uri_complete") or ""),
            device_code=answer["device_code"],
            interval=max(float(answer.get("interval") or _INTERVAL), 0.1),
            expires=float(answer.get("expires_in") or 600),
        )
    except (KeyError, TypeError, ValueError):
        message = "The issuer's answer holds no code to log in with."
        remedy = "Log in without one: --flow browser."
        raise KfpExtError(Problem(Code.CLUSTER_FAILED, message, remedy)) from None


def wait(issuer: Issuer, asked: Asked, pause: Callable[[float], None]) -> Json:
    """Return the issuer's answer once somebody has confirmed; raises `KfpExtError`."""
    interval, waited, lost = asked.interval, 0.0, 0
    while waited < asked.expires:
        now = min(interval * 2**lost, max(_LONGEST, interval))
        pause(now)
        waited += now
        try:
            return issuer.token({"grant_type": _GRANT, "device_code": asked.device_code})
        except TokenRefusedError as refused:
            lost = 0
            if refused.code == "slow_down":
                interval += _SLOWER
            elif refused.code == "expired_token":
                break
            elif refused.code == "access_denied":
                raise denied("The login was refused in the browser.", "Log in again.") from None
            elif refused.code != "authorization_pending":
                message = f"The issuer gives no token ({refused.code}): {refused}."
                raise denied(message, "Check --client-id and --client-secret.") from None
        except ClusterError as error:
            if error.status is not None:
                raise
            lost += 1  # its answer was lost: nothing is decided by that
    raise denied("The login was not confirmed in time.", "Log in again.")
