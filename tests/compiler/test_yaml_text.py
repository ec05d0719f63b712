import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from plan_builder import digits_plan

from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.inline import inlined
from jupyter_kfp_ext.compiler.yaml_text import dump_with, has_plain_keys, yaml_text

letters = st.sampled_from("abyz019 \n'\"#:-?,[]|>&*!%@`~\\.=/$<")
texts = st.text(letters) | st.sampled_from(["yes", "null", "1e3", "0x1f", "12:30", "---", "=", "~"])
plain_keys = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_./@-]{0,20}\Z")
scalars = texts | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False)
plain = st.dictionaries(
    plain_keys,
    scalars | st.lists(scalars, max_size=3) | st.dictionaries(plain_keys, scalars, max_size=2),
    max_size=3,
)
odd = st.dictionaries(texts, texts | st.integers(), max_size=3)
needs_c = pytest.mark.skipif(not hasattr(yaml, "CSafeDumper"), reason="PyYAML without its C part")


@given(st.lists(plain | odd, min_size=1, max_size=2))
def test_it_comes_back_as_it_was(documents):
    assert list(yaml.safe_load_all(yaml_text(documents))) == documents


@needs_c
@given(plain)
def test_both_dumpers_write_documents_with_plain_keys_alike(document):
    assert has_plain_keys(document)
    assert dump_with(yaml.CSafeDumper, [document]) == dump_with(yaml.SafeDumper, [document])


@needs_c
@pytest.mark.parametrize("form", [lambda compiled: compiled, inlined])
def test_both_dumpers_write_a_pipeline_alike(form):
    compiled = form(compile_plan(digits_plan(), None))
    documents = [compiled.spec, compiled.platform]
    assert has_plain_keys(documents)
    assert dump_with(yaml.CSafeDumper, documents) == dump_with(yaml.SafeDumper, documents)


@pytest.mark.parametrize("key", ["", "a b", "x" * 101, "a\nb", "1", "ä", "{}"])
def test_odd_keys_are_left_to_the_dumper_in_python(key):
    assert not has_plain_keys([{"a": [{key: 1}]}])
    assert yaml_text([{key: 1}]) == dump_with(yaml.SafeDumper, [{key: 1}])
