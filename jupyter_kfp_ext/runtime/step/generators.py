"""Notices draws from random generators that the plan takes for unused in a step."""

from __future__ import annotations

import sys

from .watch import LoadWatch

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


MODULES = {"@random": "random", "@numpy.random": "numpy.random", "@torch.random": "torch"}


class Generators:
    """Remembers the states of global generators (`@random`, `@numpy.random`, `@torch.random`)."""

    def __init__(self, names: list[str]) -> None:
        self._before: dict[str, Any] = {}
        self._names = {MODULES[name]: name for name in names if name in MODULES}
        # A library that is only imported by a cell is asked when it has been.
        LoadWatch(frozenset(self._names), self._note)

    def _note(self, module: str) -> None:
        self._before[self._names[module]] = _state(module)

    def changed(self) -> list[str]:
        """Return the generators that were drawn from or seeded."""
        return [name for name, state in self._before.items() if _state(MODULES[name]) != state]


def _state(module: str) -> Any:
    if module == "random":
        return sys.modules["random"].getstate()
    if module == "torch":
        return sys.modules["torch"].get_rng_state().numpy().tobytes()
    kind, words, *rest = sys.modules[module].get_state(legacy=True)
    return kind, words.tobytes(), rest
