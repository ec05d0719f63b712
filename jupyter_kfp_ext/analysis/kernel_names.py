"""Names that a kernel defines by itself, which no cell has to."""

import re

_KERNEL_NAMES = frozenset(
    {"_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh", "_dh", "In", "Out", "exit", "quit",
     "__name__", "__doc__", "__annotations__", "__builtins__", "__builtin__", "__spec__",
     "__loader__", "__package__"}
)  # fmt: skip
_NUMBERED_NAME = re.compile(r"_i?\d+")
"""What a kernel calls the sources (`_i3`) and values (`_3`) of its cells."""
SHOWN_NAME = re.compile(r"_\d+")
"""What a kernel calls the values that its cells show."""


def is_of_the_kernel(name: str) -> bool:
    """Tell a name that is there before the first cell, or comes with each."""
    return name in _KERNEL_NAMES or _NUMBERED_NAME.fullmatch(name) is not None
