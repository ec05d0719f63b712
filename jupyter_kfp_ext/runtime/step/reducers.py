"""Takes apart objects that pickle refuses or gives back as something else.

Each function returns what `__reduce__` may return; what it names to make the object again lies in
`rebuilding`, which is all that a reading step needs. An object that cannot cross raises `TypeError`
with the reason.
"""

from __future__ import annotations

import sys
import types
import weakref

from . import rebuilding
from .attributes import finds_attributes, reduce_with_attributes, shares_attributes
from .caches import is_cache, read_cache
from .classes import reduce_class, reduce_type_variable, token
from .functions import reduce_code, reduce_function

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_OF_MODULES = {
    "sys": ("stdout", "stderr", "stdin", "__stdout__", "__stderr__", "__stdin__"),
    "os": ("environ", "environb"),
    "matplotlib": ("rcParams", "rcParamsDefault", "rcParamsOrig"),
    "pandas": ("options",),
}
"""Objects that a module holds for the whole process, whatever the notebook calls them."""


def _is_optimizer(kind: type) -> bool:
    return any(each.__module__ == "torch.optim.optimizer" for each in kind.__mro__)


def reduce_value(pickler: Any, value: Any) -> Any:
    """Return how a value is made again; `NotImplemented` where pickle itself knows it.

    `pickler` has `names` (the global names that are pickled), `crossing`, and what it has met:
    `spaces` (globals of functions) and `memory` (of tensors).
    """
    kind = type(value)
    known = _KINDS.get(kind)
    if known is not None:
        return known(pickler, value)
    if isinstance(value, type) or is_cache(value):
        return _reduce_definition(pickler, value)
    if isinstance(value, BaseException):
        return _reduce_exception(pickler, value)
    if isinstance(value, types.ModuleType):
        return _reduce_module(value)
    module = str(kind.__module__)
    for name, attributes in _OF_MODULES.items():
        for attribute in attributes:
            if value is vars(sys.modules[name]).get(attribute) if name in sys.modules else False:
                return getattr, (sys.modules[name], attribute)
    by_name = _KINDS_BY_NAME.get(f"{module}.{kind.__qualname__}")
    if by_name is not None:
        return by_name(pickler, value)
    package = module.partition(".")[0]
    if package == "argparse" and kind.__qualname__ != "Namespace":
        return _reduce_argparse(value)
    if package == "pandas" and module == "pandas.core.internals.blocks":
        from .frames import reduce_block

        return reduce_block(pickler, value)
    if package == "torch" or ("torch" in sys.modules and _is_optimizer(kind)):
        from .tensors import reduce_torch

        return reduce_torch(pickler, value)
    if package in ("_io", "sqlite3", "sqlalchemy", "ipywidgets"):
        from .resources import reduce_resource

        return reduce_resource(value)
    if shares_attributes(pickler, value) or finds_attributes(kind):
        return reduce_with_attributes(pickler, value)
    return NotImplemented


def _reduce_definition(pickler: Any, value: Any) -> Any:
    place = pickler.crossing.places.get(id(value))
    if place is not None:
        return place
    if pickler.crossing.has_a_name(value):
        return NotImplemented
    if isinstance(value, type):
        return reduce_class(value)
    return _reduce_cached(value) if is_cache(value) else reduce_function(value, pickler)


def _reduce_cell(pickler: Any, value: Any) -> Any:
    return types.CellType, ()  # its function fills it


def _reduce_module(value: types.ModuleType) -> Any:
    import importlib

    if sys.modules.get(value.__name__) is value:
        return importlib.import_module, (value.__name__,)
    raise TypeError(f"the module {value.__name__} was made by the notebook and cannot be imported")


def _reduce_context(pickler: Any, value: Any) -> Any:
    getcontext = sys.modules["decimal"].getcontext
    # The one in force is that of the reading step, by whatever name it is known.
    return (getcontext, ()) if value is getcontext() else NotImplemented


def _reduce_property(pickler: Any, value: property) -> Any:
    return property, (value.fget, value.fset, value.fdel, value.__doc__)


def _reduce_wrapper(pickler: Any, value: Any) -> Any:
    return type(value), (value.__func__,)


def _reduce_method(pickler: Any, value: types.MethodType) -> Any:
    owner, function = value.__self__, value.__func__
    if isinstance(owner, type):
        return NotImplemented
    name = getattr(function, "__name__", "")
    for each in (owner, *type(owner).__mro__):
        found = getattr(each, "__dict__", {}).get(name)
        if found is not None:
            if each is not owner and found is function:
                return NotImplemented
            break
    # Pickle would ask the owner for what it has by that name, which is another one.
    return types.MethodType, (function, owner)


def _reduce_proxy(pickler: Any, value: Any) -> Any:
    import gc

    # What it looks at, not a copy: a proxy shows what changes there.
    seen = gc.get_referents(value)[0]
    for each in gc.get_referrers(seen):
        if isinstance(each, type) and gc.get_referents(vars(each))[0] is seen:
            return vars, (each,)
    return types.MappingProxyType, (seen,)


def _reduce_view(pickler: Any, value: Any) -> Any:
    import gc

    # `.mapping` is a read-only stand-in; the dictionary itself may be known by another name.
    return rebuilding.make_view, (type(value).__name__, gc.get_referents(value)[0])


def _reduce_memory(pickler: Any, value: memoryview) -> Any:
    if not value.c_contiguous:
        raise TypeError("a memoryview with gaps between its items cannot be made again")
    from .addresses import address_range

    whole = memoryview(value.obj)
    start, end = address_range(value.cast("B")) if value.nbytes else (0, 0)
    offset = start - address_range(whole.cast("B"))[0] if value.nbytes else 0
    shape = list(value.shape or ())
    return rebuilding.make_memory, (
        value.obj,
        offset,
        end - start,
        value.format,
        shape,
        value.readonly,
    )


def _reduce_match(pickler: Any, value: Any) -> Any:
    for how in ("match", "fullmatch", "finditer"):
        arguments = (value.re, value.string, value.pos, value.endpos, how, value.regs)
        found = rebuilding.make_match(*arguments)
        if found is not None:
            return rebuilding.make_match, arguments
    raise TypeError("this re.Match cannot be found again")


def _reduce_reference(pickler: Any, value: Any) -> Any:
    return rebuilding.make_reference, (value(), _is_held(pickler, value()), value.__callback__)


def _reduce_weak_method(pickler: Any, value: Any) -> Any:
    method = value()
    held = method is not None and _is_held(pickler, method.__self__)
    return rebuilding.make_weak_method, (method, held)


def _reduce_weak_proxy(pickler: Any, value: Any) -> Any:
    target = value.__reduce_ex__.__self__
    return rebuilding.make_weak_proxy, (target, _is_held(pickler, target))


def _reduce_weak_container(pickler: Any, value: Any) -> Any:
    pairs = isinstance(value, (weakref.WeakKeyDictionary, weakref.WeakValueDictionary))
    content = list(value.items()) if pairs else list(value)
    flat = [each for item in content for each in item] if pairs else content
    held = [each for each in flat if _is_held(pickler, each)]
    return rebuilding.make_weak_container, (type(value), content, held)


def _is_held(pickler: Any, value: Any) -> bool:
    """Whether a global name that is not pickled here keeps the target of a weak reference alive."""
    space = vars(sys.modules["__main__"])
    return any(each is value and name not in pickler.names for name, each in space.items())


def _reduce_finalizer(pickler: Any, value: Any) -> Any:
    raise TypeError("what is to be done at the end of this process (weakref.finalize) stays in it")


def _reduce_context_variable(pickler: Any, value: Any) -> Any:
    import contextvars

    missing = rebuilding.MISSING
    try:
        default = contextvars.Context().run(value.get)
    except LookupError:
        default = missing
    now = contextvars.copy_context().get(value, missing)
    parts = tuple((each,) if each is not missing else () for each in (default, now))
    return rebuilding.make_context_variable, (token(value), value.name, *parts)


def _reduce_cached(value: Any) -> Any:
    how = value.cache_parameters()
    arguments = (value.__wrapped__, how["maxsize"], how["typed"])
    state = (vars(value), read_cache(value))
    return rebuilding.make_cached, arguments, state, None, None, rebuilding.fill_cached


def _reduce_type_variable(pickler: Any, value: Any) -> Any:
    module = sys.modules.get(value.__module__)
    if getattr(module, value.__name__, None) is value:
        return NotImplemented
    return reduce_type_variable(value)


def _reduce_series(pickler: Any, value: Any) -> Any:
    from .frames import reduce_manager

    return reduce_manager(pickler, value)


def _reduce_generator(pickler: Any, value: Any) -> Any:
    """Return the name of a module's own generator, of which its functions are methods."""
    for module, name in (("random", "_inst"), ("numpy.random.mtrand", "_rand")):
        if value is getattr(sys.modules.get(module), name, None):
            return getattr, (sys.modules[module], name)
    return NotImplemented


def _reduce_sentinel(pickler: Any, value: Any) -> Any:
    """Return the name of what the module `dataclasses` compares by identity."""
    space = vars(sys.modules["dataclasses"])
    return getattr, (
        sys.modules["dataclasses"],
        next(name for name, each in space.items() if each is value),
    )


def _reduce_lock(pickler: Any, value: Any) -> Any:
    from . import locks

    return getattr(locks, _LOCKS[f"{type(value).__module__}.{type(value).__qualname__}"])(
        pickler, value
    )


def _reduce_argparse(value: Any) -> Any:
    """Keep `argparse.SUPPRESS` that very text: the parser compares it by identity."""
    if not hasattr(value, "__dict__"):
        return NotImplemented
    suppress = sys.modules["argparse"].SUPPRESS
    marked = [key for key, each in vars(value).items() if each is suppress]
    return (
        rebuilding.make_bare,
        (type(value),),
        (vars(value), marked),
        None,
        None,
        (rebuilding.fill_argparse),
    )


def _reduce_exception(pickler: Any, value: BaseException) -> Any:
    """Keep what pickle drops: cause, context; and make the error without its own `__init__`."""
    kind = type(value)
    base: Any = next(each for each in kind.__mro__ if each.__module__ == "builtins")
    chain = (value.__cause__, value.__context__, value.__suppress_context__)
    own = kind.__reduce__ is not base.__reduce__ or kind.__reduce_ex__ is not object.__reduce_ex__
    reduced: Any = value.__reduce_ex__(4) if own else base.__reduce__(value)
    if isinstance(reduced, str):
        return reduced
    make, arguments, state = (*reduced, None)[:3]
    if not own:
        make, arguments = rebuilding.make_exception, (kind, base, *arguments)
    if hasattr(value, "name") and isinstance(value, (NameError, AttributeError)):
        state = {**(state or {}), "name": value.name}
    held = vars(value) if shares_attributes(pickler, value) else None
    return make, arguments, (state, held, *chain), None, None, rebuilding.fill_exception


_LOCKS = {
    "_thread.lock": "reduce_lock",
    "_thread.RLock": "reduce_lock",
    "_thread._local": "reduce_local",
    "_queue.SimpleQueue": "reduce_simple_queue",
    "asyncio.locks.BoundedSemaphore": "reduce_asynchronous",
    "asyncio.locks.Condition": "reduce_asynchronous",
    "asyncio.locks.Event": "reduce_asynchronous",
    "asyncio.locks.Lock": "reduce_asynchronous",
    "asyncio.locks.Semaphore": "reduce_asynchronous",
    "asyncio.queues.LifoQueue": "reduce_asynchronous",
    "asyncio.queues.PriorityQueue": "reduce_asynchronous",
    "asyncio.queues.Queue": "reduce_asynchronous",
}
"""Functions of `locks` by the kind of what they take apart."""
_KINDS: dict[Any, Any] = {
    types.FunctionType: _reduce_definition,
    types.CellType: _reduce_cell,
    types.CodeType: lambda pickler, value: reduce_code(value),
    types.MappingProxyType: _reduce_proxy,
    property: _reduce_property,
    staticmethod: _reduce_wrapper,
    classmethod: _reduce_wrapper,
    memoryview: _reduce_memory,
    types.MethodType: _reduce_method,
    type({}.keys()): _reduce_view,
    type({}.values()): _reduce_view,
    type({}.items()): _reduce_view,
    weakref.ReferenceType: _reduce_reference,
    weakref.ProxyType: _reduce_weak_proxy,
    weakref.CallableProxyType: _reduce_weak_proxy,
    weakref.WeakKeyDictionary: _reduce_weak_container,
    weakref.WeakValueDictionary: _reduce_weak_container,
    weakref.WeakSet: _reduce_weak_container,
    weakref.WeakMethod: _reduce_weak_method,
    weakref.finalize: _reduce_finalizer,
}
"""Kinds that are there in every process."""
_KINDS_BY_NAME: dict[str, Any] = {
    "decimal.Context": _reduce_context,
    "re.Match": _reduce_match,
    "_contextvars.ContextVar": _reduce_context_variable,
    "pandas.core.internals.managers.SingleBlockManager": _reduce_series,
    "random.Random": _reduce_generator,
    "numpy.random.mtrand.RandomState": _reduce_generator,
    "typing.TypeVar": _reduce_type_variable,
    "dataclasses._FIELD_BASE": _reduce_sentinel,
    "dataclasses._MISSING_TYPE": _reduce_sentinel,
    "dataclasses._HAS_DEFAULT_FACTORY_CLASS": _reduce_sentinel,
    "dataclasses._KW_ONLY_TYPE": _reduce_sentinel,
    **dict.fromkeys(_LOCKS, _reduce_lock),
}
"""Kinds of modules that need not be there."""
