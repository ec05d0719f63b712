"""What an interpreter has installed, and which requirements that meets for certain."""

import json
import sys

import pytest

from jupyter_kfp_ext.engines.local import installed
from jupyter_kfp_ext.engines.local.environments import find_environment
from jupyter_kfp_ext.engines.local.installed import Installed, has, look_into


@pytest.fixture
def interpreter(tmp_path):
    """Make interpreters whose `site-packages` holds what is said."""

    def make(name, *entries):
        site = tmp_path / name / "site-packages"
        for each in entries:
            (site / each).mkdir(parents=True)
        answer = {"version": "3.12.1", "sites": [str(site)], "found": sorted(entries)}
        script = tmp_path / name / "python"
        script.write_text(f"#!{sys.executable}\nprint('hello')\nprint({json.dumps(answer)!r})\n")
        script.chmod(0o755)
        return str(script)

    return make


def test_this_interpreter_is_described_as_it_is():
    found = look_into(sys.executable)
    assert found.version == sys.version
    assert found.versions["pytest"] == pytest.__version__
    assert all(each in sys.path for each in found.sites)


@pytest.mark.parametrize(
    ("entry", "name", "version"),
    [
        ("numpy-2.1.0.dist-info", "numpy", "2.1.0"),
        ("Foo_Bar-1.dist-info", "foo-bar", "1"),
        ("old-1.2-py3.11.egg-info", "old", "1.2"),
        ("edited.egg-info", "edited", ""),
        ("edited.egg-link", "edited", ""),
    ],
)
def test_names_of_folders_say_what_is_installed(interpreter, entry, name, version):
    assert look_into(interpreter("one", entry)).versions == {name: version}


@pytest.mark.parametrize(
    ("requirement", "met"),
    [
        ("numpy", True),
        ("NumPy", True),
        ("numpy==2.1.0", True),
        ("numpy>=2,<3", True),
        ("numpy==2.2", False),
        ("pre>=1", True),
        ("absent", False),
        ("edited", True),
        ("edited>=1", False),
        ("numpy[extra]", False),
        ("numpy; python_version>'3'", False),
        ("numpy @ https://example.com/numpy.whl", False),
        ("git+https://example.com/numpy", False),
    ],
)
def test_requirements_that_are_met(requirement, met):
    versions = {"numpy": "2.1.0", "edited": "", "pre": "1.1rc1"}
    assert has(Installed("python", "3.12", (), versions), requirement) is met


@pytest.mark.parametrize("script", ["exit 3", "echo '{'", "true"])
def test_an_interpreter_that_does_not_answer_is_named(tmp_path, script):
    broken = tmp_path / "python"
    broken.write_text(f"#!/bin/sh\n{script}\n")
    broken.chmod(0o755)
    with pytest.raises(OSError, match=str(broken)):
        look_into(str(broken))


def test_a_name_holds_interpreter_ground_and_packages(interpreter, tmp_path):
    def name(python, *packages):
        return find_environment(tmp_path, python, packages).path.name

    one = interpreter("one", "numpy-1.0.dist-info")
    same = name(one, "a", "b")
    assert name(one, "b ", "a") == same
    assert name(one, "a") != same
    assert name(interpreter("two", "numpy-1.0.dist-info"), "a", "b") != same
    (tmp_path / "one").rename(tmp_path / "gone")
    again = interpreter("one", "numpy-1.1.dist-info")
    installed.look_into.cache_clear()
    # The first half says what was asked for, so that what is out of date is found.
    assert name(again, "a", "b") != same
    assert name(again, "a", "b")[:16] == same[:16]


def test_packages_that_the_interpreter_has_need_no_environment(interpreter, tmp_path):
    python = interpreter("one", "numpy-1.0.dist-info")
    assert find_environment(tmp_path, python, ["numpy>=1"]) is None
    assert find_environment(tmp_path, python, []) is None
    assert find_environment(tmp_path, python, ["numpy>=1", "other"]) is not None
