"""Run public notebooks in the plain kernel and as pipelines, and compare every output.

    python bench/public_notebooks.py bench/public_notebooks.tsv REPOSITORIES WORK [--only TEXT]

REPOSITORIES holds a git clone of each repository as OWNER+NAME (nothing is downloaded). WORK
keeps what each run gave, so that a second call goes on where the first one stopped; remove a
result (`WORK/<environment>/<owner>+<name>/<notebook>/`) to have it made again. The kernel and the
steps run with the interpreter that runs this file: call it once for each environment of the list.
The table of the results is written by `bench/public_notebooks_table.py`.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from same_outputs import compare

SPLITS = ("cells", "headings")
_FOLDER = re.compile(r"/[^\s\"'<>,;:]*/tree\b")
"""The working folder: never the same twice, and of a step not that of the kernel."""


@dataclass(frozen=True)
class Entry:
    """One line of the list."""

    repository: str
    commit: str
    path: str
    environment: str
    subject: str

    @property
    def place(self) -> Path:
        """Where its results are, relative to the work folder."""
        return Path(self.environment, self.repository.replace("/", "+"), Path(self.path).stem)


def read_list(path: Path) -> list[Entry]:
    """Read a list: tab-separated columns as in `Entry`, a heading line first."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return [Entry(*line.split("\t")) for line in lines if line]


def check_out(entry: Entry, repositories: Path, into: Path) -> Path:
    """Make a fresh working tree of the entry's commit; return the notebook's path in it."""
    clone = repositories / entry.repository.replace("/", "+")
    git = ["git", "-c", "advice.detachedHead=false", "-c", "core.hooksPath=/dev/null"]
    subprocess.run([*git, "clone", "-qns", str(clone), str(into)], check=True)
    # Git says so and goes on where a clone lacks a large file: the kernel runs will tell.
    checkout = [*git, "-C", str(into), "checkout", "-q", entry.commit]
    subprocess.run(checkout, stderr=subprocess.DEVNULL)
    notebook = into / entry.path
    notebook.write_text(json.dumps(prepared(notebook)), encoding="utf-8")
    return notebook


def prepared(path: Path) -> dict[str, Any]:
    """Return the notebook in today's format without outputs, for the kernel of this interpreter."""
    import nbformat

    notebook: dict[str, Any] = json.loads(nbformat.writes(nbformat.read(path, as_version=4)))
    notebook["metadata"] = {
        "kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}
    }
    notebook["nbformat_minor"] = 5
    for index, cell in enumerate(notebook["cells"]):
        cell["id"], cell["metadata"] = f"c{index}", {}
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return notebook


def run_kernel(path: Path, limit: float) -> dict[str, Any]:
    """Run the notebook in a fresh kernel; return it with its outputs, or how it failed."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(path.parent)}}
    start = time.monotonic()
    try:
        NotebookClient(notebook, timeout=limit, resources=place).execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        return {"failed": f"{type(error).__name__}: {str(error)[-1000:]}"}
    result: dict[str, Any] = json.loads(nbformat.writes(notebook))
    result["metadata"]["seconds"] = round(time.monotonic() - start, 1)
    return result


def run_pipeline(path: Path, split: str, limit: float) -> dict[str, Any]:
    """Run the notebook with the local engine; return how it went and its executed notebook."""
    jupyter_kfp = [sys.executable, "-m", "jupyter_kfp_ext.cli"]
    with tempfile.TemporaryDirectory() as folder:
        out, home = Path(folder, "out.ipynb"), Path(folder, "home")
        env = {**os.environ, "JUPYTER_KFP_HOME": str(home)}
        start = time.monotonic()
        run = subprocess.run(
            [*jupyter_kfp, "run", path, "--split", split, "--json", "--output-notebook", out],
            env=env,
            capture_output=True,
            text=True,
            timeout=limit,
        )
        files = list(home.glob("runs/*/run.json"))
        return {
            "exit": run.returncode,
            "seconds": round(time.monotonic() - start, 1),
            "answer": _json(run.stdout) or run.stderr,
            "plan": json.loads(files[0].read_bytes())["steps"] if files else [],
            "notebook": json.loads(out.read_bytes()) if out.exists() else None,
        }


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def judge(kernels: list[dict[str, Any]], run: dict[str, Any]) -> dict[str, Any]:
    """Compare a run with the kernel runs, cell by cell."""
    if run["notebook"] is None:
        return {"result": "refused", "why": run["answer"]}
    ways: Counter[str] = Counter()
    different = []
    for index, cell in enumerate(run["notebook"]["cells"]):
        if cell["cell_type"] == "code":
            verdict = compare([kernel["cells"][index] for kernel in kernels], cell)
            ways[verdict.way] += 1
            if not verdict.same:
                different.append(index)
    errors = [step["error"] for step in run["answer"]["steps"] if step["error"]]
    stopped = run["exit"] != 0 and errors and all("-" in error["name"] for error in errors)
    result = "stopped" if stopped else "different" if different or run["exit"] else "same"
    return {"result": result, "ways": ways, "different": different, "why": errors}


def work_on(
    entry: Entry, repositories: Path, work: Path, kernels: int, limit: float
) -> dict[str, Any]:
    """Make what is missing of an entry's results; return the verdict for each split."""
    place = work / entry.place
    place.mkdir(parents=True, exist_ok=True)
    references = []
    for name in [*(f"kernel-{number}" for number in range(1, kernels + 1)), *SPLITS]:
        file = place / f"{name}.json"
        if not file.exists():
            with tempfile.TemporaryDirectory(dir=work) as folder:
                notebook = check_out(entry, repositories, Path(folder, "tree"))
                if name in SPLITS:
                    made = run_pipeline(notebook, name, limit)
                else:
                    made = run_kernel(notebook, limit)
            text = _FOLDER.sub("/tree", json.dumps(made))
            file.write_text(text, encoding="utf-8")
        if name not in SPLITS:
            references.append(json.loads(file.read_bytes()))
            if "failed" in references[-1]:
                return {"kernel": {"result": "no answer", "why": references[-1]["failed"]}}
    return {
        split: judge(references, json.loads((place / f"{split}.json").read_bytes()))
        for split in SPLITS
    }


def main() -> None:
    """Work through the list, one notebook at a time."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("list", type=Path)
    parser.add_argument("repositories", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--environment", default="new", help="the lines of the list to run")
    parser.add_argument("--only", default="", help="a part of `repository/path`")
    parser.add_argument("--kernels", type=int, default=2, help="kernel runs to compare with")
    parser.add_argument("--limit", type=float, default=600, help="seconds for a run (600)")
    args = parser.parse_args()
    # As in an activated environment: `!python` is the notebook's interpreter.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    args.work.mkdir(parents=True, exist_ok=True)
    for entry in read_list(args.list):
        name = f"{entry.repository}/{entry.path}"
        if entry.environment != args.environment or args.only not in name:
            continue
        try:
            verdicts = work_on(
                entry, args.repositories, args.work.resolve(), args.kernels, args.limit
            )
        except Exception as error:
            print(f"no answer  {name}: {type(error).__name__}: {str(error)[-300:]}", flush=True)
            continue
        for split, verdict in verdicts.items():
            cells = ", ".join(f"{n} {way}" for way, n in verdict.get("ways", {}).items())
            print(f"{verdict['result']:10} {split:8} {name}  {cells}", flush=True)
            if verdict["result"] != "same":
                print(
                    "   ", verdict.get("different"), json.dumps(verdict["why"])[:1500], flush=True
                )


if __name__ == "__main__":
    main()
