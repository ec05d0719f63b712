"""Which notebook a kernel belongs to: kernels do not know, their surroundings do."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import Code, KfpExtError, Problem

SESSION_NAME = "JPY_SESSION_NAME"
"""Set by Jupyter Server for the kernel of a session: the notebook's path on disk."""
VSCODE_NAME = "__vsc_ipynb_file__"
"""Set by Visual Studio Code in the kernel's namespace."""


def notebook_path(namespace: Mapping[str, Any], given: str | None = None) -> Path:
    """Return the path of the kernel's notebook, or of the one that is given.

    Raises `KfpExtError` (`notebook-missing`) where nothing names a notebook that exists.
    """
    if given:
        return Path(given).expanduser().absolute()
    for place in (namespace.get(VSCODE_NAME), os.environ.get(SESSION_NAME)):
        if isinstance(place, str) and place.endswith(".ipynb"):
            # A live-collaboration session prefixes its drive ("RTC:").
            path = Path(place).parent / Path(place).name.removeprefix("RTC:")
            if path.is_file():
                return path.absolute()
    raise KfpExtError(
        Problem(
            Code.NOTEBOOK_MISSING,
            "This kernel does not say which notebook it belongs to "
            "(it may have been renamed since the kernel started).",
            "Say it with --notebook PATH, or restart the kernel.",
        )
    )
