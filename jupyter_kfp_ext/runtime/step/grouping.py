"""Pickles the names that a step leaves, and finds which of them share mutable objects.

Names that share form a group and are pickled as one graph, so that what is one object in the
notebook is one object in the next step. Sharing is read off the picklers' own memos: they hold
every object that a name's graph reaches, with no second walk of our own. Arrays that share memory
without sharing an object (numpy views) are found by the address ranges of their buffers.
"""

from __future__ import annotations

import builtins
import sys
import types

from .addresses import address_range
from .arrays import reduce_array
from .attributes import check_namespaces
from .caches import is_cache
from .fast_modules import c_pickle
from .functions import BUILT_IN, Globals, has_a_name
from .memory import reduce_seen
from .reducers import reduce_value

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

pickle: Any = c_pickle()

_DEEP_STACK = 512 << 20
"""Bytes of stack (only touched pages are really taken) for objects nested very deep."""
_DEEP_LIMIT = 1_000_000
_IMMUTABLE = (
    str,
    bytes,
    int,
    float,
    complex,
    tuple,
    frozenset,
    range,
    slice,
    type(None),
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.ModuleType,
    types.CodeType,
)
_IMMUTABLE_NAMES = frozenset(
    {
        "dtype",
        "ExtensionDtype",
        "Enum",
        "date",
        "time",
        "timedelta",
        "tzinfo",
        "Decimal",
        "Fraction",
    }
    | {"PurePath", "UUID", "Pattern", "ufunc", "Logger", "ModuleGlobals"}
)
"""Names of classes whose objects nobody changes, and which many values therefore share."""
_ALONE = frozenset(
    {
        "tuple",
        "frozenset",
        "date",
        "time",
        "tzinfo",
        "timedelta",
        "Decimal",
        "Fraction",
        "PurePath",
        "UUID",
    }
)
"""Those of them of which two names may be one object, which `is` tells."""


class Graph:
    """The pickled form of values: parts of the stream, out-of-band buffers, what they reach."""

    def __init__(self, parts: list[Any], buffers: list[Any], reached: dict[int, Any]) -> None:
        self.parts = parts
        self.buffers = buffers
        self.reached = reached
        self.ranges: list[tuple[int, int]] = []
        """Addresses of the memory of its arrays: first byte, and one after the last."""

    @property
    def shares_memory(self) -> bool:
        """Whether arrays inside this one value share memory."""
        ordered = sorted(each for each in self.ranges if each[1] > each[0])
        return any(after[0] < before[1] for before, after in zip(ordered, ordered[1:]))


class Crossing:
    """How functions and classes of the notebook cross: most are defined again, so a name does.

    `places`: by the identity of a definition or a part of one, the call that finds it again.
    `by_value`: names of definitions that no other step makes.
    `memory`: what the notebook looks at of where values lie (`memory.py`).
    `sources`: the code of the step.
    `reached`: what other names were found to reach, by identity; it is held here meanwhile.
    """

    def __init__(self, namespace: dict[str, Any], slice_: dict[str, Any]) -> None:
        self.by_value = frozenset(slice_.get("by_value") or ())
        self.memory = frozenset(slice_.get("memory") or ())
        self.places: dict[int, Any] = {}
        self.reached: list[dict[int, Any]] = []
        code = [*(slice_.get("prelude") or ()), *(slice_.get("cells") or ())]
        self.sources = [each["source"] for each in code]
        for name in slice_.get("made") or ():
            value = namespace.get(name)
            if isinstance(value, (type, types.FunctionType)) or is_cache(value):
                self.places[id(value)] = (getattr, (sys.modules["__main__"], name))

    def has_a_name(self, value: Any) -> bool:
        """Tell a function or class that a reading step finds under its name."""
        if not has_a_name(value):
            return False
        own = value.__module__ == "__main__"
        return not own or value.__qualname__.partition(".")[0] not in self.by_value


def dump(values: dict[str, Any], views: bool = False, crossing: Crossing | None = None) -> Graph:
    """Pickle values by name with protocol 5; with `views`, strided arrays keep sharing memory.

    Raises what pickling raises where a value cannot be pickled.
    """
    crossing = crossing or Crossing({}, {})
    kind = _python_pickler() if "rooms" in crossing.memory else _Pickler
    try:
        return _dump_with(kind, values, views, crossing)
    except RecursionError:
        return _dump_deep(values, views, crossing)
    except Exception as first:
        # A namespace of `exec` holds all built-in names. Meeting the second of these objects, the
        # pickler takes what the first stands for.
        values = {"": (BUILT_IN, Globals()), **values}
        try:
            return _dump_with(kind, values, views, crossing)
        except Exception:
            return _dump_partial(kind, values, views, crossing, first)


def _dump_partial(
    kind: Any, values: dict[str, Any], views: bool, crossing: Crossing, first: Exception
) -> Graph:
    """Pickle of namespaces only what their functions name: that of a factory may hold much more."""
    try:
        return _dump_with(kind, values, views, crossing, whole=False)
    except Exception:
        raise first from None


def _dump_deep(values: dict[str, Any], views: bool, crossing: Crossing) -> Graph:
    """Pickle what is nested deeper than the C pickler follows, on a stack of its own."""
    import threading

    done: list[Any] = []
    limit, size = sys.getrecursionlimit(), threading.stack_size()

    def attempt() -> None:
        try:
            done.append(_dump_with(_python_pickler(), values, views, crossing))
        except BaseException as error:
            done.append(error)

    threading.stack_size(_DEEP_STACK)
    sys.setrecursionlimit(_DEEP_LIMIT)
    try:
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(size)
    if isinstance(done[0], BaseException):
        raise done[0]
    graph: Graph = done[0]
    return graph


def _dump_with(
    kind: Any, values: dict[str, Any], views: bool, crossing: Crossing, whole: bool = True
) -> Graph:
    parts = _Parts()
    buffers: list[Any] = []
    pickler = kind(parts, protocol=5, buffer_callback=buffers.append)
    pickler.keep_views = views
    pickler.names = values.keys()
    pickler.crossing = crossing
    pickler.spaces = {}
    pickler.whole_spaces = whole
    pickler.pending = []
    pickler.strided = []
    pickler.memory = {}
    pickler.namespaces = []
    pickler.locks = []
    try:
        pickler.dump(values)
    except BaseException:
        pickler.clear_memo()  # the error holds the pickler, and this all that it met
        raise
    memo = pickler.memo.copy()
    if not whole and not pickler.spaces.keys().isdisjoint(memo):
        raise TypeError("a namespace of functions that cannot cross as a whole")
    reached = {key: each for key, (_, each) in memo.items()}
    if pickler.namespaces:
        check_namespaces(pickler, reached)
    if pickler.locks:
        from .locks import check_locks

        check_locks(pickler.locks, reached)
    graph = Graph(parts, [each.raw() for each in buffers], reached)
    graph.ranges = [address_range(each) for each in graph.buffers if each.nbytes]
    if "arrays" in crossing.memory and graph.shares_memory:
        raise TypeError("an array that shares its memory with what is no array of numpy")
    graph.ranges += pickler.strided
    return graph


class _Parts(list):  # type: ignore[type-arg]
    """A file for a pickler that keeps what is written; large bytes are not copied."""

    write = list.append


class _Pickler(pickle.Pickler):  # type: ignore[misc]
    keep_views: bool
    names: Any
    crossing: Crossing
    spaces: dict[int, Any]
    whole_spaces: bool
    pending: list[Any]
    strided: list[tuple[int, int]]
    memory: dict[Any, Any]
    namespaces: list[Any]
    locks: list[Any]

    def reducer_override(self, value: Any) -> Any:
        return _reduce(self, value)


def _python_pickler() -> Any:
    import pickle

    class PythonPickler(pickle._Pickler):
        def reducer_override(self, value: Any) -> Any:
            return _reduce(self, value)

    return PythonPickler


def _reduce(pickler: Any, value: Any) -> Any:
    if pickler.pending:
        _take_for_one(pickler)
    if value is BUILT_IN:
        pickler.pending.append((value, vars(builtins)))
    try:
        if pickler.crossing.memory:
            reduced = reduce_seen(pickler.crossing.memory, value)
            if reduced is not NotImplemented:
                return reduced
        reduced = reduce_array(pickler, value)
        return reduce_value(pickler, value) if reduced is NotImplemented else reduced
    except TypeError as error:
        kind = type(value)
        raise TypeError(f"{kind.__module__}.{kind.__qualname__}, {error}") from None


def _take_for_one(pickler: Any) -> None:
    """Let the pickler take objects for the stand-ins that were written in their place.

    A memo is as long as the reader's, which counts: so one entry takes the place of the other.
    """
    memo = pickler.memo.copy()
    waiting = []
    for stand_in, target in pickler.pending:
        if id(stand_in) in memo:
            memo[id(target)] = (memo.pop(id(stand_in))[0], target)
            pickler.spaces[id(target)] = target
        else:
            waiting.append((stand_in, target))
    pickler.pending = waiting
    pickler.memo = memo


def find_groups(graphs: dict[str, Graph], values: dict[str, Any]) -> list[list[str]]:
    """Return the names in groups that share mutable objects or memory, each sorted.

    What a name refers to counts too where it cannot be changed: `v = u` is one object, not two.
    """
    named = {id(values[name]) for name in graphs if _is_named_alone(values[name])}
    leader = {name: name for name in graphs}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    owner: dict[int, str] = {}
    ranges: list[tuple[int, int, str]] = []
    for name in sorted(graphs):
        for key, each in graphs[name].reached.items():
            if key not in named and not _is_shareable(each):
                continue
            if key in owner:
                leader[find(name)] = find(owner[key])
            else:
                owner[key] = name
        ranges += [(low, high, name) for low, high in graphs[name].ranges if high > low]
    end, last = -1, ""
    for low, high, name in sorted(ranges):
        if low < end:
            leader[find(name)] = find(last)
        if high > end:
            end, last = high, name
    groups: dict[str, list[str]] = {}
    for name in sorted(graphs):
        groups.setdefault(find(name), []).append(name)
    return list(groups.values())


def _is_shareable(value: Any) -> bool:
    kind = type(value)
    if kind in _IMMUTABLE or isinstance(value, types.ModuleType):
        return False
    if kind is types.FunctionType or isinstance(value, type):
        return not has_a_name(value)
    return not any(base.__name__ in _IMMUTABLE_NAMES for base in kind.__mro__)


def _is_named_alone(value: Any) -> bool:
    return any(base.__name__ in _ALONE for base in type(value).__mro__)
