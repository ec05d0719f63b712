"""The engines there are, by name: loaded only when one is used."""

import contextlib
from importlib import import_module
from pathlib import Path
from typing import cast

from ..engines.model import RunStatus
from ..engines.protocol import Engine
from ..errors import Code, KfpExtError, Problem

DEFAULT_ENGINE = "local"
CLUSTER_ENGINE = "kfp"

_ENGINES = {
    "local": "jupyter_kfp_ext.engines.local.engine:LocalEngine",
    "kfp": "jupyter_kfp_ext.engines.kfp.engine:KfpEngine",
}


def engine_names() -> tuple[str, ...]:
    """Return the names that `open_engine` knows."""
    return tuple(_ENGINES)


def chosen_engine(
    engine: str | None, connection: str | None, settings: str | None
) -> tuple[str, str | None]:
    """Return the engine that is meant and the connection, where one is named.

    `engine` and `settings` (the notebook's) may be the name of a connection. Raises `KfpExtError`
    (`engine-unknown`, `usage`).
    """
    if engine is None and connection is not None:
        return CLUSTER_ENGINE, connection
    name = engine or settings or DEFAULT_ENGINE
    if name not in _ENGINES:
        if name not in _connections():
            raise _unknown(name)
        name, connection = CLUSTER_ENGINE, connection or name
    if connection and name != CLUSTER_ENGINE:
        raise KfpExtError(
            Problem(
                Code.USAGE,
                f"The engine '{name}' has no connections.",
                f"Leave out the connection, or use the engine '{CLUSTER_ENGINE}'.",
                option="connection",
            )
        )
    return name, connection


def open_engine(name: str, home: Path | None = None) -> Engine:
    """Return an engine for a home (None: the user's own).

    Raises `KfpExtError` (`engine-unknown`) naming those there are.
    """
    if name not in _ENGINES:
        raise _unknown(name)
    module, _, attribute = _ENGINES[name].partition(":")
    return cast(Engine, getattr(import_module(module), attribute)(home))


def keep_runner_ready() -> None:
    """Have the process that a local run needs wait for it, where one is likely to be started soon.

    It costs some 20 MB, and ends with the calling process or after ten minutes without a run.
    """
    from ..engines.local.spare import keep_ready

    keep_ready()


def _connections() -> tuple[str, ...]:
    from ..engines.kfp.connections import known_connections

    return tuple(each.name for each in known_connections().connections)


def _unknown(name: str) -> KfpExtError:
    names = ", ".join((*_ENGINES, *_connections()))
    message = f"There is no engine and no connection '{name}'."
    return KfpExtError(
        Problem(Code.ENGINE_UNKNOWN, message, f"Use one of: {names}.", option="engine")
    )


def keep_watched(status: RunStatus, home: Path | None = None) -> RunStatus:
    """Return the status, and have a run that goes on elsewhere watched where nobody does.

    Where that cannot be (no processes left, a disk that cannot be written), the status still can.
    """
    if status.engine != DEFAULT_ENGINE and not status.state.ended:
        with contextlib.suppress(KfpExtError, OSError):
            open_engine(status.engine, home).revive(status.id)
    return status
