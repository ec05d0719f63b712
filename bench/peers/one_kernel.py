"""nbclient: a notebook in one kernel. `python one_kernel.py NOTEBOOK` prints seconds."""

import json
import sys
import time


def main(path):
    """Run a notebook; return the seconds, the start of its kernel included."""
    import nbclient
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    start = time.perf_counter()
    nbclient.NotebookClient(notebook, kernel_name="python3").execute()
    return time.perf_counter() - start


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
