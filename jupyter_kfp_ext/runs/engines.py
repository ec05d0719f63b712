"""The engines there are, by name: loaded only when one is used."""

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


def open_engine(name: str, home: Path | None = None) -> Engine:
    """Return an engine for a home (None: the user's own).

    Raises `KfpExtError` (`engine-unknown`) naming those there are.
    """
    if name not in _ENGINES:
        raise KfpExtError(
            Problem(
                Code.ENGINE_UNKNOWN,
                f"There is no engine '{name}'.",
                f"Use one of: {', '.join(_ENGINES)}.",
                option="engine",
            )
        )
    module, _, attribute = _ENGINES[name].partition(":")
    return cast(Engine, getattr(import_module(module), attribute)(home))


def keep_watched(status: RunStatus, home: Path | None = None) -> RunStatus:
    """Return the status, and have a run that goes on elsewhere watched where nobody does."""
    if status.engine != DEFAULT_ENGINE and not status.state.ended:
        open_engine(status.engine, home).revive(status.id)
    return status
