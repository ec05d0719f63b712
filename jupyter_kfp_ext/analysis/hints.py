"""Brings what runs saw cells do (`analysis.observed`) into the walk over the notebook."""

from collections.abc import Collection, Iterable

from ..notation.model import MarkedCell, PipelineModel
from . import world
from .heap import Value
from .interpret import Interpreter
from .machine import Effects
from .observed import Observed, Seen, by_cell


class Hints:
    """The known effects of a notebook's cells."""

    def __init__(self, model: PipelineModel, observed: Iterable[Observed] = ()) -> None:
        self._of_cell = {id_: seen for id_, (_, seen) in by_cell(model, observed).items()}
        self.stateful = frozenset(
            name
            for seen in self._of_cell.values()
            for each in seen
            for name in each.names
            if each.kind is Seen.KEEPS
        )
        """Packages that were seen to keep something between calls."""
        self._hidden_files = any(
            each.kind is Seen.CHANGES and world.FILES in each.names
            for seen in self._of_cell.values()
            for each in seen
        )

    def effects_of(
        self, cell: MarkedCell, interpreter: Interpreter, present: Collection[str], strange: bool
    ) -> Effects | None:
        """Do on the heap what the cell was seen to do; return it, or None where that is nothing.

        `present` are the names and parts of the world that have a value after the cell; `strange`:
        it calls packages that are not known well.
        """
        # Nothing tells that code looked for a file and found none: once a package was seen to
        # write files, such packages are taken to read them.
        looks = strange and self._hidden_files
        if cell.cell.id not in self._of_cell and not looks:
            return None
        effects = interpreter.effects = Effects()
        effects.world_reads |= {world.FILES} if looks else set()
        for each in self._of_cell.get(cell.cell.id, ()):
            parts = [name for name in each.names if name.startswith("@")]
            names = [name for name in each.names if name in present and name not in parts]
            if each.kind is Seen.SHARES:
                _share(interpreter, names)
            if each.kind in (Seen.SHARES, Seen.CHANGES):
                for name in names:
                    interpreter.change(interpreter.heap.get(name), name=name)
                effects.world_writes.update(parts)
                # One that nobody had seeded was seeded here.
                effects.world_sets |= set(parts) & set(world.GENERATORS)
                effects.world_reads |= set(parts) - {world.FILES}
            elif each.kind is Seen.KEEPS:
                effects.world_reads.add(world.PACKAGES)
                effects.world_writes.add(world.PACKAGES)
            elif each.kind is Seen.READS:
                effects.world_reads.update(parts)
            for name in (*names, *sorted(effects.changed)):
                if name in present:
                    effects.exposed[name] = (1, True)
        return effects


def _share(interpreter: Interpreter, names: list[str]) -> None:
    """Make names share what each of them holds."""
    if not names:
        return
    heap = interpreter.heap
    site = heap.site(("observed", *names))
    together = Value(same=frozenset({site}))
    for name in names:
        together |= heap.get(name)
    for name in names:
        heap.put(name, Value(together.same, together.weak, heap.get(name).knows))
