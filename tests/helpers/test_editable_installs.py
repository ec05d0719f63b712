"""Projects installed to be edited by the builders themselves, in each of their styles.

Each is built by the hook that `pip install -e` calls, unpacked into a `site-packages`, and used by
a notebook that lies elsewhere. The project is then taken away, and the notebook is run.
"""

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.ways import Places, shipping
from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.runs.chain import plan_notebook, submit
from jupyter_kfp_ext.runs.follow import follow_blocking
from jupyter_kfp_ext.runs.outputs import executed_notebook
from tests.support.notebooks import code_cell, notebook_json
from tests.support.pod_commands import Tasks

SETUPTOOLS = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
HATCHLING = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
PROJECT = '[project]\nname = "ours"\nversion = "1.0"\n'


@dataclass(frozen=True)
class Installed:
    """A project, how it is built, and the file by which the environment knows of it."""

    backend: str
    files: tuple[str, ...]
    """Modules; each has a `word`, its own path."""
    cell: str
    prints: str
    leaves: str
    said: str = ""
    settings: dict[str, str] = field(default_factory=dict)


SRC = ("src/ours/__init__.py", "src/ours/part.py")
FLAT = ("ours/__init__.py", "ours/part.py")
USE = "from ours import part\nprint(part.word)"

STYLES = {
    "setuptools, src layout": Installed(SETUPTOOLS, SRC, USE, SRC[1], "__editable__.*.pth"),
    "setuptools, finder": Installed(
        SETUPTOOLS,
        (*FLAT, "tests/test_x.py"),
        USE,
        FLAT[1],
        "__editable___*_finder.py",
        '[tool.setuptools]\npackages = ["ours"]\n',
    ),
    "setuptools, finder of a folder with another name": Installed(
        SETUPTOOLS,
        ("code/__init__.py", "code/part.py"),
        USE,
        "code/part.py",
        "__editable___*_finder.py",
        '[tool.setuptools]\npackages = ["ours"]\npackage-dir = {"ours" = "code"}\n',
    ),
    "setuptools, finder of a single module": Installed(
        SETUPTOOLS,
        ("ours.py", "noise.py"),
        "import ours\nprint(ours.word)",
        "ours.py",
        "__editable___*_finder.py",
        '[tool.setuptools]\npy-modules = ["ours"]\n',
    ),
    "setuptools, finder of a namespace": Installed(
        SETUPTOOLS,
        ("company/ours/__init__.py", "company/ours/part.py", "other.py"),
        "from company.ours import part\nprint(part.word)",
        "company/ours/part.py",
        "__editable___*_finder.py",
        '[tool.setuptools]\npackages = ["company.ours"]\n',
    ),
    "setuptools, strict": Installed(
        SETUPTOOLS,
        SRC,
        USE,
        SRC[1],
        "__editable__.*.pth",
        settings={"editable_mode": "strict"},
    ),
    "setuptools, compat": Installed(
        SETUPTOOLS,
        FLAT,
        USE,
        FLAT[1],
        "__editable__.*.pth",
        '[tool.setuptools]\npackages = ["ours"]\n',
        settings={"editable_mode": "compat"},
    ),
    "hatchling, src layout": Installed(HATCHLING, SRC, USE, SRC[1], "_*ours.pth"),
    "hatchling, flat": Installed(HATCHLING, FLAT, USE, FLAT[1], "_*ours.pth"),
    "hatchling, folders named by hand": Installed(
        HATCHLING,
        ("lib/ours/__init__.py", "lib/ours/part.py"),
        USE,
        "lib/ours/part.py",
        "_*ours.pth",
        '[tool.hatch.build.targets.wheel]\npackages = ["lib/ours"]\n'
        '[tool.hatch.build]\ndev-mode-dirs = ["lib"]\n',
    ),
}

BUILD = (
    "import importlib, json, sys; "
    "hooks = importlib.import_module(sys.argv[1]); "
    "print(hooks.build_editable(sys.argv[2], json.loads(sys.argv[3])))"
)


def _can_build() -> bool:
    try:
        return bool(version("editables")) and int(version("setuptools").partition(".")[0]) >= 71
    except PackageNotFoundError:
        return False


pytestmark = pytest.mark.skipif(
    not _can_build(), reason="needs setuptools 71 and editables: pip install -e .[test]"
)


def install(style: Installed, project: Path, prefix: Path) -> Path:
    """Install a project to be edited into an environment of its own; return its interpreter."""
    for name in style.files:
        place = project / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"word = {name!r}\n")
    (project / "pyproject.toml").write_text(style.backend + PROJECT + style.said)
    backend = style.backend.split('"')[-2]
    built = subprocess.run(
        [sys.executable, "-c", BUILD, backend, str(prefix.parent), json.dumps(style.settings)],
        cwd=project,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    venv = [sys.executable, "-m", "venv", "--without-pip", "--symlinks", str(prefix)]
    subprocess.run(venv, check=True)
    (site,) = prefix.glob("lib/python3*/site-packages")
    with zipfile.ZipFile(prefix.parent / built.stdout.split()[-1]) as wheel:
        wheel.extractall(site)
    assert list(site.glob(style.leaves)), [each.name for each in site.iterdir()]
    return prefix / "bin" / "python"


@pytest.mark.parametrize("style", STYLES.values(), ids=[name.replace(" ", "-") for name in STYLES])
def test_steps_have_what_is_installed_to_be_edited(style, kfp_home, tmp_path):
    project = tmp_path / "project"
    python = install(style, project, tmp_path / "venv")
    works = subprocess.run([python, "-c", style.cell], capture_output=True, text=True, cwd=tmp_path)
    assert works.stdout == f"{style.prints}\n", works.stderr

    raw = notebook_json(code_cell(style.cell, step="s0"))
    path = tmp_path / "elsewhere" / "n.ipynb"
    path.parent.mkdir()
    path.write_text(json.dumps(raw))
    notebook = parse_notebook(raw, path.name, str(path))
    compiled = compile_plan(plan_notebook(notebook), path.parent, str(python))
    assert compiled.problems == ()
    project.rename(tmp_path / "gone")

    run_id = submit(compiled, python=str(python)).run_id
    *_, last = follow_blocking(run_id)
    assert [step.error for step in last.status.steps] == [None]
    (cell,) = executed_notebook(run_id)["cells"]
    assert [each["text"] for each in cell["outputs"]] == [f"{style.prints}\n"]

    place = tmp_path / "pods"
    place.mkdir()
    done = Tasks(shipping(compiled, compiled.bundle, "embed", Places()).form, place).all()["s0"]
    assert (done.code, done.text) == (0, f"{style.prints}\n")
