"""Writing a notebook back into its file, where nobody else has changed it meanwhile."""

from pathlib import Path

from ..errors import Code, KfpExtError, Problem
from ..notation.editing import notebook_text
from ..notation.notebook import Notebook
from ..storage import write_atomically


def write_changed(notebook: Notebook, path: Path, original: bytes, target: Path) -> None:
    """Write a notebook that was made from the bytes of a file, in the style of that file.

    `target`: the file to write, mostly the same. Raises `KfpExtError` (`storage-failed`) where the
    file is not as it was read; then nothing is written.
    """
    if path.read_bytes() != original:
        message = f"{path} was changed by someone else meanwhile; nothing was written."
        raise KfpExtError(Problem(Code.STORAGE_FAILED, message, "Do it again."))
    text = notebook_text(notebook.raw, original.decode("utf-8-sig"))
    write_atomically(target.absolute(), text, private=False)
