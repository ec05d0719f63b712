"""Forks real kernels from a process that has ipykernel imported, because importing it is slow.

It reads a JSON line for each kernel (`argv`, `cwd`, `env`) from standard input and writes the
kernel's process id. That forked kernels give what kernels started by themselves give is tested in
`test_kernels_are_real.py`.
"""

import json
import os
import signal
import sys


def serve(app, set_by_imports):
    """Fork a kernel for each request until the input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended kernels leave no zombies
    while line := sys.stdin.readline():
        request = json.loads(line)
        if not os.fork():
            request["env"].update(set_by_imports)
            become_kernel(app, request)


def become_kernel(app, request):
    """Make this process what a new interpreter would be, and run the kernel in it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    # Said only now: whoever ends the kernel ends its whole process group.
    print(os.getpid(), flush=True)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    sys.stdin = sys.__stdin__ = open(0, closefd=False)  # noqa: SIM115
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = request["argv"]
    for mine in ("serve", "become_kernel", "json", "os", "signal"):
        globals().pop(mine, None)
    status = 1
    try:
        app.launch_instance(argv=request["argv"][1:])
        status = 0
    finally:
        __import__("os")._exit(status)


if __name__ == "__main__":
    before = dict(os.environ)
    # The debugger is imported by every kernel too, and is half of what it imports.
    import ipykernel.debugger  # noqa: F401
    from ipykernel.kernelapp import IPKernelApp

    serve(IPKernelApp, dict(os.environ.items() - before.items()))
