"""The part of the interpreter that knows what the user's own modules do."""

from collections.abc import Callable
from dataclasses import replace
from itertools import filterfalse

from . import world
from .facts import Import
from .heap import Module, Value
from .helper_effects import HelperEffect, HelperEffects
from .machine import NO_PARTS, Machine
from .scopes import is_module_name

_BY_IMPORT = frozenset({world.SYS_PATH, *world.GENERATORS})
"""What an import may change that its replay does not give back."""


class HelperCode(Machine):
    """Notes what calls and imports of helpers set, and which of them are the first."""

    def __init__(self, is_local: Callable[[str], bool] = lambda module: False) -> None:
        super().__init__(is_local)
        self.helper_effects = HelperEffects([])
        self.imported: dict[str, tuple[object, str]] = {}
        """By module of the user's own: the statement that imports it first, the name it binds."""
        self.late: set[str] = set()
        """Modules of the user's own that functions import, of those whose import does something."""
        self.kept: set[str] = set()
        """Variables of modules that each import computes anew."""
        self.kept_as: dict[str, str] = {}
        """The names by which the notebook imports such variables, and what each is."""

    def call_helper(self, found: HelperEffect) -> None:
        """Note what code of the user's own modules sets, and what it may import first."""
        self._do_as_helper(found)
        self._import_late(found)

    def patch(self, given: Value) -> None:
        """Store in functions and classes that a helper is given."""
        own = given.objects & self.definitions
        self.changed |= own
        self.effects.moved |= own
        for name in sorted(filter(is_module_name, self.heap.sharing(own))):
            # The helper itself, which may keep them, stays what it is.
            if not any(isinstance(known, Module) for known in self.heap.get(name).knows):
                self._note_change(name, own, direct=True)

    def _do_as_helper(self, found: HelperEffect) -> None:
        self.touch_world(found.effect)
        settings = found.settings
        if self.in_loop and found.gives:
            # Each iteration does so anew, and what it prints by it is its own.
            settings = frozenset(filterfalse(world.is_of_messages, settings))
        self.effects.settings |= settings
        if found.kept:
            self.kept |= found.kept
            self.touch_world(world.Effect(may_set=frozenset({world.PACKAGES})))

    def keeps(self, module: str) -> bool:
        """Tell whether there are variables of a module that each import computes anew."""
        top = module.partition(".")[0]
        return any(each.partition(".")[0] == top for each in self.kept)

    def import_later(self, dotted: str) -> None:
        """Note what an import within a function sets, where it is the first."""
        self.call_helper(self.helper_effects.of_import(dotted).perhaps())

    def import_helper(self, operation: Import, dotted: str) -> None:
        """Note what the import of a module of the user's own sets: its first, that is.

        `dotted` is what it binds, a module or a part of one.
        """
        if self._depth:
            self.import_later(dotted)
            return
        found = self.helper_effects.of_import(dotted)
        effect = replace(found.effect, writes=found.effect.writes & _BY_IMPORT)
        found = replace(found, effect=effect)
        first = (self._statement, operation.name)
        statement, name = self.imported.setdefault(operation.module, first)
        for module in found.loads:
            self.imported.setdefault(module, first)
        if statement != self._statement and (effect.sets | effect.may_set or found.loads):
            # It was imported before, and is to be so where this runs in another process.
            effect = replace(effect, sets=NO_PARTS, may_set=NO_PARTS)
            self.effects.exposed.setdefault(name, (0, False))
            found = replace(found, effect=effect, kept=frozenset())
        elif found.loads & self.late:
            found = found.perhaps()
            self.touch_world(world.Effect(may_set=frozenset({world.IMPORTED})))
        self._do_as_helper(found)

    def _import_late(self, found: HelperEffect) -> None:
        """Note modules that code imports when it runs; where it did before is for the run to say.

        One that a cell has imported is to be so where this runs in another process.
        """
        for module in sorted(found.loads):
            if module in self.imported:
                statement, name = self.imported[module]
                if statement != self._statement:
                    self.effects.exposed.setdefault(name, (0, False))
            else:
                self.late.add(module)
                self.touch_world(world.Effect(may_set=frozenset({world.IMPORTED})))
