"""What a cell's text says before it runs: whether it needs IPython, and its hash."""

from __future__ import annotations

import builtins

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_SHELL_WORDS = (
    "IPython",
    "get_ipython",
    "display(",
    "ipykernel",
    "ipywidgets",
    "matplotlib",
    "tqdm",
)
"""Words in a cell after which it most likely needs IPython: better to start it before the cell."""
_SHELL_NAMES = frozenset({"In", "Out", "_ih", "_oh", "_dh", "_i", "_ii", "_iii", "exit", "quit"})


def needs_shell(source: str, namespace: dict[str, Any]) -> bool:
    """Whether a cell that may well compile as plain Python still needs IPython."""
    if wants_shell(source):
        return True
    if _may_be_magic(source.strip(), namespace):
        return True
    return any(name in source for name in _SHELL_NAMES) and bool(_SHELL_NAMES & _names(source))


def wants_shell(source: str) -> bool:
    """Whether a cell's words alone say that it needs IPython."""
    return any(word in source for word in _SHELL_WORDS)


def _may_be_magic(line: str, namespace: dict[str, Any]) -> bool:
    """Whether a cell may be a magic without its `%`: `pwd`, or `cd /tmp` (a division in Python)."""
    word, _, rest = line.partition(" ")
    if not word.isidentifier() or "\n" in line or rest.lstrip().startswith(("=", ":")):
        return False
    import keyword

    return not (word in namespace or hasattr(builtins, word) or keyword.iskeyword(word))


def _names(source: str) -> frozenset[str]:
    import re

    return frozenset(re.findall(r"[A-Za-z_]\w*", source))


def murmur2(text: str) -> int:
    """Return the hash by which ipykernel names a cell's code (`ipykernel.compiler`, MurmurHash2).

    Names of cells stand in warnings and tracebacks, so they are the kernel's but for its process.
    """
    data = text.encode("utf-8", "surrogatepass")
    whole = len(data) & ~3
    value = 0xC70F6907 ^ len(data)
    for start in range(0, whole, 4):
        part = int.from_bytes(data[start : start + 4], "little") * 0x5BD1E995 & 0xFFFFFFFF
        part = (part ^ part >> 24) * 0x5BD1E995 & 0xFFFFFFFF
        value = value * 0x5BD1E995 & 0xFFFFFFFF ^ part
    if len(data) > whole:
        value = (value ^ int.from_bytes(data[whole:], "little")) * 0x5BD1E995 & 0xFFFFFFFF
    value = (value ^ value >> 13) * 0x5BD1E995 & 0xFFFFFFFF
    return value ^ value >> 15
