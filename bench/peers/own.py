"""Our own tool: notebooks run by the local engine, and what its parts cost.

`python -m peers.own WHAT [ARGUMENTS]`, with `JUPYTER_KFP_HOME` set; prints a figure as JSON.
"""

import fcntl
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import notebooks


def run(raw: dict[str, Any], cache: bool = False, watch: Callable[[str], None] | None = None):
    """Run a notebook; return the seconds from submitting it until its end is known here."""
    from jupyter_kfp_ext.notation.reader import parse_notebook
    from jupyter_kfp_ext.runs.chain import build, submit
    from jupyter_kfp_ext.runs.follow import follow_blocking

    notebook = parse_notebook(json.dumps(raw), name="bench.ipynb")
    start = time.perf_counter()
    run_id = submit(build(notebook), python=sys.executable, cache=cache).run_id
    for change in follow_blocking(run_id):
        status = change.status
        if watch is not None:
            watch(run_id)
    seconds = time.perf_counter() - start
    if status.state.value != "SUCCEEDED":
        raise SystemExit(f"the run ended as {status.state.value}: {status.message}")
    return seconds


def shape(name: str, *arguments: str) -> float:
    """Run a notebook of a shape once warm."""
    make = getattr(notebooks, name)
    raw = make(*(int(each) if each.isdigit() else each for each in arguments))
    run(notebooks.chain(1))
    return run(raw)


def cached(count: str) -> float:
    """Run a chain twice; return the time of the second."""
    raw = notebooks.chain(int(count))
    run(raw, cache=True)
    return run(raw, cache=True)


def runner_memory(count: str) -> float:
    """Return the peak memory of the runner of a loop over so many items, in MB."""
    from jupyter_kfp_ext.engines.local.layout import run_folder
    from jupyter_kfp_ext.storage import home

    peak = [0.0]

    def look(run_id: str) -> None:
        try:
            pid = run_folder(home(), run_id).lock.read_text().strip()
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            return
        found = [line.split()[1] for line in lines if line.startswith("VmHWM")]
        peak[0] = max(peak[0], *(int(each) / 1024 for each in found or ["0"]))

    run(notebooks.many(int(count)), watch=look)
    return peak[0]


def listing(count: str) -> float:
    """Return the milliseconds of listing 20 of many runs."""
    from jupyter_kfp_ext.engines.local.ids import new_run_id
    from jupyter_kfp_ext.engines.local.layout import runs_folder
    from jupyter_kfp_ext.runs.registry import Registry
    from jupyter_kfp_ext.storage import home

    run(notebooks.chain(5))
    (made,) = runs_folder(home()).glob("[!.]*")
    with (made / "runner.lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_SH)  # until the runner is gone
    for number in range(int(count) - 1):
        copy = runs_folder(home()) / new_run_id(1.6e9 + number)
        copy.mkdir()
        for name in ("run.json", "result.json", "events.jsonl"):
            (copy / name).write_bytes((made / name).read_bytes())
    registry, times = Registry(), []
    for _ in range(9):
        start = time.perf_counter()
        assert len(registry.list()) == 20  # noqa: S101 - a wrong list is no figure
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def latency() -> float:
    """Return the milliseconds from the runner's note of an event to a follower that has it."""
    from jupyter_kfp_ext.notation.reader import parse_notebook
    from jupyter_kfp_ext.runs.chain import build, submit
    from jupyter_kfp_ext.runs.follow import follow_blocking

    notebook = parse_notebook(json.dumps(notebooks.chain(10)), name="bench.ipynb")
    found = []
    for change in follow_blocking(submit(build(notebook), python=sys.executable).run_id):
        ends = [step.ended for step in change.steps if step.ended]
        if ends:
            found.append((time.time() - max(ends)) * 1000)
    return statistics.median(found)


def server() -> tuple[float, float]:
    """Return what importing the server extension adds: seconds, MB."""
    return imported("jupyter_kfp_ext.server.extension")


def imported(module: str) -> tuple[float, float]:
    """Return what importing a module adds to a Jupyter server: seconds, MB."""
    import importlib

    importlib.import_module("jupyter_server.serverapp")
    before, start = _memory(), time.perf_counter()
    importlib.import_module(module)
    return time.perf_counter() - start, _memory() - before


def _memory() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
