"""Compares all values of a step with those that the same step had in another run (`verify`).

The first run keeps every value that its cells leave, one artifact each; the second compares in the
process of the step, where the notebook's classes are. Values that pickle to other bytes may still
be equal (sets, for one), so those are compared themselves.
"""

from __future__ import annotations

import os
import types

from .failure import StepFailure
from .grouping import Crossing
from .jsontext import dumps, loads
from .loading import Loader
from .saving import save_values
from .summaries import summary

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_NO_VALUES = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)
_DEEPEST = 50


def keep_or_compare(namespace: dict[str, Any], slice_: dict[str, Any], first: str) -> None:
    """Keep the values in the folder `KFP_TWICE`, and compare them with those in `first`, if any."""
    folder = os.environ.pop("KFP_TWICE")
    names = [
        name
        for name, value in namespace.items()
        if name[0] != "_" and name not in ("In", "Out") and not isinstance(value, _NO_VALUES)
    ]
    report: dict[str, Any] = {"same": [], "differs": [], "unknown": []}
    crossing = Crossing(namespace, slice_)
    for name in names:
        place = os.path.join(folder, name)
        try:
            save_values([(place, [name])], {name: namespace[name]}, [], crossing)
        except (StepFailure, OSError):
            report["unknown"].append(name)
            continue
        if first:
            _compare(name, namespace[name], os.path.join(first, name), place, report)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "compared.json"), "w", encoding="ascii") as file:
        file.write(dumps(report))


def _compare(name: str, value: Any, first: str, second: str, report: dict[str, Any]) -> None:
    before = _group(first, name)
    if before is None:
        report["unknown"].append(name)
    elif before["group"] == (_group(second, name) or {}).get("group"):
        report["same"].append(name)
    else:
        try:
            other = Loader().load(first, [name])[name]
        except StepFailure:
            report["unknown"].append(name)
            return
        if equal(other, value):
            report["same"].append(name)
        else:
            said = {"name": name, "first": _shown(other), "second": _shown(value)}
            report["differs"].append(said)


def _group(folder: str, name: str) -> dict[str, Any] | None:
    try:
        with open(os.path.join(folder, "index.json"), "rb") as file:
            found: dict[str, Any] | None = loads(file.read())["names"].get(name)
            return found
    except (OSError, ValueError):
        return None


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:
        text = ""
    return text if 0 < len(text) <= 60 and "\n" not in text else summary(value)


def equal(one: Any, two: Any, depth: int = 0) -> bool:
    """Tell whether two values are the same to who uses them; order counts where there is one."""
    if type(one) is not type(two) or depth > _DEEPEST:
        return False
    if isinstance(one, dict):
        return list(one) == list(two) and all(equal(one[key], two[key], depth + 1) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(two) and all(equal(a, b, depth + 1) for a, b in zip(one, two))
    try:
        return _equal_by_itself(one, two, depth)
    except Exception:
        return False


def _equal_by_itself(one: Any, two: Any, depth: int) -> bool:
    if hasattr(one, "equals"):  # frames and series, where missing values are equal
        return bool(one.equals(two))
    if hasattr(one, "dtype") and hasattr(one, "shape"):
        import numpy  # type: ignore[import-not-found,unused-ignore]

        try:
            return bool(numpy.array_equal(one, two, equal_nan=True))
        except TypeError:
            return bool(numpy.array_equal(one, two))
    if one != one and two != two:
        return True  # not a number
    by_identity: Any = object.__eq__
    if type(one).__eq__ is by_identity:
        state, other = (getattr(each, "__dict__", None) for each in (one, two))
        return state is not None and equal(state, other, depth + 1)
    return bool(one == two)
