"""The notebooks that are measured, for our own tool and those that take notebooks as they are."""

from pathlib import Path
from typing import Any

MAKE = {
    "numpy": "import numpy as np\nv = np.ones({size} // 8)",
    "pandas": "import numpy as np, pandas as pd\nv = pd.DataFrame(np.ones(({size} // 80, 10)))",
    "arrow": "import numpy as np, pyarrow as pa\nv = pa.table({{'a': np.ones({size} // 8)}})",
    "dict": "v = {{number: bytes(100) for number in range({size} // 100)}}",
}
"""How a value of some bytes is made, by its kind."""
_MODULE = '''\
"""One of many."""

import json
from collections import Counter


def {name}(words, limit=10):
    """Return the most frequent words as JSON."""
    counted = Counter(word.lower() for word in words if word)
    return json.dumps(dict(counted.most_common(limit)))


class Reader:
    """Reads lines."""

    def __init__(self, path):
        self.path = path

    def lines(self):
        with open(self.path) as file:
            return [line.rstrip() for line in file]
'''
"""A module as there are many in a project."""
SLEEP = "import time\ntime.sleep(2)\nx{n} = {n}"


def notebook(sources: list[str], marks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a notebook as nbformat JSON; `marks` are the metadata of its cells."""
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "kubeflow_notebook": {"experiment_name": "bench", "pipeline_name": "bench"},
        },
        "cells": [
            {
                "cell_type": "code",
                "id": f"c{number}",
                "metadata": mark,
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
            for number, (source, mark) in enumerate(zip(sources, marks, strict=True))
        ],
    }


_MOST_STEPS = 50
"""A run on a cluster holds few more: cells beyond share steps."""


def steps(sources: list[str], ordered: bool = True, **options: Any) -> dict[str, Any]:
    """Return a notebook with one step a cell (or a few), marked for us and for Kale.

    `ordered`: each after the one before it, which Kale must be told.
    """
    width = -(-len(sources) // _MOST_STEPS)
    numbers = [number // width for number in range(len(sources))]
    marks = [
        {
            "kfp": {"step": f"s{number}", **options},
            "tags": [f"step:s{number}", *([f"prev:s{number - 1}"] if ordered and number else [])],
        }
        for number in numbers
    ]
    return notebook(sources, marks)


def chain(count: int) -> dict[str, Any]:
    """Return trivial cells, each of which needs the one before it."""
    return steps([f"x{n} = {f'x{n - 1} + 1' if n else '0'}" for n in range(count)])


def importing(count: int) -> dict[str, Any]:
    """Return steps that each import pandas."""
    return steps([f"import pandas as pd\nx{n} = {n}" for n in range(count)], ordered=False)


def many(count: int) -> dict[str, Any]:
    """Return one trivial step for each of many items."""
    items = ", ".join(map(str, range(count)))
    return steps(["y = n"], for_each=f"n in [{items}]", for_each_limit=8)


def fan_out() -> dict[str, Any]:
    """Return five steps of two seconds that do not need each other."""
    return steps([SLEEP.format(n=n) for n in range(5)], ordered=False)


def loop() -> dict[str, Any]:
    """Return one step of two seconds for each of five items."""
    source = "import time\ntime.sleep(2)\ny = n"
    return steps([source], for_each="n in [0, 1, 2, 3, 4]", for_each_limit=5)


def project(folder: Path, count: int) -> dict[str, Any]:
    """Write a package of many modules; return a notebook that needs them all."""
    package = folder / "project"
    package.mkdir()
    (package / "__init__.py").write_text("")
    names = [f"part{number}" for number in range(count - 2)]
    for name in names:
        (package / f"{name}.py").write_text(_MODULE.format(name=name))
    imports = "".join(f"from .{name} import {name}\n" for name in names)
    (package / "all_parts.py").write_text(f"{imports}\nPARTS = [{', '.join(names)}]\n")
    raw = steps(["from project.all_parts import PARTS", "print(len(PARTS))"])
    # More than what a ConfigMap holds.
    raw["metadata"]["kfp"] = {"helpers": "volume", "helpers_volume": {"claim": "team"}}
    return raw


def passing(kind: str, size: int) -> dict[str, Any]:
    """Return a step that makes a value and one that takes it."""
    return steps([MAKE[kind].format(size=size), "print(type(v))"])
