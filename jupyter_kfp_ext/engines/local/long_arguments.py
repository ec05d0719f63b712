"""Arguments that no process can be given: for components of the kfp SDK they travel as files.

Linux refuses an argument of 128 KiB and more (MAX_ARG_STRLEN in execve(2)), and the SDK's
lightweight components take all their inputs in one. What Python imports before it runs a module,
`sitecustomize`, puts them into `sys.argv` again.
"""

import os
from collections.abc import Sequence
from pathlib import Path

LIMIT = 131_071
"""Bytes of one argument."""
_EXECUTOR = "kfp.dsl.executor_main"
_MARK = "@kfp-argument:"

_RESTORE = f"""\
import os, sys

for number, word in enumerate(sys.argv):
    if word.startswith({_MARK!r}):
        with open(word[{len(_MARK)}:], encoding="utf-8") as file:
            sys.argv[number] = file.read()
# The one that stands behind this one runs as it would have.
sys.path[:] = [each for each in sys.path if each != os.path.dirname(__file__)]
del sys.modules["sitecustomize"]
try:
    import sitecustomize
except ImportError:
    pass
"""


def shortened(words: Sequence[str], folder: Path) -> tuple[list[str], dict[str, str]]:
    """Return a command whose arguments are short enough, and the environment it needs for that.

    What is too long is written below the folder. Raises `OSError` where the command is not that of
    a component of the kfp SDK: nobody would read it there.
    """
    if all(len(word.encode()) <= LIMIT for word in words):
        return list(words), {}
    if not any(_EXECUTOR in word for word in words):
        raise OSError(f"an argument is longer than {LIMIT} bytes")
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(_RESTORE, encoding="utf-8")
    short = []
    for number, word in enumerate(words):
        if len(word.encode()) > LIMIT:
            (folder / str(number)).write_text(word, encoding="utf-8")
            word = f"{_MARK}{folder / str(number)}"
        short.append(word)
    known = os.environ.get("PYTHONPATH", "")
    return short, {"PYTHONPATH": os.pathsep.join(each for each in (str(folder), known) if each)}
