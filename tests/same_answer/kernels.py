"""Runs notebooks in real kernels through nbclient: a fresh kernel for each notebook.

Starting a kernel takes a second, nearly all of it for importing ipykernel, so kernels are forked
from a process that has imported it (`kernel_nursery.py`). The kernel itself, its protocol and
its client are the real ones.
"""

import asyncio
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NURSERY = Path(__file__).with_name("kernel_nursery.py")
SPEC = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


class Nursery:
    """The process that kernels are forked from; started with the first kernel."""

    def __init__(self):
        self._process = None

    def fork(self, arguments, folder, environment):
        """Start a kernel and return its process id."""
        if self._process is None:
            # `-c` puts no folder of its own on the import path but the current one, which a
            # kernel takes away as well.
            start = f"import sys; del sys.path[0]; exec(open({str(NURSERY)!r}).read())"
            self._process = subprocess.Popen(
                [sys.executable, "-c", start],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        request = {"argv": arguments, "cwd": folder, "env": environment}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self):
        """End it; kernels that live still have their own end."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
            self._process = None


NURSERY_PROCESS = Nursery()


class Forked:
    """As much of `Popen` as a provisioner asks of a kernel that is not our own child."""

    stdin = stdout = stderr = None

    def __init__(self, pid):
        self.pid = pid
        self._watch = os.pidfd_open(pid)

    def poll(self):
        """Return None while it lives."""
        ended, _, _ = select.select([self._watch], [], [], 0)
        return -signal.SIGKILL if ended else None

    def wait(self):
        """Wait for its end."""
        select.select([self._watch], [], [])
        os.close(self._watch)
        return -signal.SIGKILL

    def send_signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._watch, number)


class ForkingProvisioner(LocalProvisioner):
    """Starts kernels by the nursery instead of by a new interpreter."""

    async def launch_kernel(self, cmd, **kwargs):
        launcher = cmd.index("ipykernel_launcher")
        arguments = [find_spec(cmd[launcher]).origin, *cmd[launcher + 1 :]]
        environment = {**kwargs["env"], "JPY_PARENT_PID": str(os.getpid())}
        pid = NURSERY_PROCESS.fork(arguments, str(kwargs["cwd"]), environment)
        self.process, self.pid, self.pgid = Forked(pid), pid, pid
        return self.connection_info


class _Entry:
    """As much of an entry point as the factory of provisioners asks for."""

    value = "forking"

    def load(self):
        return ForkingProvisioner


class Kernel(NotebookClient):
    """A client whose kernel ends at once with its notebook, forked where that is asked for."""

    def __init__(self, notebook, folder, forked=True):
        super().__init__(notebook, timeout=300, shutdown_kernel="immediate")
        self.resources = {"metadata": {"path": str(folder)}}
        self.km = AsyncKernelManager(kernel_name="python3", transport="ipc")
        self._sockets = tempfile.TemporaryDirectory()
        self.km.ip = f"{self._sockets.name}/s"
        self.owns_km = True
        if forked:
            factory = KernelProvisionerFactory.instance()
            factory.provisioners["forking"] = _Entry()
            self.km.kernel_spec.metadata["kernel_provisioner"] = {"provisioner_name": "forking"}


def run_in_kernel(sources, folder, then=(), forked=True):
    """Run code cells in a fresh kernel until one fails.

    `then`: functions that get the outputs of the last cell and return the source of one more cell
    (None: no more cells); they are not called after an error. Returns the outputs of each cell, as
    the notebook has them in the end: a later cell may update what an earlier one shows.
    """
    return asyncio.run(_run(sources, folder, then, forked))


async def _run(sources, folder, then, forked):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=SPEC)
    client = Kernel(notebook, folder, forked)
    outputs = []
    # ipykernel does not show what other processes write while a test of its own runs.
    environment = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
    async with client.async_setup_kernel(cwd=str(folder), env=environment):
        for cell in cells:
            if not await _run_cell(client, cell, cells.index(cell), outputs):
                return _copied(outputs)
        for make in then:
            source = make(outputs[-1])
            if source is None:
                break
            cells.append(nbformat.v4.new_code_cell(source))
            notebook.cells.append(cells[-1])
            await _run_cell(client, cells[-1], len(cells) - 1, outputs)
    return _copied(outputs)


async def _run_cell(client, cell, index, outputs):
    try:
        await client.async_execute_cell(cell, index)
        good = True
    except CellExecutionError:
        good = False
    outputs.append(cell.outputs)
    return good


def _copied(outputs):
    return [[dict(each) for each in one] for one in outputs]
