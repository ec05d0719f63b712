"""Packages whose functions the tables know well enough: nothing of them is watched in a step.

What is assumed of other installed packages is checked where that costs little (docs/semantics.md).
"""

import sys

_TEXT = """
IPython PIL altair bokeh catboost cloudpickle cycler dask dateutil flax ipywidgets jax jaxlib
joblib keras lightgbm llvmlite matplotlib mpl_toolkits networkx numba numpy optax pandas patsy
plotly polars psutil pyarrow pytz requests scipy seaborn skimage sklearn statsmodels sympy
tensorflow torch torchvision tqdm traitlets xarray xgboost yaml
"""
_KNOWN = frozenset(_TEXT.split())


def is_trusted(module: str) -> bool:
    """Tell whether a dotted module is of the standard library or of a well-known package."""
    top = module.partition(".")[0]
    return top in _KNOWN or top in sys.stdlib_module_names
