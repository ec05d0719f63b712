"""The backend that matplotlib takes in an image without IPython; see `figures`.

https://matplotlib.org/stable/users/explain/figure/writing_a_backend_pyplot_interface.html
"""

# ruff: noqa: TID253 - matplotlib itself imports this module
from matplotlib.backend_bases import (  # type: ignore[import-not-found,unused-ignore]
    FigureManagerBase,
)
from matplotlib.backends.backend_agg import (  # type: ignore[import-not-found,unused-ignore]
    FigureCanvasAgg,
)

from .figures import show

__all__ = ["FigureCanvas", "FigureManager", "show"]

FigureCanvas = FigureCanvasAgg
FigureManager = FigureManagerBase
