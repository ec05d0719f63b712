"""Cells that are compiled before their step starts run like those that it compiles itself."""

import marshal
import sys

import pytest

from jupyter_kfp_ext.runtime.step.compiling import (
    FIRST_FLAGS,
    Compiled,
    compile_cell,
    flags_after,
    pack,
)

NAME = "/tmp/ipykernel_7/1.py"


@pytest.fixture
def packed(tmp_path):
    """Pack cells, and read them as a step does."""

    def write(*sources):
        path = tmp_path / "slice.json.compiled"
        path.write_bytes(pack(sources))
        return Compiled(str(path))

    return write


def ran(codes):
    """Run the code of a cell; return what it defines, and the value that it shows."""
    names = {}
    exec(codes[0], names)
    return names, eval(codes[1], names) if len(codes) > 1 else None


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("x = 1\nx + 1", 2),
        ("x = 1\nx + 1;", None),
        ("x = 'ä'; x", "ä"),
        ("def f(n):\n    return [n for _ in range(n)]\nf(2)", [2, 2]),
        ("{1, 2} == {2, 1}", True),
        ("", None),
    ],
)
def test_packed_cells_do_what_compiled_ones_do(source, shown, packed):
    codes = packed(source).codes(source, NAME, FIRST_FLAGS)
    assert ran(codes)[1] == ran(compile_cell(source, NAME, FIRST_FLAGS, True))[1] == shown


def test_all_code_of_a_cell_has_the_name_of_its_process(packed):
    source = "def f():\n    return lambda: [1 for _ in ()]\ng = f()"
    names, _ = ran(packed(source).codes(source, NAME, FIRST_FLAGS))
    inner = names["g"].__code__
    nested = [each for each in inner.co_consts if hasattr(each, "co_filename")]
    assert {each.co_filename for each in (names["f"].__code__, inner, *nested)} == {NAME}


def test_a_future_import_holds_for_the_cells_after_it(packed):
    sources = ("from __future__ import annotations", "def f(a: nowhere): pass")
    compiled = packed(*sources)
    flags = flags_after(FIRST_FLAGS, compiled.codes(sources[0], NAME, FIRST_FLAGS))
    assert flags != FIRST_FLAGS
    names, _ = ran(compiled.codes(sources[1], NAME, flags))
    assert names["f"].__annotations__ == {"a": "nowhere"}
    # Where the cell before it did not run, it is other code.
    assert compiled.codes(sources[1], NAME, FIRST_FLAGS) is None


@pytest.mark.parametrize(
    "speaks",
    ["%matplotlib inline", "import matplotlib", "x = 1 is 1", r"x = '\d'", "x = (", "return 1"],
)
def test_what_compiling_has_something_to_say_about_is_left_to_the_step(speaks, packed):
    compiled = packed("a = 1", speaks, "b = 2")
    assert compiled.codes("a = 1", NAME, FIRST_FLAGS)
    assert compiled.codes(speaks, NAME, FIRST_FLAGS) is None
    assert compiled.codes("b = 2", NAME, FIRST_FLAGS) is None


def test_what_another_python_compiled_is_not_taken(tmp_path):
    path = tmp_path / "compiled"
    version, optimize, data = marshal.loads(pack(["x = 1"]))
    assert (version, optimize) == (sys.version, sys.flags.optimize)
    for other in ((version + " ", optimize, data), (version, optimize + 1, data)):
        path.write_bytes(marshal.dumps(other))
        assert Compiled(str(path)).codes("x = 1", NAME, FIRST_FLAGS) is None
    path.write_bytes(marshal.dumps((version, optimize, data)))
    assert Compiled(str(path)).codes("x = 1", NAME, FIRST_FLAGS)


@pytest.mark.parametrize("keep", [0, 1, 20, -1])
def test_a_torn_file_holds_no_cells(keep, tmp_path):
    path = tmp_path / "compiled"
    path.write_bytes(pack(["x = 1"])[:keep])
    assert Compiled(str(path)).codes("x = 1", NAME, FIRST_FLAGS) is None
