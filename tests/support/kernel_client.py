"""A client of real kernels that depends on no other process and on no timer."""

import tempfile

from nbclient import NotebookClient


class KernelClient(NotebookClient):
    """Runs a notebook in a kernel of its own, with the text of each stream of a cell as a whole.

    Its sockets are files: a port that was found free may be another process's before the kernel
    has it. A kernel sends text in pieces, as its timer has it.
    """

    def __init__(self, notebook, **options):
        super().__init__(notebook, **{"timeout": 300, "coalesce_streams": True, **options})

    def create_kernel_manager(self):
        manager = super().create_kernel_manager()
        self._sockets = tempfile.TemporaryDirectory()
        manager.transport = "ipc"
        manager.ip = f"{self._sockets.name}/s"
        return manager
