"""Writes one value of a step to a file: `python pulled_value.py BUNDLE TASK FOLDER NAME FILE`.

Runs with the interpreter of the notebook, which has the packages that the value is made of, and
perhaps nothing of ours: standard library only. Classes and functions of the notebook are defined
first; no other statement of it is run.
"""

import ast
import json
import os
import pickle
import re
import sys
import types
import zipfile
from typing import Any

NOT_READ = 3
"""Exit status: the value cannot be read here."""


def main(argv: "list[str]") -> int:
    """Write the value; returns 1 where it has no form that fits the file, and says why.

    Returns `NOT_READ` where it cannot be read; why, and what to do, are then the last two lines.
    """
    bundle, task, folder, name, target = argv
    sys.path.insert(0, bundle)
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    define(bundle, task, module.__dict__)
    from kfp_step.failure import StepFailure
    from kfp_step.loading import Loader

    try:
        value = Loader().load(folder, [name])[name]
    except StepFailure as failure:
        sys.stderr.write(f"{failure.message}\n{failure.remedy}\n")
        return NOT_READ
    try:
        write(value, target)
    except (AttributeError, TypeError, ValueError, ImportError, pickle.PicklingError) as error:
        sys.stderr.write(f"{type(value).__name__}: {error}\n")
        return 1
    return 0


def define(bundle: str, task: str, namespace: "dict[str, Any]") -> None:
    """Define what a step's cells define; what cannot be defined alone is left out."""
    with zipfile.ZipFile(bundle) as archive:
        step = json.loads(archive.read(f"steps/{task}.json"))
    import kfp_step
    from kfp_step.own_modules import OwnModules
    from kfp_step.place import CodePlace

    OwnModules(CodePlace(kfp_step), step)
    for cell in [*step["prelude"], *step["cells"]]:
        for node in _definitions(cell["source"]):
            code = compile(ast.Module([node], []), "<definitions>", "exec")
            try:
                exec(code, namespace)  # noqa: S102 - the user's own definitions, as in a step
            except Exception:  # noqa: S112 - it needs a value that only the step had
                continue


def _definitions(source: str) -> "list[ast.stmt]":
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    try:
        tree = ast.parse(re.sub(r"(?m)^\s*[%!].*$", "", source))
    except SyntaxError:
        return []
    return [node for node in tree.body if isinstance(node, kept)]


def write(value: Any, target: str) -> None:
    """Write a value in the form that the file's suffix names; a pickle where it names none."""
    suffix = os.path.splitext(target)[1].lower()  # noqa: PTH122
    aside = f"{target}.{os.getpid()}{suffix}"
    try:
        if suffix == ".json":
            text = json.dumps(value, indent=1, default=_plain)
            _write_bytes(aside, f"{text}\n".encode())
        elif suffix == ".txt":
            _write_bytes(aside, (value if isinstance(value, str) else repr(value)).encode())
        elif suffix == ".csv":
            _write_csv(value, aside)
        elif suffix == ".parquet":
            value.to_parquet(aside)
        elif suffix == ".npy":
            import numpy

            numpy.save(aside, numpy.asarray(value))
        else:
            _write_bytes(aside, pickle.dumps(value, protocol=5))
        os.replace(aside, target)  # noqa: PTH105
    finally:
        if os.path.exists(aside):  # noqa: PTH110
            os.remove(aside)  # noqa: PTH107


def _plain(value: Any) -> Any:
    """Return arrays, frames and their numbers as what JSON has."""
    for name in ("to_dict", "tolist", "item"):
        if hasattr(value, name):
            return getattr(value, name)()
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _write_csv(value: Any, path: str) -> None:
    if hasattr(value, "to_csv"):
        value.to_csv(path)
        return
    if hasattr(value, "write_csv"):
        value.write_csv(path)
        return
    import csv

    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            row if isinstance(row, (list, tuple)) else [row] for row in value
        )


def _write_bytes(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
