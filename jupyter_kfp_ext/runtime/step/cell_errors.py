"""An error of a cell: nbformat's output of it, and what to do about it."""

from __future__ import annotations

import errno
import sys

from .asking import StdinNotImplementedError
from .watch import ImportWatch

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


class CellError(Exception):
    """A cell raised `cause`; it was shown as `output` (nbformat's error output)."""

    def __init__(self, cause: BaseException, output: dict[str, Any]) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.output = output


def error_output(error: BaseException, lines: list[str]) -> dict[str, Any]:
    """Return nbformat's error output."""
    return {
        "output_type": "error",
        "ename": type(error).__name__,
        "evalue": _safe_text(error),
        "traceback": lines,
    }


def _safe_text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return f"<{type(error).__name__} without text>"


def error_lines(error: BaseException) -> list[str]:
    """Return the lines of an error that was shown as text, not as an output of its own."""
    import traceback

    if getattr(error, "exceptions", None):
        return "".join(traceback.format_exception(type(error), error, error.__traceback__)).split(
            "\n"
        )
    return [f"{type(error).__name__}: {_safe_text(error)}"]


def remedy_of(error: BaseException) -> str:
    """Return what to do about an error, where it is known; else an empty text."""
    if isinstance(error, SyntaxError) and not has_ipython():
        return (
            "If this is IPython syntax (a magic, `!command`), name `ipython` in the step's"
            " `packages`, or use an image that has it: this one has not."
        )
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        own = sys.modules.get(f"{__package__}.own_modules")
        if own is not None and own.REFUSED & {error.name, package}:
            return (
                f"Your module {error.name!r} did not come with the step, because nothing in the"
                " code says that it is needed: name it in the notebook's setting `include`."
            )
        return (
            f"Use an image that has {package!r}, or name its package in the step's `packages`;"
            " a module of your own must lie beside the notebook."
        )
    if isinstance(error, MemoryError):
        return "Ask for more `memory` for the step, or hold less at a time."
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full: free some space (on a cluster: give the step `scratch` space)."
    if isinstance(error, SystemExit):
        return "A kernel stops here too: take the call out, or raise an error that says why."
    if isinstance(error, StdinNotImplementedError):
        return "Nobody is asked while a step runs: make the answer a pipeline parameter."
    return ""


def has_ipython() -> bool:
    """Whether IPython can be imported in this process."""
    finders = [each for each in sys.meta_path if not isinstance(each, ImportWatch)]
    return any(each.find_spec("IPython", None) is not None for each in finders)
