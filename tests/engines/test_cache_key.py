"""What changes between two runs, and which steps then run again."""

import os
import sys

import pytest
from notebook_runs import Workshop, taken

from tests.support.notebooks import code_cell

LIBRARY = '__version__ = "1.0"\ndef f(): return 1\n'


@pytest.fixture(name="shop")
def workshop(kfp_home, tmp_path):
    return Workshop(kfp_home, tmp_path / "project")


def cells(**changes):
    """Three steps: one reads a file, one uses modules and a parameter, one takes both values."""
    text = {
        "read": "data = open('data.csv').read()\nprint(data)",
        "work": "import helper, plain\ny = helper.double(n) + plain.f()",
        "join": "z = (data, y)\nprint(z)",
        **changes,
    }
    return [
        code_cell("n = 2", role="parameters", cell_id="p"),
        *(code_cell(source, step=name, cell_id=name) for name, source in text.items()),
    ]


def prepare(shop):
    site = shop.folder.parent / "lib" / "site-packages"
    (site / "plain-1.0.dist-info").mkdir(parents=True)
    (site / "plain-1.0.dist-info" / "METADATA").write_text("Version: 1.0\n")
    (site / "plain").mkdir()
    (site / "plain" / "__init__.py").write_text(LIBRARY)
    (shop.folder / "data.csv").write_text("1,2\n")
    (shop.folder / "other.csv").write_text("3,4\n")
    (shop.folder / "helper.py").write_text("def double(x): return 2 * x\n")
    shop.write(*cells())
    return site


def edit(**changes):
    return lambda shop, site: shop.write(*cells(**changes))


def touch(shop, site):
    os.utime(shop.folder / "data.csv")


def write(name, text):
    return lambda shop, site: (shop.folder / name).write_text(text)


def new_version(shop, site):
    (site / "plain-1.0.dist-info" / "METADATA").unlink()
    (site / "plain-1.0.dist-info").rmdir()
    (site / "plain-1.1.dist-info").mkdir()
    (site / "plain-1.1.dist-info" / "METADATA").write_text("Version: 1.1\n")


def other_package(shop, site):
    (site / "stranger-1.0.dist-info").mkdir()
    (site / "stranger.py").write_text("")


ALL = ["read", "work", "join"]
TABLE = {
    "nothing": (lambda shop, site: None, ALL),
    "the code of a step": (edit(join="z = [data, y]"), ["read", "work"]),
    "code that gives an equal value": (edit(work="import helper, plain\ny = 5"), ["read", "join"]),
    "a remark in a step": (edit(join="# now\nz = (data, y)\nprint(z)"), ["read", "work"]),
    "a cell without a step above": (
        lambda shop, site: shop.write("'only shown'", *cells()),
        ["work", "join"],
    ),
    "a helper that a step uses": (
        write("helper.py", "def double(x): return x + x + 1\n"),
        ["read"],
    ),
    "a module that no step uses": (write("unused.py", "x = 1\n"), ALL),
    "a file that a step reads": (write("data.csv", "5,6\n"), ["work"]),
    "only the time of a file": (touch, ALL),
    "a file that no step reads": (write("other.csv", "7,8\n"), ALL),
    "a new file": (write("new.csv", "7,8\n"), ALL),
    "the version of a package": (new_version, ["read", "join"]),
    "a file of a package": (
        lambda shop, site: (site / "plain" / "__init__.py").write_text(LIBRARY + "# more\n"),
        ["read", "join"],
    ),
    "a package that no step uses": (other_package, ALL),
}


@pytest.mark.parametrize(("change", "same"), TABLE.values(), ids=TABLE)
def test_only_what_a_change_concerns_runs_again(shop, monkeypatch, change, same):
    site = prepare(shop)
    monkeypatch.setenv("PYTHONPATH", f"{os.environ['PYTHONPATH']}{os.pathsep}{site}")
    first = shop.run()
    assert first.state.value == "SUCCEEDED", first
    assert taken(first) == []
    change(shop, site)
    second = shop.run()
    assert second.state.value == "SUCCEEDED", second
    assert taken(second) == same
    assert {step.cached_from for step in second.steps} <= {first.id, None}


def asking(**options):
    return [
        code_cell("n = 2", role="parameters", cell_id="p"),
        code_cell("import os\nx = os.environ.get('SHOP_MODE')", step="ask", cell_id="a", **options),
        code_cell("y = n + 1", step="count", cell_id="c"),
    ]


def other_python(shop):
    link = shop.folder.parent / "python3"
    link.symlink_to(sys.executable)
    return {"python": str(link)}


SURROUNDINGS = {
    "nothing": (lambda shop, patch: {}, ["ask", "count"]),
    "the same value of a parameter": (
        lambda shop, patch: {"parameters": {"n": 2}},
        ["ask", "count"],
    ),
    "a variable that the code names": (
        lambda shop, patch: patch.setenv("SHOP_MODE", "fast"),
        ["count"],
    ),
    "a variable that no code names": (
        lambda shop, patch: patch.setenv("SHOP_OTHER", "fast"),
        ["ask", "count"],
    ),
    "the option env": (lambda shop, patch: shop.write(*asking(env={"A": "2"})), ["count"]),
    "the option memory": (
        lambda shop, patch: shop.write(*asking(env={"A": "1"}, memory="64Mi")),
        ["ask", "count"],
    ),
    "the interpreter": (lambda shop, patch: other_python(shop), []),
}


@pytest.mark.parametrize(("change", "same"), SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_what_surrounds_a_step_counts_where_it_can_matter(shop, monkeypatch, change, same):
    shop.write(*asking(env={"A": "1"}))
    shop.run()
    more = change(shop, monkeypatch) or {}
    status = shop.run(**more)
    assert status.state.value == "SUCCEEDED", status
    assert taken(status) == same


def test_another_value_of_a_parameter_runs_the_steps_that_take_it(shop):
    shop.write(*asking())
    shop.run()
    status = shop.run(parameters={"n": 3})
    assert status.state.value == "SUCCEEDED"
    assert "count" not in taken(status)
