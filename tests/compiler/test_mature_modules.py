"""Modules that are installed by name: whose files are left out, and who installs what."""

import io
import json
import zipfile

import pytest
from plan_builder import make_plan, step

from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.errors import Code, KfpExtError
from jupyter_kfp_ext.notation.options import HelpersPackage, PipelineSettings
from tests.support.wheelhouse import add_wheel


@pytest.fixture
def project(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "__init__.py").write_text("from .load import double\n")
    (tmp_path / "images" / "load.py").write_text("def double(n):\n    return 2 * n\n")
    (tmp_path / "images_old.py").write_text("n = 1\n")
    (tmp_path / "draft.py").write_text("n = 2\n")
    return tmp_path


def compiled(project, *mature, modules=("images", "images_old", "draft")):
    settings = PipelineSettings(helpers_packages=tuple(HelpersPackage(*each) for each in mature))
    plan = make_plan(step("uses", modules=modules), step("none"), settings=settings)
    return compile_plan(plan, project)


def slice_of(pipeline, task):
    with zipfile.ZipFile(io.BytesIO(pipeline.bundle)) as archive:
        return json.loads(archive.read(f"steps/{task}.json")), archive.namelist()


@pytest.mark.parametrize(
    ("mature", "sent", "installed"),
    [
        ((), ["draft.py", "images/__init__.py", "images/load.py", "images_old.py"], []),
        ((("images", "ourimages==1.2"),), ["draft.py", "images_old.py"], ["ourimages==1.2"]),
        (
            (("draft", "drafts[all]==1"), ("images", "i @ https://example.org/i-1-py3.whl")),
            ["images_old.py"],
            ["drafts[all]==1", "i @ https://example.org/i-1-py3.whl"],
        ),
        (
            (("images.load", "loader==2"),),
            ["draft.py", "images/__init__.py", "images_old.py"],
            ["loader==2"],
        ),
        ((("elsewhere", "other==1"),), None, []),
    ],
)
def test_what_is_sent_and_what_is_installed(project, mature, sent, installed):
    own, names = slice_of(compiled(project, *mature), "uses")
    if sent is None:
        sent = ["draft.py", "images/__init__.py", "images/load.py", "images_old.py"]
    assert own["helpers"] == [f"helpers/{each}" for each in sent]
    assert own.get("packages", []) == installed
    assert [each for each in names if each.startswith("helpers/")] == own["helpers"]


def test_a_step_that_does_not_use_it_installs_nothing(project):
    own, _ = slice_of(compiled(project, ("images", "ourimages==1.2")), "none")
    assert "packages" not in own


@pytest.mark.parametrize("requirement", ["ourimages", "ourimages>=1", "ourimages==1.*", "", "a b"])
def test_a_requirement_must_say_one_version(project, requirement):
    with pytest.raises(KfpExtError) as error:
        compiled(project, ("images", requirement))
    assert (error.value.code, error.value.problems[0].option) == (
        Code.OPTION_INVALID,
        "helpers_packages",
    )


def test_a_wheel_goes_along_and_is_installed_by_who_uses_it(project):
    add_wheel(project, "images", "1.2")
    name = "images-1.2-py3-none-any.whl"
    pipeline = compiled(project, ("images", name))
    own, names = slice_of(pipeline, "uses")
    assert own["helpers"] == ["helpers/draft.py", "helpers/images_old.py", f"wheels/{name}"]
    assert own["packages"] == [f"wheels/{name}"]
    assert pipeline.packages["none"] == ()
    assert pipeline.code.sources[f"wheels/{name}"] == str(project / name)
    assert f"wheels/{name}" in names
    add_wheel(project, "images", "1.2", "another")
    assert compiled(project, ("images", name)).bundle_hash != pipeline.bundle_hash


@pytest.mark.parametrize("path", ["gone-1-py3-none-any.whl", "../gone.whl"])
def test_a_wheel_that_is_not_there_is_told(project, path):
    with pytest.raises(KfpExtError, match="There is no wheel"):
        compiled(project, ("images", path))
