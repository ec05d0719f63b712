"""Mature modules from a wheel that is built of the user's project: when, of what, what fails."""

import subprocess
import sys

import pytest
from plan_builder import make_plan, step

from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.errors import Code, KfpExtError
from jupyter_kfp_ext.helpers import project_wheel
from jupyter_kfp_ext.helpers.project_wheel import build_wheel, known_wheel
from jupyter_kfp_ext.notation.options import HelpersPackage, PipelineSettings

BACKEND = """
import zipfile
from pathlib import Path


def build_wheel(directory, config_settings=None, metadata_directory=None):
    made = "ours-1.0-py3-none-any.whl"
    with zipfile.ZipFile(Path(directory, made), "w") as wheel:
        for path in sorted(Path("src").glob("*.py")):
            wheel.write(path, path.name)
        about = "Metadata-Version: 2.1\\nName: ours\\nVersion: 1.0\\n"
        for name, text in (
            ("METADATA", about),
            ("WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n"),
            ("RECORD", ""),
        ):
            wheel.writestr(f"ours-1.0.dist-info/{name}", text)
    Path("left-behind").touch()
    return made
"""
"""Of the project itself, so it needs no download (PEP 517, `backend-path`)."""
PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


@pytest.fixture
def project(tmp_path, kfp_home):
    folder = tmp_path / "ours"
    (folder / "src").mkdir(parents=True)
    (folder / "notebooks").mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "backend.py").write_text(BACKEND)
    (folder / "src" / "images.py").write_text("n = 1\n")
    return folder


@pytest.fixture
def quick(monkeypatch):
    """Build by the backend alone, without what provides it; returns a switch for its name."""
    name = ["ours-1.0-py3-none-any.whl"]

    def commands(_copy, out):
        out.mkdir()
        code = f"import backend, os; made = backend.build_wheel({str(out)!r})\n"
        code += f"os.rename({str(out)!r} + '/' + made, {str(out)!r} + '/' + {name[0]!r})"
        yield [sys.executable, "-c", code]

    monkeypatch.setattr(project_wheel, "_commands", commands)
    return name


def compiled(project, requirement="..", module="images", wheel_of=build_wheel):
    mature = HelpersPackage(module, requirement)
    settings = PipelineSettings(helpers_packages=(mature,))
    plan = make_plan(step("uses", modules=("images",)), settings=settings)
    return compile_plan(plan, project / "notebooks", wheel_of=wheel_of)


def test_a_real_build_goes_along_as_a_wheel_by_path(project):
    pipeline = compiled(project)
    name = "wheels/ours-1.0-py3-none-any.whl"
    assert pipeline.packages == {"uses": (name,)}
    assert list(pipeline.code.files) == [name]
    assert not (project / "left-behind").exists()


def test_looking_builds_nothing(project, quick):
    assert known_wheel(project) is None
    pipeline = compiled(project, wheel_of=known_wheel)
    assert pipeline.code.files == {}
    built = build_wheel(project)
    assert known_wheel(project) == built
    assert list(compiled(project, wheel_of=known_wheel).code.files) == [f"wheels/{built.name}"]


@pytest.mark.parametrize(
    ("path", "text", "another"),
    [
        ("src/images.py", "n = 2\n", True),
        ("src/more.py", "", True),
        ("notebooks/n.ipynb", "{}", False),
        ("dist/old.whl", "", False),
        (".venv/lib.py", "", False),
    ],
)
@pytest.mark.parametrize("git", [True, False])
def test_it_is_built_again_where_the_project_is_another(project, quick, path, text, another, git):
    if git:
        subprocess.run(["git", "init", "-q", str(project)], check=True)
        (project / ".gitignore").write_text("dist\n.venv\n")
    before = build_wheel(project)
    (project / path).parent.mkdir(exist_ok=True)
    (project / path).write_text(text)
    assert (build_wheel(project) != before) is another


@pytest.mark.parametrize(
    ("change", "requirement", "module", "words"),
    [
        ({}, "../gone", "images", "There is no project ../gone"),
        ({}, ".", "images", "There is no pyproject.toml"),
        ({"backend.py": "raise SystemExit('too old')"}, "..", "images", "too old"),
        ({"backend.py": "def build_wheel(out): return '.'"}, "..", "images", "could not be built"),
        ({}, "..", "elsewhere", "has no module elsewhere"),
        ({"src/images.py": None}, "..", "images", "has no module images"),
    ],
)
def test_what_cannot_be_built_is_told(project, quick, change, requirement, module, words):
    for path, text in change.items():
        if text is None:
            (project / path).rename(project / "images.py")
        else:
            (project / path).write_text(text)
    with pytest.raises(KfpExtError) as error:
        compiled(project, requirement, module)
    assert (error.value.code, error.value.problems[0].option) == (
        Code.OPTION_INVALID,
        "helpers_packages",
    )
    assert words in str(error.value)


def test_a_wheel_for_one_platform_is_refused(project, quick):
    quick[0] = "ours-1.0-cp311-cp311-linux_x86_64.whl"
    with pytest.raises(KfpExtError, match="one platform only"):
        build_wheel(project)


def test_a_project_full_of_data_is_refused(project, monkeypatch):
    monkeypatch.setattr(project_wheel, "_MOST_FILES", 2)
    with pytest.raises(KfpExtError, match="3 files"):
        build_wheel(project)


def test_where_nothing_builds_it_is_said(project, monkeypatch):
    monkeypatch.setattr(project_wheel, "_commands", lambda _copy, _out: iter(()))
    with pytest.raises(KfpExtError, match="neither uv nor pip"):
        build_wheel(project)
