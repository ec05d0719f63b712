"""Looks at modules inside a kernel; its text is sent there, so it needs the standard library alone.

A kernel imports a module once: what it has loaded may be older than the file that a run would send.
Nothing is run for a look; reloading runs the module's text again, and is only done on request.
"""

from __future__ import annotations

import ast
import importlib
import os
import sys
import types
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

_IS_FUNCTION = 0x1
"""`CO_OPTIMIZED`: set in the code of functions, not in that of classes and modules."""
_PLAIN = (int, float, complex, str, bytes, tuple, frozenset, type(None))


def compare_modules(files: Mapping[str, str]) -> list[dict[str, str]]:
    """Return how loaded modules differ from the files that steps would get.

    `files`: place on this machine by dotted name. Of each difference: `module`, `kind` (`changed`:
    the file has another text than was loaded; `elsewhere`: it was loaded from `file`; `twice`: the
    same file is loaded as the module `file`, too).
    """
    found = []
    names = {}
    for name, path in files.items():
        if not os.path.exists(path):  # noqa: PTH110 - a kernel on another machine
            continue
        names[os.path.realpath(path)] = name
        module = sys.modules.get(name)
        loaded = getattr(module, "__file__", None)
        if module is None or not loaded:
            continue
        if os.path.realpath(loaded) != os.path.realpath(path):
            found.append({"module": name, "kind": "elsewhere", "file": loaded})
        elif _differs(module, path):
            found.append({"module": name, "kind": "changed", "file": path})
    for other, module in list(sys.modules.items()):
        loaded = getattr(module, "__file__", None)
        own = names.get(os.path.realpath(loaded)) if isinstance(loaded, str) else None
        if own is not None and other not in files and own in sys.modules and other != "__main__":
            found.append({"module": own, "kind": "twice", "file": other})
    return found


def reload_modules(
    namespace: MutableMapping[str, Any], names: Iterable[str], files: Mapping[str, str]
) -> dict[str, str]:
    """Load modules again, and return why one could not be, by name.

    What `from m import f` gave to the notebook's names and to the modules in `files` becomes what
    the file says now; definitions that the file has no more are gone.
    """
    errors = {}
    importlib.invalidate_caches()
    for name in names:
        module = sys.modules.get(name)
        if module is None:
            continue
        before = {
            id(each): attribute
            for attribute, each in vars(module).items()
            if isinstance(each, (type, types.FunctionType)) and each.__module__ == name
        }
        old = dict(vars(module))  # kept, so that no id is used again
        try:
            importlib.reload(module)
        except BaseException as error:  # a module may raise anything, `SystemExit` too
            errors[name] = f"{type(error).__name__}: {error}"[:300]
            continue
        now = vars(module)
        for attribute in before.values():
            if now.get(attribute) is old[attribute]:
                del now[attribute]
        others = [vars(sys.modules[each]) for each in files if each in sys.modules]
        for holder in (namespace, *others):
            for key, value in list(holder.items()):
                if holder is not now and before.get(id(value)) in now:
                    holder[key] = now[before[id(value)]]
    return errors


def _differs(module: types.ModuleType, path: str) -> bool:
    """Tell whether a module was loaded from another text than its file has now.

    Told by its functions and classes and by names that are set to plain literals: the text that
    was loaded is not kept anywhere.
    """
    try:
        with open(path, "rb") as file:
            text = file.read()
        tree = ast.parse(text)
        code = compile(text, path, "exec", dont_inherit=True)
    except (OSError, ValueError):
        return False
    except SyntaxError:
        return True
    written: dict[str, list[Any]] = {}
    _functions(code, "", written)
    loaded = vars(module)
    live: dict[str, types.CodeType] = {}
    _loaded(loaded, module.__name__, "", live)
    places = {path, os.path.realpath(path), module.__file__}
    return (
        # What another program put into the module or class was not in its text.
        any(
            _shape(code) not in written.get(name, ())
            for name, code in live.items()
            if code.co_filename in places
        )
        or any(_lacks(loaded, name) for name in (*_defined(tree), *_methods(tree)))
        or any(
            type(loaded.get(name)) is not type(value) or repr(loaded[name]) != repr(value)
            for name, value in _literals(tree).items()
        )
    )


def _lacks(loaded: Mapping[str, Any], name: str) -> bool:
    """Tell whether a module has no function or class, or a class of it no method."""
    owner, _, method = name.rpartition(".")
    if not owner:
        return name not in loaded
    known = vars(loaded[owner]) if isinstance(loaded.get(owner), type) else None
    return known is not None and method not in known


def _functions(code: types.CodeType, start: str, found: dict[str, list[Any]]) -> None:
    """Collect the functions of a module's text, and of its classes, by qualified name."""
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            if each.co_name.startswith("<generic parameters"):
                _functions(each, start, found)
            elif each.co_flags & _IS_FUNCTION:
                found.setdefault(start + each.co_name, []).append(_shape(each))
            else:
                _functions(each, start + each.co_name + ".", found)


def _loaded(
    names: Mapping[str, Any], module: str, start: str, found: dict[str, types.CodeType]
) -> None:
    """Collect the functions that a module has, and its classes, by qualified name."""
    for value in list(names.values()):
        if isinstance(value, type):
            if value.__module__ == module and value.__qualname__.rpartition(".")[0] == start:
                _loaded(vars(value), module, value.__qualname__, found)
            continue
        for each in _inside(value):
            owner, _, name = each.__qualname__.rpartition(".")
            if each.__module__ == module and owner == start and name == each.__code__.co_name:
                found[each.__qualname__] = each.__code__


def _inside(value: Any) -> list[types.FunctionType]:
    """Return the functions of the user's that a decorated one, a method or a property holds."""
    parts = [getattr(value, each, None) for each in ("fget", "func", "__func__", "__wrapped__")]
    if isinstance(value, types.FunctionType) and parts[-1] is None:
        parts = [value]
    return [each for each in parts if isinstance(each, types.FunctionType)]


def _shape(code: types.CodeType) -> Any:
    """Return what a function does, apart from the lines on which it stands."""
    return (
        code.co_code,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags),
        tuple(_constant(each) for each in code.co_consts),
    )


def _constant(value: Any) -> Any:
    if isinstance(value, types.CodeType):
        return _shape(value)
    if isinstance(value, frozenset):
        return frozenset(map(_constant, value))
    return type(value).__name__, repr(value)


def _defined(tree: ast.Module) -> list[str]:
    """Return the functions and classes that a text is sure to define and does not take away."""
    gone = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Delete)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [each.name for each in tree.body if isinstance(each, kinds) and each.name not in gone]


def _methods(tree: ast.Module) -> list[str]:
    """Return the methods that the classes of a text are sure to have, by qualified name."""
    return [
        f"{node.name}.{each.name}"
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.decorator_list
        for each in node.body
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
        if not each.name.startswith("__")  # names that a class's own are made of
    ]


def _literals(tree: ast.Module) -> dict[str, Any]:
    """Return the names that a text sets once, to a plain literal, and nothing in it sets again."""
    counts: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            counts[node.id] = counts.get(node.id, 0) + 1
        for name in node.names if isinstance(node, ast.Global) else ():
            counts[name] = 2
    found = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.Assign) and isinstance(target, ast.Name) and counts[target.id] == 1:
            try:
                value = ast.literal_eval(node.value)
            except (ValueError, TypeError, SyntaxError):
                continue
            if isinstance(value, _PLAIN) and not isinstance(value, frozenset):
                found[target.id] = value
    return found
