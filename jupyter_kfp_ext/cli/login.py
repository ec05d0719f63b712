"""`jupyter kfp connections login` and `logout`."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from typing import TYPE_CHECKING

from .output import print_json

if TYPE_CHECKING:
    from ..engines.kfp.connection import Connection
    from ..engines.kfp.login.issuer import Issuer, Json
    from ..engines.kfp.login.kept import Kept


def log_in(args: argparse.Namespace) -> int:
    """Log in to a connection and keep what lets in."""
    from ..engines.kfp.connections import choose, known_connections
    from ..engines.kfp.login.kept import LoginStore

    connection = choose(args.name, known_connections())
    kept = _by_issuer(connection, args) if connection.issuer else _by_password(connection, args)
    store = LoginStore(connection)
    with store.locked():
        store.write(kept)
    if args.json:
        renewed = bool(kept.refresh)
        seconds = kept.lasts or None
        about = {"who": kept.who, "seconds": seconds, "renewed": renewed}
        print_json({"connection": connection.name, **about})
    else:
        who = f" as {kept.who}" if kept.who else ""
        print(f"Logged in to {connection.name}{who}, {_how_long(kept)}.")
    return 0


def log_out(args: argparse.Namespace) -> int:
    """Forget a login."""
    from ..engines.kfp.connections import choose, known_connections
    from ..engines.kfp.login import credential

    connection = choose(args.name, known_connections())
    revoked = credential.log_out(connection)
    if args.json:
        print_json({"connection": connection.name, "revoked": revoked})
    else:
        also = "; the issuer renews it no more" if revoked else ""
        print(f"Logged out of {connection.name}{also}.")
    return 0


def _how_long(kept: Kept) -> str:
    if kept.refresh:
        return "renewed by itself"
    return f"for {kept.lasts / 60:.0f} minutes" if kept.lasts else "until it is refused"


def _by_issuer(connection: Connection, args: argparse.Namespace) -> Kept:
    from ..engines.kfp.login.issuer import Issuer

    issuer = Issuer(connection)
    answer = _by_device(issuer, args) or _by_browser(issuer, args)
    return issuer.kept(answer)


def _by_device(issuer: Issuer, args: argparse.Namespace) -> Json | None:
    """Return what a login by a code gave; None where it is to be another way."""
    from ..engines.kfp.login import device
    from ..engines.kfp.login.issuer import TokenRefusedError
    from ..errors import Code, KfpExtError, Problem

    if args.flow == "browser" or not (args.flow or issuer.places().device):
        return None
    try:
        if not issuer.places().device:
            raise TokenRefusedError("unsupported", "it offers none")
        asked = device.ask(issuer)
    except TokenRefusedError as refused:
        message = f"The issuer takes no login by a code: {refused}."
        if args.flow:
            problem = Problem(Code.CLUSTER_DENIED, message, "Log in by --flow browser.")
            raise KfpExtError(problem) from None
        _say(message)
        return None
    _say(f"Open {asked.url} in any browser and type the code {asked.code}")
    if asked.whole_url:
        _say(f"or open {asked.whole_url}")
    return device.wait(issuer, asked, time.sleep)


def _by_browser(issuer: Issuer, args: argparse.Namespace) -> Json:
    from ..engines.kfp.login import browser

    def show(url: str) -> None:
        _say(f"Open this address in a browser:\n\n{url}\n")
        _say("Where that browser is on another machine, its last page does not load: paste its")
        _say("address here and press Enter.")
        if not args.no_browser:
            import webbrowser

            with contextlib.suppress(webbrowser.Error):
                webbrowser.open(url)

    return browser.log_in(issuer, args.port, show, _typed())


def _typed() -> int | None:
    """Return the descriptor at which somebody may type."""
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return None


def _by_password(connection: Connection, args: argparse.Namespace) -> Kept:
    from getpass import getpass

    from ..engines.kfp.login import password
    from ..errors import Code, KfpExtError, Problem

    if not connection.has_login:
        message = f"The connection {connection.name} has a credential, and no login."
        remedy = "Add it again with --issuer URL --client-id ID, or with --cookie login."
        raise KfpExtError(Problem(Code.USAGE, message, remedy))
    try:
        if not (user := args.user):
            print("User name: ", end="", file=sys.stderr, flush=True)
            user = input()
        secret = getpass("Password: ", stream=None)
    except EOFError:
        message, remedy = "Nobody types a user name and a password.", "Log in at a terminal."
        raise KfpExtError(Problem(Code.USAGE, message, remedy)) from None
    return password.log_in(connection, user.strip(), secret)


def _say(words: str) -> None:
    """Say something to whoever logs in; standard output is for the outcome."""
    print(words, file=sys.stderr, flush=True)
