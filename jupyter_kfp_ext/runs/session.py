"""What a cell needs of the kernel that it was written in: values, and the text of definitions."""

import ast
import gc
import sys
import sysconfig
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..analysis.cell import analyse_cell
from ..analysis.kernel_names import is_of_the_kernel
from ..runtime.step.atoms import is_atom

_OF_THE_SHELL = frozenset({"get_ipython", "open"})
"""What IPython puts into every namespace besides."""
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Needed:
    """What may be needed of a kernel; what really is, the plan says."""

    imports: tuple[str, ...]
    """Statements."""
    definitions: Mapping[str, str]
    """The text of functions and classes by name, as they were run."""
    values: tuple[str, ...]
    """Names of all else."""

    @property
    def source(self) -> str:
        """Imports and definitions as one cell."""
        return "\n".join([*self.imports, *self.definitions.values()])


def needed_by(
    source: str, namespace: Mapping[str, Any], cells: Sequence[str], also: Iterable[str] = ()
) -> Needed:
    """Return what a cell may need, through functions and classes too.

    `cells`: the texts that the kernel has run, in order. `also`: names that are needed besides.
    """
    definitions = _Definitions(cells)
    imports: dict[str, str] = {}
    found: dict[str, str] = {}
    values: dict[str, None] = {}
    pending = [*also, *_names_in(source)]
    seen: set[str] = set()
    while pending:
        name = pending.pop(0)
        if name in seen or name not in namespace or _is_of_the_kernel(name):
            continue
        seen.add(name)
        value = namespace[name]
        statement = _import_of(name, value)
        text = definitions.of(name) if _is_defined_here(value) else None
        if statement:
            imports[name] = statement
        elif text is not None:
            found[name] = text
            pending += _names_in(text)
        else:
            values[name] = None
            pending += _names_of_function(value)
    values |= dict.fromkeys(_other_names(values, namespace))
    ordered = sorted(found, key=lambda name: definitions.place(name))
    return Needed(
        tuple(sorted(imports.values())), {name: found[name] for name in ordered}, tuple(values)
    )


def _other_names(names: Iterable[str], namespace: Mapping[str, Any]) -> list[str]:
    """Return further names of the very objects that some names have, or of arrays' memory."""
    values = [namespace[name] for name in names if not is_atom(namespace[name])]
    known = {id(each) for each in values}
    arrays = [each for each in values if _is_array(each)]
    return [
        name
        for name, value in namespace.items()
        if not _is_of_the_kernel(name)
        and (id(value) in known or (_is_array(value) and _shares_memory(value, arrays)))
    ]


def _is_of_the_kernel(name: str) -> bool:
    return name in _OF_THE_SHELL or is_of_the_kernel(name)


def _is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def _shares_memory(array: Any, others: Iterable[Any]) -> bool:
    return any(sys.modules["numpy"].may_share_memory(array, other) for other in others)


def holders_of(objects: Iterable[Any], namespace: Mapping[str, Any]) -> list[str]:
    """Return the names whose values hold one of some objects, directly or in an attribute."""
    wanted = {id(each) for each in objects if not is_atom(each)}
    found = []
    for name, value in namespace.items():
        if _is_of_the_kernel(name) or isinstance(value, types.ModuleType) or is_atom(value):
            continue
        inside = gc.get_referents(value)
        attributes = getattr(value, "__dict__", None)
        inside += gc.get_referents(attributes) if isinstance(attributes, dict) else []
        if any(id(each) in wanted for each in inside):
            found.append(name)
    return found


def imports_for(reached: Iterable[Any]) -> set[str]:
    """Return imports of the user's own modules that objects come from (installed ones are there).

    The code of such modules must reach the step with the values.
    """
    found = set()
    for each in reached:
        module = sys.modules.get(getattr(each, "__module__", None) or "")
        if module is not None and _is_own(module):
            found.add(f"import {module.__name__}")
    return found


def definitions_for(reached: Iterable[Any], namespace: Mapping[str, Any]) -> set[str]:
    """Return the names of the kernel's own classes and functions among objects."""
    found = set()
    for each in reached:
        if isinstance(each, (type, types.FunctionType)) and each.__module__ == "__main__":
            name = each.__qualname__.partition(".")[0]
            if namespace.get(name) is not None:
                found.add(name)
    return found


class _Definitions:
    """The text of each function and class as the kernel ran it last."""

    def __init__(self, cells: Sequence[str]) -> None:
        self._found: dict[str, tuple[int, str]] = {}
        for number, cell in enumerate(cells):
            for node in _definitions_in(cell):
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                lines = cell.splitlines()[first - 1 : node.end_lineno]
                self._found[node.name] = number, "\n".join(lines)

    def of(self, name: str) -> str | None:
        return self._found[name][1] if name in self._found else None

    def place(self, name: str) -> int:
        return self._found[name][0]


def _definitions_in(cell: str) -> list[Any]:
    if "def " not in cell and "class " not in cell:
        return []
    try:
        tree = ast.parse(cell)
    except (SyntaxError, ValueError, RecursionError):
        return []
    return [node for node in tree.body if isinstance(node, _DEFINITIONS)]


def _names_in(source: str) -> list[str]:
    facts = analyse_cell(source)
    names = dict.fromkeys(sorted(facts.uses))
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return list(names)
    # Also what only the bodies of functions read.
    names |= dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return list(names)


def _names_of_function(value: Any) -> list[str]:
    """Return the globals that a function without a text here reads, in what it defines too."""
    pending = [value.__code__] if isinstance(value, types.FunctionType) else []
    names: list[str] = []
    while pending:
        code = pending.pop()
        names += code.co_names
        pending += [each for each in code.co_consts if isinstance(each, types.CodeType)]
    return names


def _is_defined_here(value: Any) -> bool:
    wrapped: Any = getattr(value, "__wrapped__", value)
    kind: Callable[[Any], bool] = callable
    return kind(wrapped) and getattr(wrapped, "__module__", None) == "__main__"


def _import_of(name: str, value: Any) -> str:
    """Return the import that binds a name to a module, or to what a module has under a name."""
    if isinstance(value, types.ModuleType):
        if sys.modules.get(value.__name__) is not value:
            return ""
        return f"import {value.__name__} as {name}" if value.__name__ != name else f"import {name}"
    if not isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
        return ""
    module, own = getattr(value, "__module__", None), value.__name__
    if module in (None, "__main__", "builtins"):
        return ""
    if getattr(sys.modules.get(module or ""), own, None) is not value:
        return ""
    return f"from {module} import {own}" + (f" as {name}" if own != name else "")


def _is_own(module: types.ModuleType) -> bool:
    place = getattr(module, "__file__", None)
    if not place or module.__name__ == "__main__":
        return False
    path = Path(place).resolve()
    paths = sysconfig.get_paths()
    installed = {Path(paths[key]).resolve() for key in ("stdlib", "purelib", "platlib")}
    return not any(each in path.parents for each in installed) and "site-packages" not in path.parts
