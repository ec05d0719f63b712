"""Measure what a large value costs to hand from one step to the next. Prints a table.

Each value of about a gigabyte (`--megabytes N` for less) is left by one real step and read by three
more; beside it, in the same run, the raw way: `tofile`, and `numpy.load` of a mapped file. Wall and
processor seconds of saving and loading alone, peak memory of the step, bytes on disk. Read the
ratios, not the seconds.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "runtime")]

from step_process import make_slice, run_step, slots  # noqa: E402

VALUES = {
    "array": ("import numpy as np; v = np.ones(n // 8)", "v[:3].sum()"),
    "frame": (
        "import numpy as np, pandas as pd\nv = pd.DataFrame(np.ones((n // 80, 10)))",
        "v.iloc[0].sum()",
    ),
    "dict of arrays": (
        "import numpy as np; v = {k: np.ones(n // 80) for k in range(10)}",
        "v[3][:3].sum()",
    ),
    "bytes": ("v = bytes(n)", "v[:3]"),
    "arrow table": (
        "import numpy as np, pyarrow as pa; v = pa.table({'a': np.ones(n // 8)})",
        "v.num_rows",
    ),
    "tensor": ("import torch; v = torch.ones(n // 4)", "float(v[:3].sum())"),
}
CHANGES = {"array": "v[0] = 2", "dict of arrays": "v['new'] = 1"}
PATCH = """
import json, os, time, kfp_step
def timed(owner, name, label):
    plain = getattr(owner, name)
    def call(*a, **k):
        wall, cpu = time.perf_counter(), time.process_time()
        try: return plain(*a, **k)
        finally:
            SPENT[label] = (time.perf_counter() - wall, time.process_time() - cpu)
            tell()
    setattr(owner, name, call)
SPENT = {}
from kfp_step import loading, read_only, saving
timed(saving, 'save_values', 'save'); timed(loading.Loader, 'load', 'load')
timed(read_only.ReadOnly, '__init__', 'before'); timed(read_only.ReadOnly, 'changed', 'after')
PLACE = os.path.abspath('../spent.json')
def tell():
    with open('/proc/self/status') as file:
        lines = dict(each.split(':', 1) for each in file.read().splitlines())
    memory = {key: int(lines[key].split()[0]) / 1000 for key in ('VmHWM', 'RssAnon')}
    with open(PLACE, 'w') as file:
        json.dump({**SPENT, **memory}, file)
"""
RAW = """
import json, os, sys, time
import numpy as np
n, path = int(sys.argv[1]), sys.argv[2]
data = np.ones(n // 8)
times = {}
begin = time.perf_counter(); data.tofile(path); times['tofile'] = time.perf_counter() - begin
np.save(path + '.npy', data)
begin = time.perf_counter(); np.load(path + '.npy', mmap_mode='c')[:3].sum()
times['mapped'] = time.perf_counter() - begin
print(json.dumps(times))
"""


def spent(outcome) -> dict:
    """Return what a step told of itself."""
    if outcome.code:
        raise SystemExit(outcome.stderr)
    return json.loads((outcome.folder / "spent.json").read_text())


def row(label: str, told: dict, what: str, disk: int | None = None) -> None:
    """Print one line of the table."""
    wall, cpu = told[what]
    more = "" if disk is None else f"{disk / 1e6:9.0f} MB on disk"
    print(
        f"{label:34}{what:6}{wall:8.3f} s {cpu:8.3f} s cpu {told['VmHWM']:9.0f} MB peak"
        f"{told['RssAnon']:9.0f} MB own {more}"
    )


def size_of(folder: Path) -> int:
    """Return the bytes that a folder takes, each file once, without what others link to."""
    return sum(
        each.stat().st_blocks * 512
        for each in folder.rglob("*")
        if each.is_file() and each.stat().st_nlink == 1
    )


def measure(name: str, size: int, folder: Path) -> None:
    """Print what one value costs."""
    make, use = VALUES[name]
    prelude = [{"cell_id": "p", "number": 1, "source": PATCH, "record": False}]
    first = run_step(
        folder / "1",
        make_slice(f"n = {size}\n{make}", prelude=prelude, outputs=slots("v")),
    )
    row(name, spent(first), "save", size_of(first.artifact("v")))
    inputs = {"p__v": first.artifact("v")}
    given = slots("v", prefix="p__")
    read = run_step(folder / "2", make_slice(use, prelude=prelude, inputs=given), inputs=inputs)
    row(f"{name}, read", spent(read), "load")
    same = run_step(
        folder / "3",
        make_slice(use, prelude=prelude, inputs=given, outputs=slots("v")),
        inputs=inputs,
    )
    row(f"{name}, passed on", spent(same), "save", size_of(same.artifact("v")))
    if name in CHANGES:
        slice_ = make_slice(CHANGES[name], prelude=prelude, inputs=given, outputs=slots("v"))
        changed = run_step(folder / "4", slice_, inputs=inputs)
        row(f"{name}, changed", spent(changed), "save", size_of(changed.artifact("v")))
    kept = make_slice(use, prelude=prelude, inputs=given, read_only=["v"])
    guarded = run_step(folder / "5", kept, inputs=inputs)
    row(f"{name}, held for read-only", spent(guarded), "before")
    row(f"{name}, held for read-only", spent(guarded), "after")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("values", nargs="*", default=["array", "frame", "dict of arrays", "bytes"])
    chosen = parser.parse_args()
    size = chosen.megabytes * 1_000_000
    with tempfile.TemporaryDirectory() as place:
        line = [sys.executable, "-c", RAW, str(size), f"{place}/raw"]
        raw = json.loads(subprocess.run(line, check=True, capture_output=True).stdout)
        for what, seconds in raw.items():
            print(f"{'raw array':34}{what:6}{seconds:8.3f} s")
    for name in chosen.values:
        with tempfile.TemporaryDirectory() as place:
            measure(name, size, Path(place))


if __name__ == "__main__":
    main()
