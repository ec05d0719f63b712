"""Single numbers and texts: written as pickle writes them, read without it."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from step_process import make_slice, run_step, slots

from jupyter_kfp_ext.runtime.step.atoms import SMALL, dump_atom, is_atom, load_atom

ATOMS = [
    *(None, True, False, 0, 255, 256, 65_535, 65_536, -1, -128, -129),
    *(2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**63 - 1, -(2**63)),
    *(1.5, -0.0, float("inf"), "", "é", "x" * 255, "x" * 256, "é" * 32_499),
]
OTHERS = [2**63, -(2**63) - 1, 1j, b"x", [1], {}, (1,), "\ud800", "x" * 65_000, "é" * 32_500]


@pytest.mark.parametrize("value", ATOMS, ids=lambda each: repr(each)[:20])
def test_they_are_written_as_pickle_writes_them(value):
    assert is_atom(value)
    data = dump_atom("x", value)
    assert data == pickle.dumps({"x": value}, 5)
    assert len(data) < SMALL
    assert repr(load_atom(data)) == repr({"x": value})


@given(st.text(min_size=1), st.one_of(st.integers(), st.floats(), st.text(), st.booleans()))
def test_any_is_read_as_it_was(name, value):
    if is_atom(value) and is_atom(name) and value is not name:
        data = dump_atom(name, value)
        assert data == pickle.dumps({name: value}, 5)
        assert repr(load_atom(data)) == repr({name: value})


@pytest.mark.parametrize("value", OTHERS, ids=lambda each: repr(each)[:20])
def test_other_values_are_left_to_pickle(value):
    assert not is_atom(value)


class Number(int):
    pass


@given(
    st.recursive(
        st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.binary()),
        lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    )
)
def test_what_is_read_without_pickle_is_what_pickle_reads(value):
    data = pickle.dumps({"x": value}, 5)
    found = load_atom(data)
    assert found is None or repr(found) == repr(pickle.loads(data))


@pytest.mark.parametrize("held", [{"x": 1, "y": 2}, {}, [1], {"x": Number(1)}, {1: 2}])
def test_other_pickles_are_left_to_pickle(held):
    assert load_atom(pickle.dumps(held, 5)) is None


def test_a_step_with_numbers_alone_does_not_import_pickle(tmp_path):
    made = run_step(tmp_path / "a", make_slice("n = 41; word = 'é'", outputs=slots("n", "word")))
    assert made.index("n")["n"]["summary"] == "41"
    assert made.index("word")["word"]["type"] == "str"
    taken = make_slice(
        "import sys\nfound = [n + 1, word, '_pickle' in sys.modules]\nprint(found)",
        inputs=slots("n", "word", prefix="a__"),
    )
    inputs = {f"a__{name}": made.artifact(name) for name in ("n", "word")}
    outcome = run_step(tmp_path / "b", taken, inputs=inputs)
    assert outcome.stdout == "[42, 'é', False]\n"


def test_numbers_beside_other_values_keep_both(tmp_path):
    cells = "n = 1\nmine = [n]\nsame = mine\ntext = 'a'"
    names = ("n", "mine", "same", "text")
    made = run_step(tmp_path / "a", make_slice(cells, outputs=slots(*names)))
    taken = make_slice(
        "mine.append(text)\nprint(n, same)", inputs=slots(*names, prefix="a__"), read_only=[]
    )
    inputs = {f"a__{name}": made.artifact(name) for name in names}
    assert run_step(tmp_path / "b", taken, inputs=inputs).stdout == "1 [1, 'a']\n"
