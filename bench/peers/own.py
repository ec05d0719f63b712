"""Our own tool: notebooks run by the local engine, and what its parts cost.

`python -m peers.own WHAT [ARGUMENTS]`, with `JUPYTER_KFP_HOME` set; prints a figure as JSON.
"""

import fcntl
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_kfp_ext.engines.local.ids import new_run_id
from jupyter_kfp_ext.engines.local.layout import run_folder, runs_folder
from jupyter_kfp_ext.engines.local.warm import SWITCH
from jupyter_kfp_ext.engines.model import RunStatus
from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.runs.chain import build, submit
from jupyter_kfp_ext.runs.engines import keep_runner_ready
from jupyter_kfp_ext.runs.follow import follow_blocking
from jupyter_kfp_ext.runs.registry import Registry
from jupyter_kfp_ext.storage import home

from . import notebooks
from .pushed import latency_ms


@dataclass(frozen=True)
class Ended:
    """A run that has succeeded."""

    seconds: float
    """From submitting it until its end was known here."""
    status: RunStatus


def run(raw: dict[str, Any], cache: bool = False, watch: Callable[[str], None] | None = None):
    """Run a notebook; `watch` is called with the run's id at each change."""
    notebook = parse_notebook(json.dumps(raw), name="bench.ipynb")
    start = time.perf_counter()
    run_id = submit(build(notebook), python=sys.executable, cache=cache).run_id
    for change in follow_blocking(run_id):
        status = change.status
        if watch is not None:
            watch(run_id)
    seconds = time.perf_counter() - start
    if status.state.value != "SUCCEEDED":
        errors = [step.error.message for step in status.steps if step.error]
        raise SystemExit(
            f"the run ended as {status.state.value}: {(errors or [status.message])[0]}"
        )
    return Ended(seconds, status)


def shape(name: str, *arguments: str) -> float:
    """Run a notebook of a shape once warm; return its seconds."""
    make = getattr(notebooks, name)
    raw = make(*(int(each) if each.isdigit() else each for each in arguments))
    run(notebooks.chain(1))
    _look_at_it()
    return run(raw).seconds


def _look_at_it() -> None:
    """Do what a Jupyter server does after a run, and give the user a second to see its result."""
    keep_runner_ready()
    time.sleep(1)


def warm(name: str, *arguments: str) -> float:
    """Return what `shape` does, with steps forked from a parent that has their packages loaded."""
    os.environ[SWITCH] = "1"
    return shape(name, *arguments)


def cached(count: str) -> float:
    """Run a chain twice; return the seconds of the second."""
    raw = notebooks.chain(int(count))
    run(raw, cache=True)
    _look_at_it()
    return run(raw, cache=True).seconds


def runner_memory(count: str) -> float:
    """Return the peak memory of the runner of a loop over so many items, in MB."""
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


def processor(count: str) -> tuple[float, float]:
    """Return the milliseconds of processor time of a bare Python and of a step, medians.

    The step takes a number and leaves one; after each step of a chain a bare Python is started, so
    what else runs on the machine slows both down alike.
    """
    floor = []

    def start_bare(_: str) -> None:
        before = _of_children()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        floor.append(_of_children() - before)

    ended = run(notebooks.chain(int(count)), watch=start_bare)
    taken = [step.cpu_seconds or 0.0 for step in ended.status.steps[1:]]
    return statistics.median(floor) * 1000, statistics.median(taken) * 1000


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def pushed(count: str) -> float:
    """Return the milliseconds from a process's end to a client of the server's event socket."""
    with tempfile.TemporaryDirectory() as folder:
        return latency_ms(int(count), Path(folder))


def project(count: str, again: str) -> float:
    """Return the seconds of compiling a notebook that needs so many modules beside it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        raw = notebooks.project(folder, int(count))
        (folder / "n.ipynb").write_text(json.dumps(raw))
        if again == "1":
            _compile(folder)
        start = time.perf_counter()
        _compile(folder)
        return time.perf_counter() - start


def _compile(folder: Path) -> None:
    code = "import sys; from jupyter_kfp_ext.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "compile", "n.ipynb", "-o", "n.yaml"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
