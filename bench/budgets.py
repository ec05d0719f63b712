"""Measure what a user waits for: server start, submit, compile, one step. Prints a table.

Figures of one run on one machine: read the ratios, not the milliseconds. No test asserts them.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

REPEATS = 7


def median_ms(action: Callable[[], None]) -> float:
    """Return the median wall time of an action in milliseconds, not counting a first."""
    action()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def python(code: str) -> None:
    """Run a piece of code in a new interpreter."""
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def import_ms(before: str, module: str) -> float:
    """Return what importing a module costs where `before` was imported already."""
    code = (
        f"import {before}, time; start = time.perf_counter(); import {module}; "
        "print((time.perf_counter() - start) * 1000)"
    )
    runs = [
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
        for _ in range(REPEATS)
    ]
    return statistics.median(runs)


def notebook(cells: int) -> dict[str, object]:
    """Return a notebook of trivial steps in a chain."""
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kfp": {"name": f"chain-{cells}"}},
        "cells": [
            {
                "cell_type": "code",
                "id": f"c{index}",
                "metadata": {"kfp": {"step": f"s{index}"}},
                "source": f"x{index} = {f'x{index - 1} + 1' if index else '0'}",
                "outputs": [],
                "execution_count": None,
            }
            for index in range(cells)
        ],
    }


def compile_ms(cells: int) -> float:
    """Return the time from a notebook's JSON to its compiled spec, warm."""
    from jupyter_kfp_ext.notation.reader import parse_notebook
    from jupyter_kfp_ext.runs.chain import build

    raw = json.dumps(notebook(cells))
    return median_ms(lambda: build(parse_notebook(raw, name="bench.ipynb")) and None)


def run_rows(cells: int) -> tuple[float, float]:
    """Return the time until a submit answers, and until the run has ended, in milliseconds."""
    from jupyter_kfp_ext.notation.reader import parse_notebook
    from jupyter_kfp_ext.runs.chain import build, submit
    from jupyter_kfp_ext.runs.watch import watch

    read = parse_notebook(json.dumps(notebook(cells)), name="bench.ipynb")
    answered, ended = [], []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run_id = submit(build(read), cache=False).run_id
        answered.append((time.perf_counter() - start) * 1000)
        deque(watch(run_id), maxlen=0)
        ended.append((time.perf_counter() - start) * 1000)
    return statistics.median(answered), statistics.median(ended)


def main() -> None:
    """Print the table."""
    # A runner may still be writing its last line when its run has ended.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["JUPYTER_KFP_HOME"] = str(Path(folder) / "home")
        bare = median_ms(lambda: python("pass"))
        rows = [("bare Python start", bare)]
        rows.append(
            (
                "import of the server extension",
                import_ms("jupyter_server.serverapp", "jupyter_kfp_ext.server.extension"),
            )
        )
        rows += [(f"compile {cells} cells", compile_ms(cells)) for cells in (5, 50, 200)]
        answered, one = run_rows(1)
        _, many = run_rows(11)
        rows += [
            ("submit answers", answered),
            ("run of one trivial step", one),
            ("each further step in a chain", (many - one) / 10),
        ]
        from peers.own import processor

        rows_of_processor = processor("40")
        for name, value in rows:
            print(f"{name:34} {value:8.1f} ms   {value / bare:6.2f} x bare Python")
        floor, step = rows_of_processor
        print(f"{'processor time of bare Python':34} {floor:8.1f} ms")
        print(f"{'processor time of a step':34} {step:8.1f} ms   {step / floor:6.2f} x bare Python")


if __name__ == "__main__":
    main()
