"""Levels and handlers of loggers, as a value from which a later step makes them again."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_ROOT = "root"


def get_logging(logging: Any) -> dict[str, Any]:
    """Return the state of each logger that has one of its own, by its name.

    Raises `ValueError` for a handler, or a part of it, that could not be made again.
    """
    loggers = {_ROOT: logging.root, **logging.root.manager.loggerDict}
    states = {
        name: (
            logger.level,
            logger.propagate,
            logger.disabled,
            [each for each in map(_handler, logger.handlers) if each],
        )
        for name, logger in loggers.items()
        if isinstance(logger, logging.Logger)
    }
    found: dict[str, Any] = {
        name: state for name, state in states.items() if state != (0, True, False, [])
    }
    for name, logger in loggers.items():
        if getattr(logger, "filters", None):
            raise ValueError(f"a filter of the logger {name!r} cannot be made again")
    if logging.getLogRecordFactory() is not logging.LogRecord:
        raise ValueError("a function that makes the records of loggers cannot be made again")
    captures = logging._warnings_showwarning is not None
    return {**found, "": (logging.root.manager.disable, logging._levelToName, captures)}


def put_logging(logging: Any, state: dict[str, Any]) -> None:
    """Put loggers into the states that `get_logging` returned."""
    for name, each in state.items():
        if not name:
            disabled, levels, captures = each
            logging.disable(disabled)
            for level, called in levels.items():
                logging.addLevelName(level, called)
            logging.captureWarnings(captures)
            continue
        logger = logging.root if name == _ROOT else logging.getLogger(name)
        level, logger.propagate, logger.disabled, handlers = each
        logger.setLevel(level)
        logger.handlers[:] = [_make(logging, handler) for handler in handlers]


def _handler(handler: Any) -> Any:
    """Return kind, target, level and format of a handler; None for those that packages bring."""
    kind = type(handler)
    ours = kind.__module__.partition(".")[0] in ("logging", "__main__")
    if not ours or kind.__name__ == "NullHandler":
        return None
    targets = {id(sys.stderr): "stderr", id(sys.stdout): "stdout"}
    if kind.__name__ == "FileHandler":
        place = handler.baseFilename
        inside = place.startswith(os.path.join(os.getcwd(), ""))
        target: Any = (os.path.relpath(place) if inside else place, handler.encoding)
    elif kind.__name__ == "StreamHandler" and id(handler.stream) in targets:
        target = targets[id(handler.stream)]
    else:
        raise ValueError(f"a handler of loggers, {handler!r}, cannot be made again")
    form = handler.formatter
    if handler.filters or (form and type(form).__module__ != "logging"):
        raise ValueError(f"filter or formatter of {handler!r} cannot be made again")
    return (target, handler.level, form and (form._fmt, form.datefmt, _style(form)))


def _style(form: Any) -> str:
    kinds = {"PercentStyle": "%", "StrFormatStyle": "{", "StringTemplateStyle": "$"}
    return kinds[type(form._style).__name__]


def _make(logging: Any, state: Any) -> Any:
    target, level, form = state
    if isinstance(target, str):
        handler = logging.StreamHandler(getattr(sys, target))
    else:
        handler = logging.FileHandler(target[0], encoding=target[1], delay=True)
    handler.setLevel(level)
    if form:
        handler.setFormatter(logging.Formatter(*form))
    return handler
