import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_builder import make_plan, step

from jupyter_kfp_ext.compiler.encoding import EXACT, encode_parameter, encode_parameters
from jupyter_kfp_ext.compiler.parameters import check_parameters, parse_parameter, root_inputs
from jupyter_kfp_ext.errors import Code, KfpExtError

ENCODED = [
    ("plain text", "plain text"),
    ("", ""),
    (3, 3),
    (True, True),
    (None, None),
    (0.5, 0.5),
    (1.0, 1.0),
    ("$HOME $$ $(X)", 'json:"\\u0024HOME \\u0024\\u0024 \\u0024(X)"'),
    ("{{workflow.name}}", 'json:"\\u007b\\u007bworkflow.name\\u007d\\u007d"'),
    ("größe", 'json:"gr\\u00f6\\u00dfe"'),
    ("a\nb", 'json:"a\\nb"'),
    ("\x7f", 'json:"\\u007f"'),
    ("json:x", 'json:"json:x"'),
    ([1, 1.0, 0.5, "$"], [1, "json:1.0", 0.5, 'json:"\\u0024"']),
    ([EXACT + 1], [f"json:{EXACT + 1}"]),
    ([math.inf], ["json:Infinity"]),
    ((1, None, True), [1, None, True]),
    ({"a": 1, "b": 2}, {"a": 1, "b": 2}),
    ({"b": 1, "a": 2}, {"json:": [["b", 1], ["a", 2]]}),
    ({1: "x"}, {"json:": [[1, "x"]]}),
    ({"json:": 1}, {'json:"json:"': 1}),
]


@pytest.mark.parametrize(("value", "sent"), ENCODED)
def test_encoded(value, sent):
    assert encode_parameter(value) == sent
    assert type(encode_parameter(value)) is type(sent)


def decode(value):
    """The rule of docs/architecture.md, "Parameter values", written down a second time."""
    if isinstance(value, str):
        return json.loads(value[5:]) if value.startswith("json:") else value
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, dict) and list(value) == ["json:"]:
        return {decode(key): decode(item) for key, item in value["json:"]}
    if isinstance(value, dict):
        return {decode(key): decode(item) for key, item in value.items()}
    return value


def through_kfp(value):
    """What KFP does to a value: all numbers become doubles, printed shortest; keys get sorted."""
    if isinstance(value, dict):
        return {key: through_kfp(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [through_kfp(item) for item in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
        return int(number) if number.is_integer() else number
    return value


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
keys = st.text() | st.integers() | st.booleans()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=12
)


@given(st.lists(values) | st.dictionaries(keys, values) | st.text())
def test_every_list_dict_and_text_comes_back_as_it_was(value):
    sent = encode_parameter(value)
    assert repr(decode(through_kfp(sent))) == repr(value)


@given(values)
def test_nothing_that_kfp_rewrites_is_sent(value):
    for text in texts(encode_parameter(value)):
        assert text.isascii()
        assert text.isprintable()
        assert not set(text) & set("${}")


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from texts([*value.keys(), *value.values()])
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def test_defaults_become_inputs():
    plan = make_plan(
        step("one"),
        parameters=[
            ("n", "int", 3),
            ("lr", "float", 1),
            ("name", "str", "ä"),
            ("flag", "bool", False),
            ("sizes", "list", [1, 2]),
            ("more", "dict", {}),
            ("limit", "int", None),
            ("größe", "int", 1),
        ],
    )
    assert root_inputs(plan) == {
        "n": {"parameterType": "NUMBER_INTEGER", "isOptional": True, "defaultValue": 3},
        "lr": {"parameterType": "NUMBER_DOUBLE", "isOptional": True, "defaultValue": 1.0},
        "name": {
            "parameterType": "STRING",
            "isOptional": True,
            "defaultValue": 'json:"\\u00e4"',
        },
        "flag": {"parameterType": "BOOLEAN", "isOptional": True, "defaultValue": False},
        "sizes": {"parameterType": "LIST", "isOptional": True, "defaultValue": [1, 2]},
        "more": {"parameterType": "STRUCT", "isOptional": True, "defaultValue": {}},
        "limit": {"parameterType": "NUMBER_INTEGER", "isOptional": True},
        "gr_u00f6_u00dfe": {
            "parameterType": "NUMBER_INTEGER",
            "isOptional": True,
            "defaultValue": 1,
        },
    }


PLAN = make_plan(
    step("one"),
    parameters=[
        ("n", "int", 3),
        ("lr", "float", 0.5),
        ("name", "str", ""),
        ("flag", "bool", False),
        ("sizes", "list", []),
        ("more", "dict", {}),
        ("limit", "int", None),
    ],
)

ACCEPTED = [
    ("n", 4, 4),
    ("n", 4.0, 4),
    ("lr", 1, 1.0),
    ("name", "x", "x"),
    ("flag", True, True),
    ("sizes", [1, [2]], [1, [2]]),
    ("more", {"a": None}, {"a": None}),
    ("limit", None, None),
]


@pytest.mark.parametrize(("name", "given", "value"), ACCEPTED)
def test_given_values_take_the_declared_type(name, given, value):
    checked = check_parameters(PLAN, {name: given})
    assert checked == {name: value}
    assert type(checked[name]) is type(value)


REFUSED = [
    ("n", 4.5),
    ("n", True),
    ("n", "4"),
    ("n", None),
    ("n", EXACT + 1),
    ("lr", "x"),
    ("lr", False),
    ("lr", math.nan),
    ("name", 1),
    ("flag", 1),
    ("sizes", {}),
    ("sizes", [object()]),
    ("more", []),
    ("more", {"a": {1, 2}}),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_other_types_are_refused_at_the_cell(name, value):
    with pytest.raises(KfpExtError) as error:
        check_parameters(PLAN, {name: value})
    (problem,) = error.value.problems
    assert (problem.code, problem.cell, problem.cell_id) == (Code.PARAMETER_INVALID, 1, "p")
    assert problem.remedy


def test_all_problems_are_told_at_once():
    with pytest.raises(KfpExtError) as error:
        check_parameters(PLAN, {"nam": "x", "n": "y"})
    unknown, wrong = error.value.problems
    assert (unknown.code, wrong.code) == (Code.PARAMETER_UNKNOWN, Code.PARAMETER_INVALID)
    assert "'name'" in unknown.remedy


def test_an_unknown_parameter_of_a_pipeline_without_any():
    with pytest.raises(KfpExtError) as error:
        check_parameters(make_plan(step("one")), {"x": 1})
    assert error.value.code is Code.PARAMETER_UNKNOWN


def test_values_go_to_an_engine_under_their_keys():
    assert encode_parameters({"größe": 1, "s": "$"}) == {
        "gr_u00f6_u00dfe": 1,
        "s": 'json:"\\u0024"',
    }


PARSED = [
    ("n", "4", 4),
    ("n", " -1 ", -1),
    ("lr", "1e-3", 1e-3),
    ("lr", "2", 2.0),
    ("name", "a=b", "a=b"),
    ("name", "", ""),
    ("flag", "true", True),
    ("flag", "No", False),
    ("flag", "1", True),
    ("sizes", "[1, 2.0]", [1, 2.0]),
    ("sizes", "[True, None]", [True, None]),
    ("more", '{"a": null}', {"a": None}),
    ("more", "{'a': 1}", {"a": 1}),
]


@pytest.mark.parametrize(("name", "text", "value"), PARSED)
def test_text_of_the_command_line(name, text, value):
    parameter = next(each for each in PLAN.parameters if each.name == name)
    assert repr(parse_parameter(parameter, text)) == repr(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [("n", "4.5"), ("lr", "fast"), ("flag", "maybe"), ("sizes", "1"), ("more", "{'a': f()}")],
)
def test_text_of_another_type_is_refused(name, text):
    parameter = next(each for each in PLAN.parameters if each.name == name)
    with pytest.raises(KfpExtError) as error:
        parse_parameter(parameter, text)
    assert error.value.code is Code.PARAMETER_INVALID
