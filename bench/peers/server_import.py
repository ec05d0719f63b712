"""What importing a server extension adds to a Jupyter server.

`python server_import.py MODULE`, in the environment of whoever is measured, prints seconds and MB.
"""

import importlib
import json
import resource
import sys
import time


def main(module):
    """Return the seconds, and the MB that are in memory afterwards beyond those before."""
    importlib.import_module("jupyter_server.serverapp")
    before, start = memory(), time.perf_counter()
    importlib.import_module(module)
    return time.perf_counter() - start, memory() - before


def memory():
    """Return the resident memory of this process in MB."""
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return pages * resource.getpagesize() / 1e6


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
