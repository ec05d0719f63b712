"""The credential of a connection with a login: sent as it is, renewed before it ends."""

from pathlib import Path

from ....errors import KfpExtError
from ..connection import Connection
from ..credentials import denied
from ..http import ClusterError
from .issuer import Issuer, TokenRefusedError
from .kept import Kept, LoginStore, log_in_again


class LoginCredential:
    """What `jupyter kfp connections login` gave. Neither `repr` nor an error of it holds it."""

    def __init__(self, connection: Connection, folder: Path | None = None) -> None:
        self.store = LoginStore(connection, folder)
        self._connection = connection
        self._issuer = Issuer(connection) if connection.issuer else None
        self._sent = ""
        self._refused = ""

    def __repr__(self) -> str:
        return f"LoginCredential({self._connection.name!r})"

    def value(self) -> str:
        """Return what lets in now; raises `KfpExtError` (`cluster-denied`) where it is over."""
        kept = self.store.read()
        if kept.secret == self._refused or not kept.is_fresh():
            kept = self._renewed(kept)
        self._sent = kept.secret
        return kept.secret

    def forget(self) -> bool:
        """Do not send the last one again, which was refused; whether there may be another one."""
        self._refused = self._sent
        try:
            kept = self.store.read()
        except KfpExtError:
            return False
        return kept.secret != self._refused or bool(kept.refresh)

    def _renewed(self, before: Kept) -> Kept:
        """Return the next one; only one process at a time asks for it."""
        with self.store.locked():
            kept = self.store.read()
            if kept.secret != self._refused and kept.is_fresh():
                return kept  # another process was quicker
            if self._issuer is None or not kept.refresh:
                return self._last(kept)
            try:
                form = {"grant_type": "refresh_token", "refresh_token": kept.refresh}
                renewed = self._issuer.kept(self._issuer.token(form), kept)
            except (TokenRefusedError, ClusterError) as error:
                return self._not_renewed(kept, error)
            self.store.write(renewed)
            return renewed

    def _last(self, kept: Kept) -> Kept:
        """Return what cannot be renewed, as long as it lasts."""
        if kept.left() != 0.0:
            return kept
        raise denied(self._over("it has lasted its time"), log_in_again(self._connection.name))

    def _not_renewed(self, kept: Kept, error: TokenRefusedError | ClusterError) -> Kept:
        """Return what there is as long as it lasts; only the issuer's word ends a login."""
        name = self._connection.name
        if isinstance(error, TokenRefusedError) and error.code == "invalid_grant":
            message = self._over(f"the issuer renews it no more: {error}")
            self.store.end(message)
            raise denied(message, log_in_again(name)) from None
        if kept.secret != self._refused and kept.left():
            return kept
        if isinstance(error, ClusterError):
            raise error
        message = f"The issuer of {name} renews no token ({error.code}): {error}."
        raise denied(message, "Check --client-id and --client-secret of the connection.") from None

    def _over(self, why: str) -> str:
        return f"The login of the connection {self._connection.name} is over ({why})."


def login_state(connection: Connection) -> str:
    """Return `in`, `over` or `none` for a connection with a login, else an empty text."""
    return LoginStore(connection).state() if connection.has_login else ""


def log_out(connection: Connection, folder: Path | None = None) -> bool:
    """Forget a login, and have the issuer forget it; False where the issuer could not be asked."""
    store = LoginStore(connection, folder)
    with store.locked():
        try:
            refresh = store.read().refresh
        except KfpExtError:
            refresh = ""
        try:
            return bool(refresh) and Issuer(connection).revoke(refresh)
        except (KfpExtError, TokenRefusedError):
            return False
        finally:
            store.clear()
