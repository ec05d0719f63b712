"""What a walk knows so far, and the names that the text of a cell does not show.

`exec(text)`, `%run` and their like may read and bind any name: what they may have set is taken from
them.
"""

from collections.abc import Callable, Mapping

from .heap import HELPER, STRANGE, Module
from .hints import Hints
from .interpret import BUILTINS, Interpreter
from .kernel_names import is_of_the_kernel
from .machine import Effects
from .package_parts import PackageParts
from .segments import Placed, Segment, Version, Walk
from .trusted import is_trusted


class Unseen:
    """The state of a walk, and how it takes in what is not written down."""

    def __init__(
        self,
        found: Walk,
        parameters: Mapping[str, str],
        is_local: Callable[[str], bool],
        hints: Hints,
    ) -> None:
        self.found = found
        self.hints = hints
        self.parameters = parameters
        self.interpreter = Interpreter(is_local)
        self.interpreter.stateful = hints.stateful
        found.kept_as = self.interpreter.kept_as
        found.kept, found.late = self.interpreter.kept, self.interpreter.late
        found.own = self.interpreter.definitions
        found.modules = self.interpreter.heap.modules
        self.current: dict[str, Version] = {}
        self.touched: dict[str, int] = {}
        self.definitions: set[str] = set()
        """Names that are functions or classes now."""
        self.parts = PackageParts()
        self.openers: dict[int, int] = {}
        """Segments that may bind names in a way that cannot be seen -> the last such statement."""
        self.opening: set[str] = set()
        """Functions that may do so when they are called."""
        self.numbered: set[str] = set()
        """What the notebook reads of the values that cells showed: `_3`."""
        self.may_not_run = False
        """Only a run knows whether the cells of this segment run at all."""
        self._strange: set[str] = set()
        self.number = 0
        self.segment = Segment("")

    def enter(self, number: int) -> None:
        """Begin a segment: note what is there."""
        self.number = number
        self.segment = self.found.segments[number]
        self.segment.entry = dict(self.current)
        self.segment.values = dict(self.interpreter.heap.values)
        self.segment.instances = set(self.interpreter.heap.instances)
        self.segment.touched = dict(self.touched)

    def _hidden(self, placed: Placed, effects: Effects, index: int) -> None:
        """Take in that a statement may read and bind any name (`exec(text)`, `globals()`)."""
        if placed.statement.hides and placed.statement.definition:
            self.opening |= effects.bound
        elif placed.statement.hides or self.opening & effects.exposed.keys():
            self.openers[self.number] = index
            for name, version in list(self.current.items()):
                maker = self.found.placed[version.maker] if version.maker is not None else None
                if name[0] == "@" or name in self.definitions or self._is_module(name):
                    continue
                if maker is None or not maker.resource:
                    placed.needs[name] = version
                    self._expose(name)
                    effects.changed.add(name)

    def _take_unseen(self, placed: Placed, name: str) -> Placed:
        """Take a name that nobody binds from the statements that may have bound it unseen.

        Each of them may have, so each hands on what it got. Return the last of them.
        """
        segments = self.found.segments
        self.found.hidden.add(name)
        version = Version("value", self.number)
        first = next(iter(self.openers))
        for number, index in self.openers.items():
            if number != first:
                segments[number].exposed.setdefault(name)
            version = Version("value", number, maker=index)
            segments[number].bound.add(name)
            for later in segments[number + 1 : self.number + 1]:
                later.entry[name] = version
                later.touched[name] = number
            self.current[name], self.touched[name] = version, number
        placed.needs[name] = version
        self._expose(name)
        return self.found.placed[next(reversed(self.openers.values()))]

    def _strangers(self, name: str) -> set[str]:
        """Return the packages that the tables do not know of which a name may run code.

        An object from one stands for any of them: `*`.
        """
        found = set()
        for each in self.interpreter.heap.get(name).knows:
            if isinstance(each, Module) and not is_trusted(each.dotted):
                found.add(each.dotted.partition(".")[0])
            elif each in (STRANGE, HELPER):
                found.add("*")
        return found

    def _is_module(self, name: str) -> bool:
        """Tell a module, or something in it; a value may know what it was made with, too."""
        version = self.current.get(name)
        value = self.interpreter.heap.get(name)
        replayed = version is None or version.kind == "replay"
        holds = self.interpreter.heap.holds_objects(value)
        return replayed and not holds and any(isinstance(known, Module) for known in value.knows)

    def _is_there(self, name: str) -> bool:
        """Tell a name that no cell has to bind."""
        added = self.interpreter.added_builtins
        return name in BUILTINS or name in added or is_of_the_kernel(name)

    def _expose(self, name: str) -> None:
        if name not in self.segment.definite and name in self.segment.entry:
            self.segment.exposed.setdefault(name)
