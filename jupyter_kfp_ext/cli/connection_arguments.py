"""What may be typed after `jupyter kfp connections`."""

import argparse

from .actions import add_action

_OPTIONS = (
    (
        "--url",
        "URL",
        "address of KFP's API or pages, such as https://kubeflow.example.org/pipeline",
    ),
    ("--namespace", "NAME", "your namespace, where the installation has several users"),
    (
        "--token",
        "REF",
        "bearer token by reference: env:NAME, file:PATH, command:COMMAND, "
        "keyring:SERVICE/USER or service-account",
    ),
    (
        "--cookie",
        "REF",
        "text of the Cookie header by reference, as --token; 'login': log in by a password",
    ),
    ("--issuer", "URL", "OpenID Connect issuer to log in at (`connections login`)"),
    ("--client-id", "ID", "what this client is called there"),
    ("--client-secret", "REF", "its secret, as --token, where it is no public client"),
    ("--scopes", "TEXT", "what is asked for there (default: all that says who you are)"),
    ("--login-token", "KIND", "token that is sent: id (the default) or access"),
    ("--ca", "FILE", "certificates of further authorities"),
    ("--client-certificate", "FILE", "certificate that lets you in"),
    ("--client-key", "FILE", "its key"),
    ("--proxy", "URL", "HTTP proxy (default: as HTTPS_PROXY says)"),
    ("--kubeconfig", "FILE", "access to the Kubernetes API; 'default': where kubectl looks"),
    ("--context", "NAME", "context of the kubeconfig"),
    ("--store", "URI", "folder of KFP's object store: minio://BUCKET/FOLDER, s3://, gs://"),
    ("--store-url", "URL", "where that store is reached from here (default of gs://: Google's)"),
    (
        "--store-key",
        "REF",
        "its ACCESS_KEY:SECRET_KEY, as --token; of gs://: an access token, or 'google' (what "
        "Google's library finds on this machine)",
    ),
    ("--service", "NAMESPACE/NAME:PORT", "KFP's API service, for access without --url"),
)


def add_connections(parser: argparse.ArgumentParser) -> None:
    """Add the actions; without one: `list`."""
    parser.set_defaults(action="list")
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")
    actions = parser.add_subparsers(title="actions", metavar="ACTION")
    add_action(actions, "list", "list the connections (the default)")
    add = add_action(actions, "add", "name a connection; takes the place of one of that name")
    add.add_argument("name", metavar="NAME")
    for option, value, text in _OPTIONS:
        add.add_argument(option, metavar=value, help=text)
    add.add_argument("--default", action="store_true", help="use it where none is named")
    test = add_action(actions, "test", "try a connection step by step")
    test.add_argument("name", nargs="?", metavar="NAME", help="default: the one for all runs")
    spaces = add_action(actions, "namespaces", "list the namespaces in which you may run")
    spaces.add_argument("name", nargs="?", metavar="NAME", help="default: the one for all runs")
    _add_login(add_action(actions, "login", "log in: by a browser, a code, or a password"))
    logout = add_action(actions, "logout", "forget a login")
    logout.add_argument("name", nargs="?", metavar="NAME", help="default: the one for all runs")
    remove = add_action(actions, "remove", "forget a connection")
    remove.add_argument("name", metavar="NAME")


def _add_login(login: argparse.ArgumentParser) -> None:
    login.add_argument("name", nargs="?", metavar="NAME", help="default: the one for all runs")
    login.add_argument(
        "--flow",
        choices=("device", "browser"),
        help="by a code that is typed in a browser anywhere (the default where the issuer offers "
        "it), or by a browser that comes back to this machine",
    )
    login.add_argument(
        "--no-browser", action="store_true", help="open none: only show the address to open"
    )
    login.add_argument(
        "--port", type=int, default=0, metavar="N", help="port a browser comes back to"
    )
    login.add_argument("--user", metavar="NAME", help="user name (--cookie login)")
