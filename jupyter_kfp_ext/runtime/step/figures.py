"""Shows figures of pyplot in an image without IPython: at `show()`, or when their cell ends.

Where there is IPython, `matplotlib_inline` does so.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_VARIABLE = "MPLBACKEND"
_BACKEND = f"module://{__package__}.figure_backend"
_publish: Any = None


def prepare(publish: Any) -> None:
    """Have matplotlib take this backend when it is imported; `publish` records an output.

    The environment says so just that long: programs that a cell starts have no such module.
    """
    global _publish
    _publish = publish
    if _VARIABLE in os.environ:
        return  # the user's own choice
    from .watch import LoadWatch

    os.environ[_VARIABLE] = _BACKEND
    LoadWatch(frozenset({"matplotlib"}), lambda _: os.environ.pop(_VARIABLE, None))


def show(*_: Any, **__: Any) -> None:
    """Show all open figures, and close them (`pyplot.show`, and the end of each cell)."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or pyplot.get_backend() != _BACKEND:
        return
    try:
        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            data = {**picture(figure), "text/plain": repr(figure)}
            _publish({"output_type": "display_data", "data": data, "metadata": {}})
    finally:
        pyplot.close("all")


def picture(figure: Any) -> dict[str, str]:
    """Return the picture of a figure by its MIME type, as IPython draws it; nothing if empty."""
    if not figure.axes and not figure.lines:
        return {}
    import base64
    import io

    buffer = io.BytesIO()
    figure.canvas.print_figure(
        buffer,
        format="png",
        dpi=figure.dpi,
        facecolor=figure.get_facecolor(),
        edgecolor=figure.get_edgecolor(),
        bbox_inches="tight",
    )
    return {"image/png": base64.b64encode(buffer.getvalue()).decode("ascii")}


def is_figure(value: Any) -> bool:
    """Tell a figure of matplotlib, which only IPython's formatter would draw."""
    module = sys.modules.get("matplotlib.figure")
    return module is not None and isinstance(value, module.Figure)
