"""Calls each tool for a figure: in its own environment, in a fresh folder, with patience."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from . import notebooks
from .elyra_pipeline import write as write_elyra
from .environments import MissingError, provide

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parents[1]
_SOURCES = os.pathsep.join((str(_HERE.parent), str(_ROOT)))
"""Where `peers` and our own package are imported from."""


class Tools:
    """The tools; knows where their environments are."""

    def __init__(self, environments: Path, folder: Path) -> None:
        """Keep environments in one folder, and work in another."""
        self._environments = environments
        self._folder = folder
        self._count = 0

    def own(self, *words: str) -> float:
        """Ask our own driver for a figure, in a home of its own."""
        return float(self._own(*words))

    def processor(self, count: int) -> tuple[float, float]:
        """Return the processor time of a bare Python and of our step, taken in turn."""
        bare, step = self._own("processor", str(count))
        return bare, step

    def _own(self, *words: str) -> Any:
        env = {
            **os.environ,
            "JUPYTER_KFP_HOME": str(self._fresh() / "home"),
            "PYTHONPATH": _SOURCES,
        }
        return _answer([sys.executable, "-m", "peers.own", *words], env)

    def kfp(self, mode: str, *words: str) -> float:
        """Run kfp.local, `best` or as it comes (`default`)."""
        python = self._python("kfp")
        command = [str(python), str(_HERE / "kfp_local.py"), mode, *words]
        return float(_answer(command, _first_on_path(python)))

    def kernel(self, raw: dict[str, Any]) -> float:
        """Run a notebook in one kernel by nbclient."""
        command = [str(self._python("nbclient")), str(_HERE / "one_kernel.py")]
        return float(_answer([*command, str(_written(raw, self._fresh()))]))

    def papermill(self, raw: dict[str, Any]) -> float:
        """Run a notebook by papermill's command line."""
        python, folder = self._python("nbclient"), self._fresh()
        path = _written(raw, folder)
        return _seconds([str(python.parent / "papermill"), str(path), "out.ipynb"], folder)

    def elyra(self, count: int) -> float:
        """Run a chain of notebooks by Elyra's command line."""
        python, folder = self._python("elyra"), self._fresh()
        path = write_elyra(folder, count)
        command = [str(python.parent / "elyra-pipeline"), "run", str(path)]
        return _seconds(command, folder, _first_on_path(python))

    def imported(self, environment: str, module: str, place: int) -> float:
        """Return what importing a module adds to a Jupyter server: seconds (0) or MB (1).

        `environment` is that of a peer; empty: our own.
        """
        python = str(self._python(environment)) if environment else sys.executable
        env = None if environment else {**os.environ, "PYTHONPATH": str(_ROOT)}
        return float(_answer([python, str(_HERE / "server_import.py"), module], env)[place])

    def compile(self, count: int) -> float:
        """Compile a notebook by our command line."""
        folder = self._fresh()
        _written(notebooks.chain(count), folder)
        code = "import sys; from jupyter_kfp_ext.cli.main import main; sys.exit(main())"
        command = [sys.executable, "-c", code, "compile", "n.ipynb", "-o", "n.yaml"]
        return _seconds(command, folder, {**os.environ, "PYTHONPATH": str(_ROOT)})

    def kale(self, count: int) -> float:
        """Compile a notebook by Kale's command line."""
        python, folder = self._python("kale"), self._fresh()
        _written(notebooks.chain(count), folder)
        return _seconds([str(python.parent / "kale"), "--nb", "n.ipynb"], folder)

    def _python(self, name: str) -> Path:
        return provide(self._environments, name)

    def _fresh(self) -> Path:
        self._count += 1
        place = self._folder / str(self._count)
        place.mkdir()
        return place


def patience() -> float:
    """Return the seconds after which a figure is given up."""
    return float(os.environ.get("BENCH_PATIENCE", "300"))


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


def _answer(command: list[str], env: dict[str, str] | None = None) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        printed = _run(command, folder, env)
    return json.loads(printed.splitlines()[-1])


def _written(raw: dict[str, Any], folder: Path) -> Path:
    path = folder / "n.ipynb"
    path.write_text(json.dumps(raw))
    return path


def _first_on_path(python: Path) -> dict[str, str]:
    return {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:120] if lines else "it said nothing"
