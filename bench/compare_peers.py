"""Measure this project beside its peers, same work, in one run on one machine.

`python bench/compare_peers.py [--rows WORDS] [--environments FOLDER] [--out docs/benchmarks.md]`.
Peers are installed from the package registry into environments of their own, which are kept.
`BENCH_PATIENCE` is after how many seconds a figure is given up. Figures of a row belong together:
read the ratios, not the seconds.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from peers import notebooks  # noqa: E402
from peers.elyra_pipeline import write as write_elyra  # noqa: E402
from peers.environments import MissingError, provide, version  # noqa: E402

OWN = "this project"
KFP, KFP_PLAIN = "kfp.local (best)", "kfp.local (as it comes)"
SIZES = {"1 kB": 1_000, "10 MB": 10_000_000, "1 GB": 1_000_000_000}


@dataclass
class Row:
    """One kind of work, and what it took each tool."""

    title: str
    floor: str
    """The tool that the ratios refer to: it does the least that the work needs."""
    tools: dict[str, Callable[[], float]]
    unit: str = "s"
    figures: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def measure(self) -> None:
        """Run all tools, one after another."""
        for name, call in self.tools.items():
            print(f"{self.title}: {name} ...", file=sys.stderr, flush=True)
            try:
                self.figures[name] = call()
            except MissingError as error:
                self.missing[name] = str(error)


class Bench:
    """Calls the tools; knows where their environments are."""

    def __init__(self, environments: Path, folder: Path) -> None:
        """Keep environments in one folder, and work in another."""
        self._environments = environments
        self._folder = folder
        self._count = 0

    def _fresh(self) -> Path:
        self._count += 1
        place = self._folder / str(self._count)
        place.mkdir()
        return place

    def own(self, *words: str) -> float:
        """Ask our own driver for a figure, in a home of its own."""
        env = {**os.environ, "JUPYTER_KFP_HOME": str(self._fresh() / "home")}
        env["PYTHONPATH"] = os.pathsep.join((str(HERE), str(HERE.parent)))
        return float(_answer([sys.executable, "-m", "peers.own", *words], env))

    def own_first(self, *words: str, place: int) -> float:
        """Ask for one of several figures."""
        env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(HERE), str(HERE.parent)))}
        return float(_answer([sys.executable, "-m", "peers.own", *words], env)[place])

    def kfp(self, mode: str, *words: str) -> float:
        """Run kfp.local."""
        python = provide(self._environments, "kfp")
        env = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
        return float(_answer([str(python), str(HERE / "peers/kfp_local.py"), mode, *words], env))

    def kernel(self, raw: dict[str, object]) -> float:
        """Run a notebook in one kernel."""
        python = provide(self._environments, "nbclient")
        path = self._fresh() / "n.ipynb"
        path.write_text(json.dumps(raw))
        return float(_answer([str(python), str(HERE / "peers/one_kernel.py"), str(path)]))

    def elyra(self, count: int) -> float:
        """Run a chain of notebooks by Elyra's command line."""
        python = provide(self._environments, "elyra")
        folder = self._fresh()
        path = write_elyra(folder, count)
        env = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
        return _seconds([str(python.parent / "elyra-pipeline"), "run", str(path)], folder, env)

    def elyra_import(self, place: int) -> float:
        """Return what importing Elyra's server extension adds: seconds or MB."""
        python = provide(self._environments, "elyra")
        code = (HERE / "peers" / "own.py").read_text().partition("if __name__")[0]
        code = code.replace("from . import notebooks", "")
        code += '\nprint(json.dumps(imported("elyra.elyra_app")))'
        return float(_answer([str(python), "-c", code])[place])

    def compile(self, count: int) -> float:
        """Compile a notebook by our command line."""
        folder = self._fresh()
        (folder / "n.ipynb").write_text(json.dumps(notebooks.chain(count)))
        code = "import sys; from jupyter_kfp_ext.cli.main import main; sys.exit(main())"
        command = [sys.executable, "-c", code, "compile", "n.ipynb", "-o", "n.yaml"]
        return _seconds(command, folder, {**os.environ, "PYTHONPATH": str(HERE.parent)})

    def kale(self, count: int) -> float:
        """Compile a notebook by Kale's command line."""
        python = provide(self._environments, "kale")
        folder = self._fresh()
        (folder / "n.ipynb").write_text(json.dumps(notebooks.chain(count)))
        return _seconds([str(python.parent / "kale"), "--nb", "n.ipynb"], folder)


def patience() -> float:
    """Return the seconds after which a figure is given up."""
    return float(os.environ.get("BENCH_PATIENCE", "300"))


def _run(command: list[str], folder: Path | str, env: dict[str, str] | None = None) -> str:
    """Run a command and return what it printed; raises `MissingError`."""
    try:
        done = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, text=True, timeout=patience()
        )
    except subprocess.TimeoutExpired:
        raise MissingError(f"more than {patience():g} s") from None
    if done.returncode:
        raise MissingError(f"failed: {_last_line(done.stderr or done.stdout)}")
    return done.stdout


def _seconds(command: list[str], folder: Path, env: dict[str, str] | None = None) -> float:
    start = time.perf_counter()
    _run(command, folder, env)
    return time.perf_counter() - start


def _answer(command: list[str], env: dict[str, str] | None = None):
    with tempfile.TemporaryDirectory() as folder:
        printed = _run(command, folder, env)
    return json.loads(printed.splitlines()[-1])


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:120] if lines else "it said nothing"


def bare(count: int) -> float:
    """Return the seconds of bare Python starts, one after another."""
    start = time.perf_counter()
    for _ in range(count):
        subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - start


def raw_write(size: int) -> float:
    """Return the seconds of writing bytes to a file and reading them, the least that is needed."""
    code = (
        "import json, sys, tempfile, time\ndata = bytes(int(sys.argv[1]))\n"
        "with tempfile.TemporaryFile(dir='.') as file:\n    start = time.perf_counter()\n"
        "    file.write(data); file.seek(0); file.read()\n"
        "    print(json.dumps(time.perf_counter() - start))"
    )
    return float(_answer([sys.executable, "-c", code, str(size)]))


def rows(bench: Bench) -> Iterable[Row]:
    """Yield all rows."""
    for count in (5, 50, 200, 1000):
        tools = {OWN: lambda n=count: bench.compile(n), "Kale": lambda n=count: bench.kale(n)}
        yield Row(f"compile {count} cells, process start included", OWN, tools)
    yield Row(
        "a run of one trivial step",
        "bare Python",
        {
            "bare Python": lambda: bare(1),
            OWN: lambda: bench.own("shape", "chain", "1"),
            KFP: lambda: bench.kfp("best", "chain", "1"),
            KFP_PLAIN: lambda: bench.kfp("default", "chain", "1"),
            "Elyra (its command)": lambda: bench.elyra(1),
            "nbclient": lambda: bench.kernel(notebooks.chain(1)),
        },
    )
    yield Row(
        "a chain of 50 trivial steps",
        "bare Python",
        {
            "bare Python": lambda: bare(50),
            OWN: lambda: bench.own("shape", "chain", "50"),
            KFP: lambda: bench.kfp("best", "chain", "50"),
            "nbclient, one kernel": lambda: bench.kernel(notebooks.chain(50)),
        },
    )
    yield Row(
        "a chain of three trivial steps",
        OWN,
        {
            OWN: lambda: bench.own("shape", "chain", "3"),
            KFP: lambda: bench.kfp("best", "chain", "3"),
            "Elyra (its command)": lambda: bench.elyra(3),
        },
    )
    yield Row(
        "the same again, cached",
        OWN,
        {
            OWN: lambda: bench.own("cached", "50"),
            KFP: lambda: bench.kfp("best", "cached", "50"),
        },
    )
    for title, shape, raw in (
        ("five steps of 2 s beside each other", "fan_out", notebooks.fan_out()),
        ("a loop over five items of 2 s", "loop", None),
    ):
        tools = {
            OWN: lambda s=shape: bench.own("shape", s),
            KFP: lambda s=shape: bench.kfp("best", s),
        }
        if raw is not None:
            tools["nbclient, one kernel"] = lambda r=raw: bench.kernel(r)
        yield Row(title, OWN, tools)
    for kind in notebooks.MAKE:
        for label, size in SIZES.items():
            if kind == "dict" and size > 10**8:
                continue  # ten million objects: the memory of most machines is not enough
            tools = {
                "raw write and read": lambda n=size: raw_write(n),
                OWN: lambda k=kind, n=size: bench.own("shape", "passing", k, str(n)),
                KFP: lambda k=kind, n=size: bench.kfp("best", "passing", k, str(n)),
            }
            yield Row(f"make and pass on {label} ({kind}), two steps", OWN, tools)
    for unit, place in (("s", 0), ("MB", 1)):
        yield Row(
            "server extension: what its import adds",
            OWN,
            {
                OWN: lambda p=place: bench.own_first("server", place=p),
                "Elyra": lambda p=place: bench.elyra_import(p),
            },
            unit,
        )
    for count in (10, 1000):
        yield Row(
            f"runner: peak memory, a loop of {count} items",
            OWN,
            {OWN: lambda n=count: bench.own("runner_memory", str(n))},
            "MB",
        )
    yield Row("list 20 of 10,000 runs", OWN, {OWN: lambda: bench.own("listing", "10000")}, "ms")
    yield Row(
        "end of a step to a follower (what the server pushes on)",
        OWN,
        {OWN: lambda: bench.own("latency")},
        "ms",
    )


def table(found: Iterable[Row]) -> str:
    """Return the rows as a table in Markdown."""
    lines = ["| work | tool | took | ratio |", "|---|---|---|---|"]
    for row in found:
        base = row.figures.get(row.floor)
        for name in row.tools:
            if name in row.missing:
                lines.append(f"| {row.title} | {name} | not run: {row.missing[name]} | |")
                continue
            figure = row.figures[name]
            ratio = f"{figure / base:.2f}" if base else ""
            lines.append(f"| {row.title} | {name} | {figure:.3g} {row.unit} | {ratio} |")
    return "\n".join(lines)


def page(found: list[Row], environments: Path) -> str:
    """Return the whole page."""
    versions = [f"Python {platform.python_version()}", f"{os.cpu_count()} processors"]
    for name, distribution in (
        ("kfp", "kfp"),
        ("kale", "kubeflow-kale"),
        ("elyra", "elyra"),
        ("nbclient", "nbclient"),
    ):
        python = environments / name / "bin" / "python"
        if python.exists():
            versions.append(f"{distribution} {version(python, distribution)}")
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    day = datetime.now(timezone.utc).date().isoformat()
    return (
        "# Benchmarks\n\n"
        "Written by `make bench` (`bench/compare_peers.py`): the same work by this project and its "
        "peers, each in an environment of its own, in one run on one machine. A ratio is to the "
        "first tool of its row, or to this project; other load on the machine slows all of them, "
        "so read the ratios, not the seconds.\n\n"
        f"{day}; {'; '.join(versions)}; load at the end {load} (more than the processors: busy)."
        "\n\nRuns of this project and kfp.local are timed from a warm process; compiling and Elyra "
        "are whole commands. kfp.local as it comes makes a virtual environment for each step. "
        "Kale runs on a cluster only, Elyra whole notebooks only.\n\n"
        f"{table(found)}\n"
    )


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    parser.add_argument("--rows", default="", help="only rows whose title has this text")
    parser.add_argument("--environments", type=Path, default=cache / "jupyter-kfp-bench")
    parser.add_argument("--out", type=Path, help="where the page is written")
    options = parser.parse_args()
    environments = options.environments.absolute()
    environments.mkdir(parents=True, exist_ok=True)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(Bench(environments, Path(folder))):
            if options.rows in row.title:
                row.measure()
                found.append(row)
                if options.out:
                    options.out.write_text(page(found, environments))
    print(page(found, environments))


if __name__ == "__main__":
    main()
