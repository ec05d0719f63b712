"""Several steps in one pod (`fuse`): one after another, each in a process of its own.

So each begins as in a pod of its own: no module, variable or descriptor of another is there. What
one leaves for another stays on the pod's disk: an input of a step that is an output of the task is
taken from where the earlier step has put it.
"""

from __future__ import annotations

import _thread
import os
import sys
import time

from .executor import read_document
from .jsontext import dumps, loads
from .place import CodePlace, private_folder
from .record import log_lines, write_all
from .signals import die_with_parent

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); import kfp_step; "
    "sys.exit(kfp_step.main(sys.argv[1:]))"
)


def run_chain(tasks: list[str], hashes: list[str], executor_input: str, parent: int = -1) -> int:
    """Run steps until one fails; returns its exit status, 0 where all are done.

    `parent`: pipe at whose end all of them end (`signals.die_with_parent`), or -1.
    """
    if parent >= 0:
        _thread.start_new_thread(die_with_parent, (parent,))
    document = read_document(executor_input)
    root = CodePlace(sys.modules[__package__ or ""]).root
    folder = private_folder()
    parameters: dict[str, Any] = {}
    artifacts: dict[str, Any] = {}
    for task, expected in zip(tasks, hashes):
        prefix = f"{task.replace('-', '_')}__"
        said = os.path.join(folder, f"{task}.json")
        output = os.path.join(folder, f"{task}.output.json")
        with open(said, "w", encoding="utf-8") as file:
            file.write(dumps(_of_step(document, prefix, output)))
        _tell(task, "start")
        status = _run([root, task, expected, f"@{said}"])
        _tell(task, "error" if status else "ok")
        if status:
            return status
        with open(output, encoding="utf-8") as file:
            left = loads(file.read())
        parameters.update(left.get("parameterValues") or {})
        artifacts.update({prefix + key: each for key, each in left["artifacts"].items()})
    target = document["outputs"]["outputFile"]
    os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
    with open(target, "w", encoding="utf-8") as file:
        file.write(dumps({"parameterValues": parameters, "artifacts": artifacts}))
    return 0


def _of_step(document: dict[str, Any], prefix: str, output: str) -> dict[str, Any]:
    """Return the executor input of one step; `prefix` begins the keys of its outputs."""
    inputs, outputs = document.get("inputs") or {}, document["outputs"]
    made = outputs.get("artifacts") or {}
    own = {key[len(prefix) :]: each for key, each in made.items() if key.startswith(prefix)}
    taken = {**(inputs.get("artifacts") or {}), **made}
    return {
        "inputs": {"parameterValues": inputs.get("parameterValues"), "artifacts": taken},
        "outputs": {"artifacts": own, "outputFile": output},
    }


def _run(words: list[str]) -> int:
    import subprocess

    status = subprocess.call([sys.executable, "-u", "-c", _START, *words])
    return status if status >= 0 else 128 - status


def _tell(task: str, status: str) -> None:
    """Write into the log what follows belongs to, for whoever shows it (docs/architecture.md)."""
    if os.environ.get("KFP_CELLS_LOG"):
        event = {"event": "step", "task": task, "status": status, "time": time.time()}
        for line in log_lines(dumps(event).encode() + b"\n"):
            write_all(1, line)
