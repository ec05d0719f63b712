"""Steps that ask for packages: built once, on top of the kernel's environment, never half."""

import fcntl
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from container_specs import Step

from jupyter_kfp_ext.engines.local import lock
from jupyter_kfp_ext.engines.local.environments import (
    environments_folder,
    find_environment,
    remove_environment,
    stored_environments,
)
from jupyter_kfp_ext.engines.local.installers import find_uv, last_words
from jupyter_kfp_ext.engines.local.layout import run_folder
from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.runs.chain import build, cancel, submit
from jupyter_kfp_ext.runs.follow import follow_blocking
from tests.support.notebooks import notebook_json
from tests.support.wheelhouse import add_endless, add_wheel, wheelhouse_of_a_test

__all__ = ["wheelhouse_of_a_test"]

LOOK = """
import sys, pytest, small
print(small.version, sys.prefix != sys.base_prefix, pytest.__version__)
"""


@pytest.fixture(params=["uv", "pip"])
def installer(request, tmp_path, monkeypatch):
    """Let steps be filled by one of the installers; a `uv` that fails stands for none."""
    if request.param == "uv":
        if find_uv() is None:
            pytest.skip("there is no uv here")
    else:
        use_pip(tmp_path, monkeypatch)
    return request.param


def use_pip(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "uv").write_text("#!/bin/sh\necho this uv can do nothing\nexit 1\n")
    (folder / "uv").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def start(*cells):
    """Start a run of a notebook with one step a cell: its source, and its packages."""
    raw = notebook_json(*(source for source, _ in cells))
    for number, (cell, (_, packages)) in enumerate(zip(raw["cells"], cells, strict=True)):
        cell["metadata"]["kfp"] = {"step": f"s{number}", "packages": packages}
    notebook = parse_notebook(raw, name="n.ipynb", path=None)
    return submit(build(notebook), python=sys.executable, cache=False).run_id


def end(run_id):
    *_, last = follow_blocking(run_id)
    return last.status


def log_of(home, run_id, task="s0"):
    return run_folder(home, run_id).step(task).log.read_text()


def test_a_step_has_its_packages_beside_the_kernels(kfp_home, wheelhouse, installer):
    add_wheel(wheelhouse, "small", "1.0")
    first = start((LOOK, ["small"]), ("import small", []))
    status = end(first)
    assert [step.state.value for step in status.steps] == ["SUCCEEDED", "FAILED"]
    # Other steps, and the kernel, do not have them.
    assert status.steps[1].error.name == "ModuleNotFoundError"
    assert log_of(kfp_home, first).splitlines()[-1] == f"1.0 True {pytest.__version__}"
    reasons = [each.get("reason", "") for each in events(kfp_home, first)]
    assert any(each.startswith("installing small") for each in reasons)
    assert status.steps[0].reason == ""
    record = next(environments_folder(kfp_home).glob("*/environment.json")).read_text()
    assert f'"{installer}"' in record


def events(home, run_id):
    return [json.loads(line) for line in run_folder(home, run_id).events.read_text().splitlines()]


def test_it_is_built_once_and_then_needs_no_index(kfp_home, wheelhouse, installer):
    add_wheel(wheelhouse, "small", "1.0")
    end(start((LOOK, ["small"])))
    shutil.rmtree(wheelhouse)
    second = start((LOOK, ["small"]))
    assert end(second).state.value == "SUCCEEDED"
    assert log_of(kfp_home, second) == f"1.0 True {pytest.__version__}\n"


def test_what_the_kernel_has_is_not_installed_again(kfp_home, wheelhouse, installer):
    from importlib.metadata import version

    add_wheel(wheelhouse, "small", "1.0", "pytest>=1")
    add_wheel(wheelhouse, "pytest", version("pytest"))
    add_wheel(wheelhouse, "pytest", "999.0")
    run_id = start((LOOK, ["small"]))
    assert end(run_id).state.value == "SUCCEEDED", log_of(kfp_home, run_id)
    assert log_of(kfp_home, run_id).splitlines()[-1] == f"1.0 True {pytest.__version__}"
    assert not list(environments_folder(kfp_home).glob("*/lib/*/site-packages/pytest*"))


def test_another_version_than_the_kernels_wins_in_its_step(kfp_home, wheelhouse, installer):
    add_wheel(wheelhouse, "hypothesis", "999.0")
    source = "import hypothesis\nprint(hypothesis.version)"
    run_id = start((source, ["hypothesis>=900"]))
    assert end(run_id).state.value == "SUCCEEDED", log_of(kfp_home, run_id)
    assert log_of(kfp_home, run_id).splitlines()[-1] == "999.0"


def test_two_steps_at_once_build_it_once(kfp_home, wheelhouse, tmp_path, monkeypatch):
    use_pip(tmp_path, monkeypatch)
    add_wheel(wheelhouse, "small", "1.0")
    runs = [start((LOOK, ["small"]), (LOOK, ["small"])), start((LOOK, ["small"]))]
    assert [end(each).state.value for each in runs] == ["SUCCEEDED", "SUCCEEDED"]
    logs = [log_of(kfp_home, runs[0]), log_of(kfp_home, runs[0], "s1"), log_of(kfp_home, runs[1])]
    assert sum("[installing" in each for each in logs) == 1
    assert [each.splitlines()[-1] for each in logs] == [f"1.0 True {pytest.__version__}"] * 3


def test_packages_that_do_not_exist_fail_with_the_installers_words(kfp_home, wheelhouse, installer):
    run_id = start((LOOK, ["nowhere-to-be-found"]))
    (step,) = end(run_id).steps
    assert (step.state.value, step.error.name) == ("FAILED", "step-failed")
    assert "nowhere-to-be-found" in step.error.message
    words = "No matching distribution" if installer == "pip" else "was not found"
    assert words in step.error.message or "No matching distribution" in step.error.message
    # The next run tries anew.
    add_wheel(wheelhouse, "nowhere_to_be_found", "1.0")
    assert end(start(("import nowhere_to_be_found", ["nowhere-to-be-found"]))).state == "SUCCEEDED"


def test_what_was_left_half_built_is_built_anew(kfp_home, wheelhouse, tmp_path, monkeypatch):
    use_pip(tmp_path, monkeypatch)
    add_wheel(wheelhouse, "small", "1.0")
    environment = find_environment(kfp_home, sys.executable, ["small"])
    (environment.path / "bin").mkdir(parents=True)
    environment.python.write_text("#!/bin/sh\nexit 7\n")
    environment.python.chmod(0o755)
    assert end(start((LOOK, ["small"]))).state.value == "SUCCEEDED"


@pytest.mark.parametrize("how", ["cancel", "kill"])
def test_an_installer_ends_with_its_step(
    kfp_home, wheelhouse, tmp_path, monkeypatch, time_limit, how
):
    """Its building holds a FIFO open: its end shows that no process is left."""
    use_pip(tmp_path, monkeypatch)
    alive, never = tmp_path / "alive", tmp_path / "never"
    os.mkfifo(alive)
    os.mkfifo(never)
    add_endless(wheelhouse, "endless", alive, never)
    run_id = start(("import endless", ["endless"]))
    with alive.open("rb") as reader:
        if how == "cancel":
            cancel(next(iter(follow_blocking(run_id))).status)
        else:
            lock.signal_holder(run_folder(kfp_home, run_id).lock, signal.SIGKILL)
        assert reader.read() == b""
    assert end(run_id).state.value == ("CANCELED" if how == "cancel" else "FAILED")
    with (kfp_home / "environments" / next(iter(locks(kfp_home)))).open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # its holder may live for a moment more


def locks(home):
    return [each.name for each in environments_folder(home).glob("*.lock")]


def test_one_in_use_is_not_removed(kfp_home, wheelhouse, tmp_path, monkeypatch):
    use_pip(tmp_path, monkeypatch)
    add_wheel(wheelhouse, "small", "1.0")
    fifo = tmp_path / "go"
    os.mkfifo(fifo)
    path = find_environment(kfp_home, sys.executable, ["small"]).path
    # Built by the step itself, then found by it.
    for _ in range(2):
        run_id = start((f"open({str(fifo)!r}).read()\nimport small", ["small"]))
        with fifo.open("w"):
            (stored,) = stored_environments(kfp_home)
            assert (stored.path, stored.bytes > 0) == (path, True)
            assert not remove_environment(path)
            assert (path / "environment.json").is_file()
        assert end(run_id).state.value == "SUCCEEDED"
    assert remove_environment(path)
    assert not path.exists()


def test_one_for_a_kernel_that_has_changed_makes_way(kfp_home, wheelhouse, tmp_path, monkeypatch):
    use_pip(tmp_path, monkeypatch)
    add_wheel(wheelhouse, "small", "1.0")
    environment = find_environment(kfp_home, sys.executable, ["small"])
    old = environment.path.with_name(f"{environment.path.name[:16]}-{'0' * 16}")
    other = environment.path.with_name(f"{'0' * 16}-{'0' * 16}")
    for each in (old, other):
        each.mkdir(parents=True)
    end(start((LOOK, ["small"])))
    found = {each.path for each in stored_environments(kfp_home)}
    assert found == {environment.path, other}


INSTALLING = """
python3 -m pip install --quiet small==1.0 && pip --version >/dev/null && exec python3 -c "$0" "$@"
"""


def test_a_component_that_calls_pip_leaves_the_kernel_alone(runs, wheelhouse):
    """As components of the kfp SDK do with `packages_to_install`."""
    add_wheel(wheelhouse, "small", "1.0")
    code = "import small, sys; print(small.__file__); print(sys.prefix)"
    status = runs.run({"a": Step("", command=["sh", "-c", INSTALLING, code])})
    assert status.state.value == "SUCCEEDED"
    folder = runs.folder(status.id).step("a")
    place, prefix = folder.log.read_text().splitlines()[-2:]
    assert Path(prefix) == folder.environment
    assert folder.environment in Path(place).parents


def test_a_command_that_does_not_exist_is_refused_also_there(runs):
    with pytest.raises(KfpExtError, match="not on this machine"):
        runs.run({"a": Step("", command=["pip install", "x"])})


def test_a_step_has_the_variables_of_its_kernel(kfp_home, tmp_path, monkeypatch):
    spec = {"argv": [sys.executable, "-m", "ipykernel_launcher"], "env": {"MODEL_HOME": "/models"}}
    folder = tmp_path / "kernels" / "mine"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    raw = notebook_json("import os\nprint(os.environ['MODEL_HOME'])", kernelspec={"name": "mine"})
    run_id = submit(build(parse_notebook(raw, name="n.ipynb", path=None))).run_id
    task = end(run_id).steps[0].task
    assert log_of(kfp_home, run_id, task) == "/models\n"


def test_of_many_tries_to_connect_an_error_holds_the_last():
    tries = [f"WARNING: Retrying (Retry(total={n})) no network\n" for n in (2, 1, 0)]
    said = [*tries, "ERROR: No matching distribution found for a\n"]
    assert last_words(said) == f"{tries[-1]}{said[-1]}".strip()
    assert len(last_words(["x" * 5000])) == 2000
