"""Tells all that is left at the end of a notebook: values, their types, and what is shared.

It lies on the import path of kernels and steps as an installed package would, so a last cell can
call it in both. Objects get numbers in the order in which they are met, so two names for one
object, or an object held by two containers, can be told from two equal objects; so can arrays
that share memory.
"""

import enum
import io
import re
import types

DEEPEST = 12
ATOMS = (int, float, complex, str, bytes, bool, type(None), type(...), type(NotImplemented), range)
CANNOT_CROSS = (types.GeneratorType, types.CoroutineType, types.FrameType, types.TracebackType)


def names_to_show(namespace):
    """Return the user's names whose values may cross into another process, in order."""
    kernel = {"In", "Out", "exit", "quit", "get_ipython", "open", "same_answer_probe"}
    return [
        name
        for name, value in namespace.items()
        if not name.startswith("_") and name not in kernel and _may_cross(value)
    ]


def _may_cross(value):
    if isinstance(value, (types.ModuleType, io.IOBase, *CANNOT_CROSS)):
        return False
    return type(value).__module__ not in {"_thread", "threading", "_asyncio", "sqlite3", "socket"}


def show(values):
    """Print a line for each name."""
    description = Description()
    for name, value in values.items():
        print(f"{name}: {description.of(value)}")


def show_files(paths):
    """Print each file of the working folder with what is in it, but for what Python compiled."""
    for path in sorted(paths):
        if path.is_file() and not path.parts[0].startswith(".") and path.suffix != ".pyc":
            print(f"file {path}: {path.read_bytes()!r}")


class Description:
    """Describes values as text; equal texts mean equal values with equal sharing."""

    def __init__(self):
        self.met = {}
        self.arrays = []
        self.depth = 0

    def of(self, value):
        if isinstance(value, ATOMS) and type(value) in ATOMS:
            return repr(value)
        if id(value) in self.met:
            return f"#{self.met[id(value)][0]}"
        mark = ""
        if not _is_plain(value):
            # The object is kept, so that no other one gets its address.
            self.met[id(value)] = (len(self.met), value)
            mark = f"#{len(self.met) - 1}="
        if self.depth > DEEPEST:
            return mark + type(value).__name__
        self.depth += 1
        try:
            return mark + self._body(value)
        finally:
            self.depth -= 1

    def _body(self, value):
        kind = type(value)
        name = f"{kind.__module__}.{kind.__qualname__}"
        if isinstance(value, type):
            return self._class(value)
        if isinstance(value, enum.Enum):
            return repr(value)
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if isinstance(value, types.MethodType):
            return f"method {value.__func__.__qualname__} of {self.of(value.__self__)}"
        if isinstance(value, types.ModuleType):
            return f"module {value.__name__}"
        package = kind.__module__.partition(".")[0]
        if package == "numpy" and hasattr(value, "__array_interface__") and hasattr(value, "base"):
            return self._array(value, name)
        if package == "pandas" and hasattr(
            value, "dtype" if value_has(value, "name") else "dtypes"
        ):
            return self._pandas(value, name)
        if isinstance(value, BaseException):
            return f"{name}{self.of(value.args)}{self._attributes(value)}"
        return self._container(value, name) or self._object(value, name, package)

    def _container(self, value, name):
        own = self._attributes(value) if type(value).__module__ == "__main__" else ""
        if isinstance(value, dict):
            items = ", ".join(f"{self.of(k)}: {self.of(v)}" for k, v in value.items())
            factory = getattr(value, "default_factory", None)
            return f"{name}{{{items}}}{own}" + (f" by {self.of(factory)}" if factory else "")
        if isinstance(value, (list, tuple)) or name == "collections.deque":
            iterator = list.__iter__ if isinstance(value, list) else iter
            return f"{name}[{', '.join(map(self.of, iterator(value)))}]{own}"
        if isinstance(value, (set, frozenset)):
            return f"{name}{{{', '.join(sorted(map(self.of, value)))}}}{own}"
        if isinstance(value, (types.CellType,)):
            return f"cell {self.of(value.cell_contents)}"
        if name == "functools.partial":
            parts = (value.func, value.args, value.keywords)
            return f"partial {self.of(parts)}"
        if type(value).__module__ in {"builtins", "itertools"} and hasattr(value, "__next__"):
            # Nothing comes after this, so it may be used up.
            rest = [each for each, _ in zip(value, range(50), strict=False)]
            # An iterator that has ended is stored as an ended one of any kind.
            return f"{name} with {self.of(rest)} left" if rest else "an ended iterator"
        return None

    def _object(self, value, name, package):
        if package in {"__main__", "sklearn"} or name == "types.SimpleNamespace":
            return f"{name}{self._attributes(value)}"
        if package in {"matplotlib", "IPython"}:
            return name
        return f"{name} {re.sub(r' at 0x[0-9a-fA-F]+', '', repr(value))}"

    def _attributes(self, value):
        found = dict(getattr(value, "__dict__", {}))
        for kind in type(value).__mro__:
            slots = kind.__dict__.get("__slots__", ())
            for slot in (slots,) if isinstance(slots, str) else slots:
                if slot not in {"__dict__", "__weakref__"} and hasattr(value, slot):
                    found[slot] = getattr(value, slot)
        return "(" + ", ".join(f"{k}={self.of(v)}" for k, v in found.items()) + ")"

    def _function(self, value):
        closure = [each.cell_contents for each in value.__closure__ or () if _is_set(each)]
        state = {
            "defaults": value.__defaults__,
            "keyword defaults": value.__kwdefaults__,
            "holds": closure,
            "own": {k: v for k, v in vars(value).items() if k != "__wrapped__"},
        }
        told = "".join(f" {key} {self.of(each)}" for key, each in state.items() if each)
        return f"function {value.__module__}.{value.__qualname__}{told}"

    def _class(self, value):
        if value.__module__ != "__main__":
            return f"class {value.__module__}.{value.__qualname__}"
        bases = ", ".join(base.__qualname__ for base in value.__bases__)
        own = {
            key: each
            for key, each in vars(value).items()
            if not key.startswith("_") and not callable(each) and not _is_descriptor(each)
        }
        return f"class {value.__qualname__}({bases}) {self.of(own)}"

    def _array(self, value, name):
        import numpy as np

        if isinstance(value, np.generic):
            return f"{name} {value.dtype} {value!r}"
        for number, other in enumerate(self.arrays):  # noqa: B007
            if value.size and np.may_share_memory(value, other):
                break
        else:
            number = len(self.arrays)
        self.arrays.append(value)
        flags = "" if value.flags.writeable else " read-only"
        content = (
            [self.of(each) for each in value.ravel()] if value.dtype.hasobject else value.tolist()
        )
        mask = f" mask {value.mask.tolist()}" if isinstance(value, np.ma.MaskedArray) else ""
        return f"{name} {value.dtype} {value.shape} memory {number}{flags} {content}{mask}"

    def _pandas(self, value, name):
        if value_has(value, "columns"):
            columns = [f"{key!r}: {value[key].dtype}" for key in value.columns]
            content = value.to_dict("split")
            return f"{name} {columns} {content} {value.attrs}"
        return f"{name} {value.dtype} {value.name!r} {list(value)} {getattr(value, 'index', '')}"


def value_has(value, name):
    return hasattr(type(value), name)


def _is_plain(value):
    """Tell values of which nobody asks whether they are one object."""
    if type(value) in {tuple, frozenset}:
        return all(isinstance(each, ATOMS) or _is_plain(each) for each in value)
    if isinstance(value, (enum.Enum, types.ModuleType, types.BuiltinFunctionType)):
        return True
    return type(value).__module__ in {"datetime", "decimal", "fractions", "re", "pathlib"} or (
        type(value).__module__ == "numpy" and not hasattr(value, "strides")
    )


def _is_set(cell):
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _is_descriptor(value):
    return hasattr(type(value), "__get__")
