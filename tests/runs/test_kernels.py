import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_kfp_ext.errors import Code, KfpExtError
from jupyter_kfp_ext.notation.notebook import Notebook
from jupyter_kfp_ext.runs.kernels import find_kernel, installed_kernels


@pytest.fixture
def kernels(tmp_path, monkeypatch):
    """Install kernels into a folder that Jupyter looks into first."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))

    def install(name, **spec):
        folder = tmp_path / "kernels" / name
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text(json.dumps(spec))

    return install


def interpreter(notebook, python=None):
    return find_kernel(notebook, python).python


def notebook_of(kernel=None):
    metadata = {"kernelspec": {"name": kernel}} if kernel else {}
    return Notebook("a.ipynb", None, (), metadata)


def argv(python):
    return [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]


def test_a_notebook_without_a_kernel_gets_this_interpreter():
    assert interpreter(notebook_of()) == sys.executable


@pytest.mark.parametrize("metadata", [{"kernelspec": None}, {"kernelspec": {"name": 3}}])
def test_damaged_kernel_metadata_counts_as_none(metadata):
    assert interpreter(Notebook("a", None, (), metadata)) == sys.executable


@pytest.mark.parametrize(
    "word", ["python", "python3", f"python{sys.version_info[0]}.{sys.version_info[1]}"]
)
def test_a_bare_python_is_the_one_that_jupyter_runs_in(kernels, word):
    kernels("mine", argv=argv(word), language="python")
    assert interpreter(notebook_of("mine")) == sys.executable


def test_the_kernels_own_interpreter_is_used(kernels, tmp_path):
    python = tmp_path / "env" / "bin" / "python3.12"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    kernels("mine", argv=argv(str(python)), language="python")
    # A link is not followed: a virtual environment is the link, not what it points to.
    assert interpreter(notebook_of("Mine")) == str(python)


def test_a_launcher_before_the_interpreter_is_passed_over(kernels):
    kernels("mine", argv=["/usr/bin/env", sys.executable, "-m", "ipykernel"], language="python")
    assert interpreter(notebook_of("mine")) == sys.executable


def test_an_explicit_interpreter_wins(kernels):
    assert interpreter(notebook_of("nowhere"), sys.executable) == sys.executable


def test_python3_needs_no_kernel_json(monkeypatch, tmp_path):
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *parts: [str(tmp_path)])
    assert interpreter(notebook_of("python3")) == sys.executable


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"argv": argv("/nowhere/bin/python"), "language": "python"}, Code.KERNEL_MISSING),
        ({"argv": ["/opt/run-kernel", "-m", "ipykernel"]}, Code.KERNEL_MISSING),
        ({"argv": []}, Code.KERNEL_MISSING),
        ({"argv": argv("/usr/bin/R"), "language": "R"}, Code.KERNEL_LANGUAGE),
    ],
)
def test_kernels_that_cannot_run_steps(kernels, spec, code):
    kernels("mine", **spec)
    with pytest.raises(KfpExtError) as caught:
        interpreter(notebook_of("mine"))
    assert caught.value.code is code
    assert "mine" in caught.value.problems[0].message


def test_a_missing_kernel_is_named_with_those_there_are(kernels):
    kernels("other", argv=argv("python"))
    with pytest.raises(KfpExtError) as caught:
        interpreter(notebook_of("gone"))
    assert caught.value.code is Code.KERNEL_MISSING
    assert "'gone'" in caught.value.problems[0].message
    assert "other" in caught.value.problems[0].remedy


def test_a_damaged_kernel_json_names_its_file(kernels, tmp_path):
    kernels("mine", argv=[])
    (tmp_path / "kernels" / "mine" / "kernel.json").write_text("{")
    with pytest.raises(KfpExtError) as caught:
        interpreter(notebook_of("mine"))
    assert "kernel.json" in caught.value.problems[0].message


def test_the_same_kernels_are_found_as_by_jupyter_client(kernels):
    from jupyter_client.kernelspec import KernelSpecManager

    kernels("Mixed-Case", argv=argv("python"), display_name="x", language="python")
    expected = KernelSpecManager(ensure_native_kernel=False).find_kernel_specs()
    found = {name: str(path) for name, path in installed_kernels().items()}
    assert found == {name: str(Path(path)) for name, path in expected.items()}


def test_variables_of_the_kernel_are_those_of_its_specification(kernels, monkeypatch):
    monkeypatch.setenv("BASE", "here")
    monkeypatch.delenv("ABSENT", raising=False)
    env = {"PLAIN": "1", "JOINED": "${BASE}/more", "KEPT": "${ABSENT}", "ODD": 3}
    kernels("mine", argv=argv(sys.executable), language="python", env=env)
    assert find_kernel(notebook_of("mine")).environment == {
        "PLAIN": "1",
        "JOINED": "here/more",
        "KEPT": "${ABSENT}",
    }


def test_places_in_a_kernels_command_are_filled_in(kernels, tmp_path):
    python = tmp_path / "kernels" / "mine" / "bin" / "python"
    kernels("mine", argv=argv("{resource_dir}/bin/python"), language="python")
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    assert interpreter(notebook_of("mine")) == str(python)


def test_an_interpreter_that_something_else_starts_is_asked(kernels, monkeypatch):
    """As `conda run -n science python -m ipykernel_launcher` and nb_conda_kernels do."""
    monkeypatch.setenv("STAYS", "1")
    folder = Path(sys.executable).parent
    activate = ["/usr/bin/env", "CONDA_PREFIX=/opt/science", f"PATH={folder}:/usr/bin:/bin"]
    kernels("mine", argv=[*activate, *argv("python3")], language="python", env={"ALSO": "2"})
    found = find_kernel(notebook_of("mine"))
    assert Path(found.python).samefile(sys.executable)
    assert found.environment == {
        "CONDA_PREFIX": "/opt/science",
        "PATH": f"{folder}:/usr/bin:/bin",
        "ALSO": "2",
    }


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_script_that_activates_the_environment_is_asked(kernels, tmp_path):
    words = script(tmp_path / "run-kernel", f'export ACTIVE=yes\nexec {sys.executable} "$@"')
    kernels("mine", argv=argv(words), language="python", env={"ALSO": "2"})
    found = find_kernel(notebook_of("mine"))
    assert found.python == sys.executable
    assert found.environment == {"ACTIVE": "yes", "ALSO": "2"}


def test_a_shim_chooses_by_the_folder_of_the_notebook(kernels, tmp_path):
    """As pyenv does, by the file `.python-version`."""
    shim = script(tmp_path / "python3", '. ./version\nexec "$REAL" "$@"')
    kernels("mine", argv=argv(shim), language="python")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "version").write_text(f"REAL={sys.executable}\n")
    notebook = replace(notebook_of("mine"), path=str(tmp_path / "project" / "a.ipynb"))
    assert find_kernel(notebook).python == sys.executable
    with pytest.raises(KfpExtError) as caught:
        find_kernel(replace(notebook, path=str(tmp_path / "b.ipynb")))
    assert caught.value.code is Code.KERNEL_MISSING


def test_a_launcher_that_fails_says_why(kernels):
    words = ["/usr/bin/env", "python-of-nowhere/python", "-m", "ipykernel_launcher"]
    kernels("mine", argv=words, language="python")
    with pytest.raises(KfpExtError) as caught:
        find_kernel(notebook_of("mine"))
    assert caught.value.code is Code.KERNEL_MISSING
    assert "python-of-nowhere" in caught.value.problems[0].message


MANAGER = """
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
class Manager(KernelSpecManager):
    def get_kernel_spec(self, name):
        if name != "conda-env-Science-py":
            raise NoSuchKernel(name)
        return KernelSpec(argv=[{python!r}, "-m", "ipykernel_launcher"], language="python",
                          env={{"WHERE": "science"}}, resource_dir="/nowhere")
"""


@pytest.fixture
def manager(tmp_path, monkeypatch):
    """Configure a manager of kernels as nb_conda_kernels does."""
    config = tmp_path / "config"
    config.mkdir()
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(config))
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "science_kernels.py").write_text(MANAGER.format(python=sys.executable))

    def configure(suffix, text):
        (config / f"jupyter_config{suffix}").write_text(text)

    return configure


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".json", '{"JupyterApp": {"kernel_spec_manager_class": "science_kernels.Manager"}}'),
        (".py", "c.ServerApp.kernel_spec_manager_class = 'science_kernels.Manager'"),
    ],
)
def test_kernels_of_a_configured_manager_are_found(manager, suffix, text):
    manager(suffix, text)
    found = find_kernel(notebook_of("conda-env-Science-py"))
    assert (found.python, found.environment) == (sys.executable, {"WHERE": "science"})
    with pytest.raises(KfpExtError) as caught:
        find_kernel(notebook_of("gone"))
    assert caught.value.code is Code.KERNEL_MISSING


@pytest.mark.parametrize(
    "text", ["{", '{"JupyterApp": {"kernel_spec_manager_class": "not_there.Manager"}}']
)
def test_a_manager_that_cannot_be_asked_is_named(manager, text):
    manager(".json", text)
    with pytest.raises(KfpExtError) as caught:
        find_kernel(notebook_of("conda-env-Science-py"))
    assert caught.value.code is Code.KERNEL_MISSING
    assert "onfig" in str(caught.value)
