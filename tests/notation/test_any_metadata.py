"""Metadata of any shape: nothing is raised, every problem can be shown."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notation_cases import code, raw

from jupyter_kfp_ext.errors import Problem
from jupyter_kfp_ext.notation.convert import convert_options
from jupyter_kfp_ext.notation.marks import read_marks
from jupyter_kfp_ext.notation.options import StepOptions
from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.notation.schema import specs

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)
_NAMES = st.sampled_from([*specs(), "step", "role", "nope"])
_OPTIONS = _JSON | st.dictionaries(_NAMES, _JSON, max_size=4)
_TAGS = st.lists(
    st.text(max_size=9)
    | st.builds(
        "{}:{}".format,
        st.sampled_from(
            ["step", "block", "prev", "limit", "label", "annotation", "image", "cache", "report"]
        ),
        st.text(max_size=9) | st.sampled_from(["a:b", "cpu:1", "memory:1Gi", "a.b/gpu:1"]),
    ),
    max_size=4,
)
_KALE = st.dictionaries(
    st.sampled_from(
        [
            "pipeline_name",
            "experiment",
            "experiment_name",
            "volumes",
            "steps_defaults",
            "docker_image",
            "timeout",
            "enable_caching",
            "katib_run",
        ]
    ),
    _JSON | st.dictionaries(st.sampled_from(["limits", "labels", "retry_count", "type"]), _JSON),
)
_CELL = st.builds(
    code,
    st.sampled_from(["x = 1", "", "%%component a --gpu 1", "%%component"]) | st.text(max_size=20),
    kfp=_OPTIONS,
    tags=_JSON | _TAGS,
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(_CELL, max_size=4),
    st.none() | _OPTIONS | st.fixed_dictionaries({"defaults": _OPTIONS}),
    _JSON | _KALE,
    _JSON,
)
def test_nothing_is_raised(cells, kfp, kale, kernel):
    notebook = parse_notebook(raw(*cells, kfp=kfp, kubeflow_notebook=kale, kernelspec=kernel))
    model = read_marks(notebook)
    for problem in model.problems:
        assert problem.message
        assert Problem.from_json(json.loads(json.dumps(problem.to_json()))) == problem
    assert {cell.step for cell in model.cells} - {None} == {step.name for step in model.steps}
    assert [name for step in model.steps for name in {step.name}] == list(
        dict.fromkeys(step.name for step in model.steps)
    )


@given(st.dictionaries(_NAMES, _JSON, max_size=4))
def test_what_is_accepted_fits_the_type(raw_options):
    options, problems = convert_options(raw_options, StepOptions)
    again, none = convert_options(
        {
            name: value
            for name, value in raw_options.items()
            if name not in {p.option for p in problems}
        },
        StepOptions,
    )
    assert (again, none) == (options, ())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, [[]], {"": None}])
@pytest.mark.parametrize("name", list(specs()))
def test_odd_values_are_refused_or_read(name, value):
    _, problems = convert_options({name: value}, StepOptions)
    assert len(problems) <= 1
