"""Drops rules of the analysis one at a time and says which of them no notebook misses.

`python tools/mutate_analysis.py [FILE...] [--sample N] [--seed S]`. A mutation takes one word
out of a table of names, or makes one `if` always go one way. A forked process plans every notebook
of the tests with it; those whose plan differs are run, until one gives another answer than before.
What no notebook misses is tried with the tests that look at plans themselves.
"""

import argparse
import ast
import importlib.abc
import importlib.util
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ANALYSIS = ROOT / "jupyter_kfp_ext" / "analysis"
FILES = ("calls.py", "world.py", "replayable.py", "callee.py", "interpret.py", "flow.py",
         "user_code.py", "machine.py", "heap.py", "graph.py", "order.py", "setups.py")  # fmt: skip
OF_PLANS = ("test_plan.py", "test_cell_facts.py", "test_observed.py", "test_magics.py",
            "test_settings_reach.py", "test_wild_names.py", "test_tables_of_calls.py")  # fmt: skip
"""Tests that compare plans, not answers."""
_MOST_ROWS = 15
"""Rows of the table that are run for a mutation that changes their plans."""
_LIMIT = 300
"""Seconds for the notebooks of one mutation; one that never ends is missed."""


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


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports one module of the analysis from another text."""

    def __init__(self, file: str, text: str) -> None:
        self.name = f"jupyter_kfp_ext.analysis.{Path(file).stem}"
        self.text = text

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        """Find the one module."""
        return importlib.util.spec_from_loader(name, self) if name == self.name else None

    def get_source(self, fullname: str) -> str:
        """Return the mutated text."""
        return self.text


def apart(run: Callable[[], Any], mutated: Mutated | None) -> Any:
    """Return what a function returns in a forked process that imports the project itself."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        signal.alarm(_LIMIT)
        try:
            os.close(reading)
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, 1)
            os.dup2(silent, 2)
            if mutated is not None:
                sys.meta_path.insert(0, mutated)
            answer = run()
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(answer, pipe)
        except BaseException:
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(child, 0)
    return pickle.loads(data) if status == 0 else None


def notebooks() -> dict[str, Any]:
    """Return the notebooks of the tests of the analysis, and the rows of the table, by name."""
    import test_state_of_classes
    import test_state_of_definitions
    import test_what_code_gives_back as given_back
    import test_what_code_runs
    from notebooks import cells_of

    from tests.same_answer.reading import read_cases

    found: dict[str, Any] = {}
    for tables in (
        test_state_of_classes.NOTEBOOKS,
        test_state_of_definitions.NOTEBOOKS,
        given_back.NOTEBOOKS,
        test_what_code_runs.NOTEBOOKS,
    ):
        found |= {name: cells_of(text) for name, text in tables.items()}
    for way in given_back.WAYS:
        found[way] = [given_back.DEFINITIONS, "s = Given()", way, "v.append(2)", "print(POOL)"]
    return found | {case.id: case for case in read_cases() if "wrong" not in case.said}


def plan_of(notebook: Any) -> Any:
    """Return the plan of a notebook with one step a cell."""
    import notebooks as oracle

    cells = list(notebook) if isinstance(notebook, list) else _marked(notebook)
    return oracle.plan_of(*cells)


def _marked(case: Any) -> list[Any]:
    """Return the cells of a row as the oracle has them; helper files are left out."""
    return [
        (cell.marks["role"], cell.source) if "role" in cell.marks else cell.source
        for cell in case.cells
    ]


def in_words(plan: Any) -> str:
    """Return all of a plan that a run depends on."""
    steps = [
        {key: value for key, value in vars(step).items() if key != "options"} for step in plan.steps
    ]
    return repr((steps, [(each.code, each.cell, each.severity) for each in plan.problems]))


def plans() -> dict[str, str]:
    """Return the plans of all notebooks, by their names."""
    return {name: _plan_in_words(notebook) for name, notebook in notebooks().items()}


def _plan_in_words(notebook: Any) -> str:
    try:
        return in_words(plan_of(notebook))
    except Exception as error:
        return repr(error)


def first_missing(known: dict[str, str]) -> tuple[str, list[str]]:
    """Return a notebook that answers wrongly now, or those rows whose plans are others."""
    from notebooks import run_plan, run_straight

    changed = [name for name, plan in plans().items() if plan != known[name]]
    every = notebooks()
    rows = []
    for name in changed:
        notebook = every[name]
        if not isinstance(notebook, list):
            rows.append(name)
            continue
        try:
            if run_plan(plan_of(notebook)) != run_straight(notebook):
                return name, []
        except Exception:
            return name, []
    return "", rows


def answers(rows: list[str]) -> dict[str, Any]:
    """Run rows of the table through the specification and the step runtime."""
    from tests.same_answer.comparing import comparable
    from tests.same_answer.pipelines import notebook_of, one_step_a_cell
    from tests.same_answer.quick import QuickRunner

    every = notebooks()
    runner = QuickRunner()
    found = {}
    for name in rows:
        case = every[name]
        with tempfile.TemporaryDirectory() as folder:
            for file, text in case.files.items():
                path = Path(folder, file)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            answer = runner.run(notebook_of(case, one_step_a_cell(case)), Path(folder))
        outputs = [comparable(each, case.differs) for each in answer.outputs]
        found[name] = (answer.refused, outputs, [error for error, _ in answer.errors])
    runner.close()
    return found


class Judge:
    """Knows what the notebooks answer, and tells whether one of them misses what was dropped."""

    def __init__(self) -> None:
        self.plans: dict[str, str] = apart(plans, None)
        self.rows: dict[str, Any] = {}

    def misses(self, mutated: Mutated) -> bool:
        """Tell whether a notebook or a test of plans misses it."""
        found = apart(lambda: first_missing(self.plans), mutated)
        if found is None or found[0]:
            return True
        rows = found[1][:_MOST_ROWS]
        new = [name for name in rows if name not in self.rows]
        if new:
            self.rows |= apart(lambda: answers(new), None) or {}
        expected = {name: self.rows[name] for name in rows if name in self.rows}
        if expected and apart(lambda: answers(list(expected)), mutated) != expected:
            return True
        return not _plan_tests_pass(mutated)


def _plan_tests_pass(mutated: Mutated) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        for part in ("jupyter_kfp_ext", "tests"):
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("labextension"))
        for name in ("pyproject.toml", "conftest.py"):
            shutil.copy(ROOT / name, tree / name)
        target = tree / (mutated.name.replace(".", "/") + ".py")
        target.write_text(mutated.text)
        tests = [f"tests/analysis/{name}" for name in OF_PLANS]
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
        environment = {**os.environ, "PYTHONPATH": str(tree)}
        done = subprocess.run(command, cwd=tree, capture_output=True, env=environment)
        return done.returncode == 0


def main() -> int:
    """Try the mutations of the named files; the exit code is 1 where one survives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", default=FILES)
    parser.add_argument("--sample", type=int, default=0, help="try only so many, chosen by --seed")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "analysis")]
    every = [
        (name, *mutation)
        for name in given.files
        for mutation in mutations((ANALYSIS / name).read_text())
    ]
    chosen = random.Random(given.seed).sample(every, given.sample) if given.sample else every
    judge = Judge()
    alive = 0
    for name, line, what, text in chosen:
        if not judge.misses(Mutated(name, text)):
            alive += 1
            print(f"{name}:{line}: nothing misses: {what}", flush=True)
    tried, rate = len(chosen), alive / max(len(chosen), 1)
    print(
        f"{tried} of {len(every)} mutations tried: {tried - alive} killed, {alive} survived", end=""
    )
    print(f", {rate:.1%} with equal answers")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
