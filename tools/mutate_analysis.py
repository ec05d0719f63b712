"""Drops rules of the analysis one at a time and says which of them no test misses.

`python tools/mutate_analysis.py [FILE...] [--tests PATH...] [--every N]`. A mutation takes one word
out of a table of names, or makes one `if` always go the other way. Each is written into a copy of
the tree, where the quick tests of the plan run until one fails.
"""

import argparse
import ast
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ANALYSIS = ROOT / "jupyter_kfp_ext" / "analysis"
FILES = ("calls.py", "world.py", "replayable.py", "callee.py", "interpret.py", "flow.py")
TESTS = ("tests/analysis/test_same_answer.py", "tests/analysis/test_plan.py")


def mutations(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, what is dropped, and the source without it."""
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    data = source.encode()

    def without(node: ast.expr, text: str) -> str:
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        return (data[:begin] + text.encode() + data[end:]).decode()

    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.If):
            test = ast.unparse(node.test)
            yield node.lineno, f"if {test} -> never", without(node.test, "False")
            yield node.lineno, f"if {test} -> always", without(node.test, "True")
        elif isinstance(node, ast.Set) and len(node.elts) > 1:
            for each in node.elts:
                kept = [other for other in node.elts if other is not each]
                text = "{" + ", ".join(map(ast.unparse, kept)) + "}"
                yield each.lineno, f"without {ast.unparse(each)}", without(node, text)
        elif _is_table(node):
            words = node.args[0].value.split()
            for word in words:
                text = " ".join(other for other in words if other != word)
                yield node.lineno, f"without {word}", without(node.args[0], repr(text))


def _is_table(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "_names"
        and isinstance(node.args[0], ast.Constant)
    )


def survives(tree: Path, tests: list[str]) -> bool:
    """Tell whether the tests pass in a tree."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, cwd=tree, capture_output=True, timeout=600).returncode == 0


def main() -> int:
    """Try the mutations of the named files; the exit code is 1 where one survives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", default=FILES)
    parser.add_argument("--tests", nargs="+", default=list(TESTS))
    parser.add_argument("--every", type=int, default=1, help="try only each n-th mutation")
    given = parser.parse_args()
    alive = tried = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        for part in ("jupyter_kfp_ext", "tests"):
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("labextension"))
        for name in ("pyproject.toml", "conftest.py"):
            shutil.copy(ROOT / name, tree / name)
        for name in given.files:
            source = (ANALYSIS / name).read_text()
            target = tree / "jupyter_kfp_ext" / "analysis" / name
            for line, what, text in list(mutations(source))[:: given.every]:
                target.write_text(text)
                tried += 1
                if survives(tree, given.tests):
                    alive += 1
                    print(f"{name}:{line}: nothing misses: {what}", flush=True)
            target.write_text(source)
    print(f"{tried} mutations, {alive} survive")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
