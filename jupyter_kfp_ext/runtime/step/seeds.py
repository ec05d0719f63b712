"""Notices that code which the plan cannot see seeds a random generator that nobody had seeded.

A generator that nobody seeds gives other numbers each time, so that its state matters to nobody;
once it is seeded, later steps have to go on from it. To draw only moves a generator on: from the
state before, the one after can be reached.
"""

from __future__ import annotations

import sys

from .generators import MODULES
from .watch import LoadWatch

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_WORDS = 624
"""In the state of a Mersenne Twister, which are made anew together."""
_MOST_ROUNDS = 5_000
"""So many times 624 draws are told from a seed (0.2 s); to hand on a state too many is no harm."""


class Seeds:
    """Remembers the states of global generators (`@random`, `@numpy.random`, `@torch.random`)."""

    def __init__(self, names: list[str]) -> None:
        self._before: dict[str, Any] = {}
        self._names = {MODULES[name]: name for name in names}
        LoadWatch(frozenset(self._names), self._note)

    def _note(self, module: str) -> None:
        self._before[module] = _words(module)

    def seeded(self) -> list[str]:
        """Return the generators that were seeded since this was last asked."""
        found = []
        for module, before in self._before.items():
            now = _words(module)
            if now != before and not any(now == each for each in _rounds(module, before)):
                found.append(self._names[module])
            self._before[module] = now
        return found


def _words(module: str) -> Any:
    """Return the part of a generator's state that stays while one draws a little."""
    if module == "torch":
        return sys.modules["torch"].initial_seed()
    if module == "random":
        return sys.modules["random"].getstate()[1][:_WORDS]
    state = sys.modules[module].get_state(legacy=False)
    return state["state"]["key"].tobytes() if state["bit_generator"] == "MT19937" else None


def _rounds(module: str, words: Any) -> Iterator[Any]:
    """Yield the states that draws lead to."""
    if module == "random":
        twister = sys.modules["random"].Random()
        twister.setstate((3, (*words, _WORDS), None))
        for _ in range(_MOST_ROUNDS):
            twister.getrandbits(32 * _WORDS)
            yield twister.getstate()[1][:_WORDS]
    elif module == "numpy.random":
        numpy = sys.modules["numpy"]
        generator = numpy.random.MT19937()
        key = numpy.frombuffer(words, numpy.uint32)
        generator.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": _WORDS}}
        for _ in range(_MOST_ROUNDS):
            generator.random_raw(_WORDS, output=False)
            yield generator.state["state"]["key"].tobytes()
