"""The connections there are: those that the user named, and one that the surroundings give.

They are in `connections.json` of the configuration folder, readable by the user alone.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import Code, KfpExtError, Problem
from ...storage import config_folder, read_json, write_json
from .connection import Connection, check_connection
from .credentials import service_account_file
from .login.kept import forget_login

FOUND_NAME = "kubeflow"
"""Name of the connection that is found inside a Kubeflow notebook."""
_IN_CLUSTER_URL = "http://ml-pipeline.kubeflow.svc.cluster.local:8888"
_NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"


@dataclass(frozen=True)
class Known:
    """All connections by name, and which one is meant where none is named."""

    connections: tuple[Connection, ...]
    default: str = ""

    def get(self, name: str) -> Connection | None:
        """Return the connection of a name."""
        return next((each for each in self.connections if each.name == name), None)


def known_connections(
    folder: Path | None = None, environ: Mapping[str, str] | None = None, root: Path = Path("/")
) -> Known:
    """Return the stored connections and the one found; a stored one of that name wins.

    Raises `KfpExtError` (`storage-failed`) where the file cannot be read.
    """
    stored = _stored(folder or config_folder())
    found = discover(os.environ if environ is None else environ, root)
    connections = stored.connections
    if found and stored.get(found.name) is None:
        connections = (*connections, found)
    default = stored.default if any(each.name == stored.default for each in connections) else ""
    if not default and len(connections) == 1:
        default = connections[0].name
    return Known(connections, default)


def choose(name: str | None, known: Known) -> Connection:
    """Return the connection of a name, or the one that is meant without a name.

    Raises `KfpExtError` (`connection-missing`).
    """
    found = known.get(name or known.default)
    if found is not None:
        return found
    names = ", ".join(each.name for each in known.connections)
    if name:
        message = f"There is no connection '{name}'."
    elif names:
        message = "Several connections are known, and none was named."
    else:
        message = "No connection to Kubeflow Pipelines is known."
    remedy = (
        f"Use one of: {names}."
        if names
        else "Add one: jupyter kfp connections add NAME --url URL (--help lists the credentials)."
    )
    raise KfpExtError(Problem(Code.CONNECTION_MISSING, message, remedy, option="connection"))


def add_connection(connection: Connection, default: bool, folder: Path | None = None) -> None:
    """Store a connection in place of one of its name.

    `default` makes it the one that is meant where none is named. Raises `KfpExtError` (`usage`,
    `storage-failed`).
    """
    check_connection(connection)
    place = folder or config_folder()
    stored = _stored(place)
    others = tuple(each for each in stored.connections if each.name != connection.name)
    chosen = connection.name if default else stored.default
    _store(place, Known((*others, replace(connection, found=False)), chosen))


def remove_connection(name: str, folder: Path | None = None) -> None:
    """Forget a stored connection; raises `KfpExtError` (`connection-missing`)."""
    place = folder or config_folder()
    stored = _stored(place)
    if stored.get(name) is None:
        choose(name, replace(stored, default=""))
    rest = tuple(each for each in stored.connections if each.name != name)
    if (gone := stored.get(name)) and gone.has_login:
        forget_login(gone)
    _store(place, Known(rest, "" if stored.default == name else stored.default))


def discover(environ: Mapping[str, str], root: Path = Path("/")) -> Connection | None:
    """Return the connection that a Kubeflow notebook has without configuration; None elsewhere.

    As the KFP SDK looks for it: `KF_PIPELINES_ENDPOINT`, else the API server's service where a
    service account is mounted; `root` is where the machine's files start.
    """
    try:
        namespace = _under(root, _NAMESPACE_FILE).read_text(encoding="utf-8").strip()
    except OSError:
        namespace = ""
    url = environ.get("KF_PIPELINES_ENDPOINT", "")
    if url and "://" not in url:
        url = f"http://{url}"
    if not url and not namespace:
        return None
    token = _under(root, service_account_file(environ)).is_file()
    return Connection(
        name=FOUND_NAME,
        url=url or _IN_CLUSTER_URL,
        # In the namespace of KFP itself there is one user, and no namespace to be said.
        namespace="" if namespace == "kubeflow" else namespace,
        token="service-account" if token else "",
        found=True,
    )


def _under(root: Path, absolute: str) -> Path:
    return root / absolute.lstrip("/")


def _file(folder: Path) -> Path:
    return folder / "connections.json"


def _stored(folder: Path) -> Known:
    path = _file(folder)
    try:
        data = read_json(path)
        connections = tuple(map(Connection.from_json, data["connections"]))
        return Known(connections, str(data.get("default") or ""))
    except FileNotFoundError:
        return Known(())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise KfpExtError(
            Problem(
                Code.STORAGE_FAILED,
                f"The connections in {path} cannot be read ({type(error).__name__}).",
                "Mend or delete that file and add the connections again.",
            )
        ) from error


def _store(folder: Path, known: Known) -> None:
    connections = [each.to_json() for each in known.connections]
    write_json(_file(folder), {"connections": connections, "default": known.default})
