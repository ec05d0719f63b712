"""JSON text is what Python's `json` reads and writes."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_kfp_ext.runtime.step import jsontext

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_it_writes_and_reads_as_json_does(value):
    text = jsontext.dumps(value)
    assert text == json.dumps(value)
    assert jsontext.loads(text) == value
    assert jsontext.loads(f" \n{text}\t".encode()) == value


@pytest.mark.parametrize(
    "text", ["", "{", "[1,]", "1 2", '{"a"}', "nul", '"\x01"', "[NaN", "{1:2}"]
)
def test_other_text_is_refused_in_the_same_words(text):
    with pytest.raises(ValueError) as expected:
        json.loads(text)
    with pytest.raises(ValueError) as found:
        jsontext.loads(text)
    assert str(found.value) == str(expected.value)


@pytest.mark.parametrize("text", ["NaN", "[Infinity, -Infinity]", "1e400", "-0", "1.0"])
def test_numbers_beyond_json_are_read_alike(text):
    assert repr(jsontext.loads(text)) == repr(json.loads(text))


@pytest.mark.parametrize("value", [{1}, [object()], {"a": b""}])
def test_other_values_are_refused_in_the_same_words(value):
    with pytest.raises(TypeError) as expected:
        json.dumps(value)
    with pytest.raises(TypeError) as found:
        jsontext.dumps(value)
    assert str(found.value) == str(expected.value)


def test_it_does_without_the_c_functions():
    code = (
        "import sys; sys.modules['_json'] = None;"
        "from jupyter_kfp_ext.runtime.step import jsontext;"
        "print(jsontext.loads(jsontext.dumps({'a': [1]})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "{'a': [1]}\n"
