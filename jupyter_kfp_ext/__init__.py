"""Turn a notebook into a Kubeflow pipeline, from JupyterLab.

This module is imported at the start of every Jupyter server: it imports nothing of ours but the
version, and every hook below loads what it needs when it is called.
"""

from typing import Any

try:
    from ._version import __version__
except ImportError:  # a source tree that was never built
    __version__ = "0.0.0"

__all__ = ["__version__"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter-kfp-ext"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .server.extension import KfpExtension

    return [{"module": "jupyter_kfp_ext", "app": KfpExtension}]


def load_ipython_extension(shell: Any) -> None:
    """Register the magics (called by `%load_ext jupyter_kfp_ext`)."""
    from .magics.extension import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Remove the magics (called by `%unload_ext jupyter_kfp_ext`)."""
    from .magics.extension import unload

    unload(shell)
