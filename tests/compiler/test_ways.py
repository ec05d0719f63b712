"""The forms in which code reaches the steps: commands run as pods run them, and what fits."""

import io
import random
import shutil
import zipfile

import pytest
from plan_builder import make_plan, step
from pod_commands import Tasks

from jupyter_kfp_ext.compiler.budget import Verdict, measure
from jupyter_kfp_ext.compiler.code_artifacts import (
    RUNTIME_KEY,
    object_name,
    parts_by_import,
    runtime_by_task,
    shared_parts,
)
from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.inline import all_inline
from jupyter_kfp_ext.compiler.package import write_package
from jupyter_kfp_ext.compiler.protobuf import checked_pipeline, checked_platform
from jupyter_kfp_ext.compiler.ways import WAYS, Places, shipping
from jupyter_kfp_ext.errors import Code, KfpExtError
from jupyter_kfp_ext.notation.options import (
    HelpersVolume,
    PipelineSettings,
    Security,
    StepOptions,
    Volume,
)

PLACES = Places("team", "code", "minio://mlpipeline/kfp-code")


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "tools.py").write_text("def double(n):\n    return 2 * n\n")
    (folder / "words.py").write_text("LOUD = str.upper\n")
    return folder


def three(changed="print(x)\n", settings=None, **options):
    """Return three steps: two share a helper module, one has none."""
    common = StepOptions(**options)
    return make_plan(
        step(
            "make",
            "import tools\nx = tools.double(21)\n",
            outputs=("x",),
            modules=("tools",),
            options=common,
        ),
        step(
            "again",
            "import tools\ny = tools.double(x)\n",
            inputs=[("make", ("x",))],
            outputs=("y",),
            modules=("tools",),
            options=common,
        ),
        step("show", changed, inputs=[("make", ("x",)), ("again", ("y",))], options=common),
        settings=settings,
    )


def commands(form):
    """Return what KFP's cache knows of each step: command and the places of shared parts."""
    executors = form.spec["deploymentSpec"]["executors"]
    return {
        label: (
            each["container"]["args"]
            if "container" in each
            else each["importer"]["artifactUri"]["constant"]
        )
        for label, each in executors.items()
    }


@pytest.mark.parametrize("make", [all_inline, runtime_by_task])
def test_self_contained_commands_run_with_nothing_beside_them(tmp_path, project, make):
    compiled = compile_plan(three("print(x, y)\n"), project)
    place = tmp_path / "pods"
    place.mkdir()
    form = make(compiled, compiled.bundle)
    done = Tasks(form, place).all()
    assert {name: each.code for name, each in done.items()} == dict.fromkeys(done, 0), done
    assert "42 84" in done["show"].text


def test_imported_parts_are_what_the_steps_run(tmp_path, project):
    compiled = compile_plan(three("print(x, y)\n"), project)
    objects = {}
    for part in shared_parts(compiled, compiled.bundle):
        path = tmp_path / object_name(part)
        path.write_bytes(part.content)
        objects[f"{PLACES.store}/{object_name(part)}"] = path
    place = tmp_path / "pods"
    place.mkdir()
    form = parts_by_import(compiled, compiled.bundle, PLACES.store)
    done = Tasks(form, place, objects=objects).all()
    assert "42 84" in done["show"].text, done
    # A part that is not what was compiled is refused.
    for path in objects.values():
        with zipfile.ZipFile(path) as archive:
            changed = [(name, archive.read(name) + b"\n") for name in archive.namelist()]
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in changed:
                archive.writestr(name, content)
    place = tmp_path / "more pods"
    place.mkdir()
    done = Tasks(form, place, objects=objects).all()
    assert {each.code for each in done.values()} == {1}
    assert '"code-changed"' in done["make"].said


@pytest.mark.parametrize("make", [runtime_by_task, lambda *a: parts_by_import(*a, PLACES.store)])
def test_a_change_of_one_step_changes_only_its_own_command(project, make):
    """KFP's cache key is the command and the input artifacts: others stay in the cache."""
    before = compile_plan(three(), project)
    after = compile_plan(three("print('other')\n"), project)
    first, second = (commands(make(each, each.bundle)) for each in (before, after))
    assert {label for label in first if first[label] != second[label]} == {"exec-show"}


def test_a_change_of_a_helper_changes_the_steps_that_use_it(project):
    before = compile_plan(three(), project)
    (project / "tools.py").write_text("def double(n):\n    return n + n\n")
    after = compile_plan(three(), project)
    first, second = (
        commands(parts_by_import(each, each.bundle, PLACES.store)) for each in (before, after)
    )
    changed = {label for label in first if first[label] != second[label]}
    assert changed == {"exec-make", "exec-again", "exec-kfp-helpers"}


def test_parts_are_shared_by_the_steps_that_have_them_in_common(project):
    compiled = compile_plan(three(), project)
    runtime, helpers = shared_parts(compiled, compiled.bundle)
    assert (runtime.key, runtime.steps) == (RUNTIME_KEY, {"make", "again", "show"})
    assert (helpers.paths, helpers.steps) == ({"helpers/tools.py"}, {"make", "again"})
    with zipfile.ZipFile(io.BytesIO(helpers.content)) as archive:
        assert archive.read("helpers/tools.py") == (project / "tools.py").read_bytes()


def test_every_form_is_what_kfp_reads(project):
    compiled = compile_plan(three(), project)
    for way in WAYS:
        made = shipping(compiled, compiled.bundle, way, PLACES)
        assert checked_pipeline(made.form.spec) == made.form.spec
        if made.form.platform:
            assert checked_platform(made.form.platform) == made.form.platform
        assert made.fits


def test_how_many_steps_are_self_contained():
    """The figures of docs/compiling.md: two with the runtime in each, some 22 with a task of it."""

    def verdict(count, make):
        compiled = compile_plan(make_plan(*[step(f"s{n}") for n in range(count)]), None)
        return measure(make(compiled, compiled.bundle)).verdict

    assert verdict(2, all_inline) is Verdict.FITS
    assert verdict(4, all_inline) is not Verdict.FITS
    assert verdict(22, runtime_by_task) is Verdict.FITS
    assert verdict(45, runtime_by_task) is Verdict.STALE


def test_a_volume_is_mounted_beside_those_of_the_step(project):
    mine = (Volume(claim="data", path="/data"),)
    compiled = compile_plan(three(volumes=mine), project)
    made = shipping(compiled, compiled.bundle, "volume", PLACES)
    executors = made.form.platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    mounts = executors["exec-make"]["pvcMount"]
    assert [(each["constant"], each["mountPath"]) for each in mounts] == [
        ("data", "/data"),
        ("team", "/kfp-code"),
    ]
    assert mounts[1]["subPath"] == f"code/{compiled.bundle_hash}"
    assert all("configMapAsVolume" not in each for each in executors.values())
    # The compiled pipeline itself stays as it was.
    assert "configMapAsVolume" in str(compiled.platform)


def test_live_steps_import_from_the_working_tree_and_nothing_is_cached(tmp_path, project):
    compiled = compile_plan(three("print(x, y)\n"), project)
    (project / "tools.py").write_text("def double(n):\n    return 10 * n\n")
    places = Places("team", "code", live="ada/project")
    form = shipping(compiled, compiled.bundle, "volume", places).form
    executors = form.platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    mounts = [(each["mountPath"], each["subPath"]) for each in executors["exec-make"]["pvcMount"]]
    assert mounts == [
        ("/kfp-code", f"code/{compiled.bundle_hash}"),
        ("/kfp-live", "ada/project"),
    ]
    assert [task["cachingOptions"] for task in form.spec["root"]["dag"]["tasks"].values()] == [
        {}
    ] * 3
    bundle = tmp_path / "code.zip"
    bundle.write_bytes(compiled.bundle)
    for executor in form.spec["deploymentSpec"]["executors"].values():
        container = executor["container"]
        container["args"][0] = str(bundle)
        assert container["env"] == [{"name": "KFP_LIVE", "value": "/kfp-live"}]
        container["env"] = [{"name": "KFP_LIVE", "value": str(project)}]
    place = tmp_path / "pods"
    place.mkdir()
    assert "210 2100" in Tasks(form, place).all()["show"].text
    shutil.rmtree(project)
    project.mkdir()
    place = tmp_path / "more pods"
    place.mkdir()
    done = Tasks(form, place).all()
    assert "no working tree" in done["make"].said
    assert {way: bool(places.missing(way)) for way in WAYS} == {
        "configmap": True,
        "volume": False,
        "artifact": True,
        "embed": True,
    }


def test_the_task_with_the_runtime_starts_where_the_steps_start(project):
    compiled = compile_plan(three(image="lab/py:1", security=Security(run_as_user=1000)), project)
    form = runtime_by_task(compiled, compiled.bundle)
    (label,) = set(form.spec["deploymentSpec"]["executors"]) - set(
        compiled.spec["deploymentSpec"]["executors"]
    )
    assert form.spec["deploymentSpec"]["executors"][label]["container"]["image"] == "lab/py:1"
    settings = form.platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"][label]
    assert settings == {"securityContext": {"runAsUser": "1000"}}


def test_a_step_called_like_the_task_of_the_runtime():
    plan = make_plan(step("kfp-runtime"), *[step(f"s{n}") for n in range(4)])
    compiled = compile_plan(plan, None)
    form = runtime_by_task(compiled, compiled.bundle)
    assert len(form.spec["root"]["dag"]["tasks"]) == 6


@pytest.mark.parametrize(
    ("settings", "delivery", "beside"),
    [
        (PipelineSettings(), "embed", []),
        (PipelineSettings(helpers="auto"), "embed", []),
        (PipelineSettings(helpers="embed"), "embed", []),
        (PipelineSettings(helpers="configmap"), "configmap", ["p.configmap.yaml"]),
        (
            PipelineSettings(helpers="volume", helpers_volume=HelpersVolume(claim="team")),
            "volume",
            ["p.code.zip"],
        ),
    ],
)
def test_a_file_is_written_the_way_that_the_notebook_says(
    tmp_path, project, settings, delivery, beside
):
    compiled = compile_plan(three(settings=settings), project)
    package = write_package(compiled, tmp_path / "p.yaml")
    assert package.delivery == delivery
    assert [path.name for path in package.files] == ["p.yaml", *beside]
    assert all(path.exists() for path in package.files)
    if delivery == "volume":
        assert package.files[1].read_bytes() == compiled.bundle
        assert f"kfp-code/{compiled.bundle_hash}/code.zip" in package.reason


@pytest.mark.parametrize("way", ["volume", "artifact"])
def test_a_way_without_its_place_is_refused(tmp_path, way):
    compiled = compile_plan(three(settings=PipelineSettings(helpers=way)), None)
    with pytest.raises(KfpExtError) as error:
        write_package(compiled, tmp_path / "p.yaml")
    assert error.value.code is Code.OPTION_INVALID
    assert error.value.problems[0].option == "helpers"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "places",
    [
        Places("team", "../other"),
        Places("team", "code", live="a/../../b"),
        Places("team.data", "code"),
        Places("team", "$(HOME)"),
        Places("team", "größe"),
    ],
)
def test_a_place_on_a_claim_that_no_pod_can_mount(places):
    assert places.missing("volume")
    assert not Places("team", "").missing("volume")
    assert not Places("team", "code/of all").missing("volume")


def test_what_does_not_fit_into_the_spec_is_refused_with_the_figure(tmp_path):
    noise = random.Random(0).randbytes(400_000).hex()
    (tmp_path / "big.py").write_text(f"x = '{noise}'\n")
    plan = make_plan(
        step("a", modules=("big",)), step("b"), settings=PipelineSettings(helpers="embed")
    )
    with pytest.raises(KfpExtError) as error:
        write_package(compile_plan(plan, tmp_path), tmp_path / "p.yaml")
    assert error.value.code is Code.TOO_BIG
    texts = " ".join(str(each) for each in error.value.problems)
    assert "131,072" in texts
    assert "`configmap`" in texts
