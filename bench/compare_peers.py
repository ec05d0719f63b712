"""Measure this project beside its peers, same work, in one run on one machine.

`python bench/compare_peers.py [--rows WORDS] [--environments FOLDER] [--out docs/benchmarks.md]`.
Peers are installed from the package registry into environments of their own, which are kept.
`BENCH_PATIENCE` is after how many seconds a figure is given up. Figures of a row belong together:
read the ratios, not the seconds.
"""

import argparse
import compileall
import os
import platform
import sys
import tempfile
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from peers.environments import version  # noqa: E402
from peers.rows import Row, rows  # noqa: E402
from peers.tools import Tools  # noqa: E402


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
        "\n\nRuns of this project and kfp.local are timed from a warm process, a second after an "
        "earlier run in it, as in a Jupyter server; compiling and Elyra are whole commands. "
        "kfp.local as it comes makes a virtual environment for each step. Rows about processor "
        "time and passing values give the best of three turns of all tools. "
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
    # All tools are measured as they are once installed: with their modules compiled.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(HERE.parent / "jupyter_kfp_ext", quiet=1)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(Tools(environments, Path(folder))):
            if options.rows in row.title:
                row.measure()
                found.append(row)
                if options.out:
                    options.out.write_text(page(found, environments))
    print(page(found, environments))


if __name__ == "__main__":
    main()
