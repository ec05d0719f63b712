"""The engines there are, by name: loaded only when one is used."""

from importlib import import_module
from typing import cast

from ..engines.protocol import Engine
from ..errors import Code, KfpExtError, Problem

DEFAULT_ENGINE = "local"

_ENGINES = {"local": "jupyter_kfp_ext.engines.local.engine:LocalEngine"}


def engine_names() -> tuple[str, ...]:
    """Return the names that `open_engine` knows."""
    return tuple(_ENGINES)


def open_engine(name: str) -> Engine:
    """Return an engine; raises `KfpExtError` (`engine-unknown`) naming those there are."""
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
    return cast(Engine, getattr(import_module(module), attribute)())
