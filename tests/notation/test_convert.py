"""Raw option values to typed ones: what is accepted, and what is said of what is not."""

import pytest

from jupyter_kfp_ext.errors import Code
from jupyter_kfp_ext.notation.convert import convert_options
from jupyter_kfp_ext.notation.options import PipelineSettings, Retries, StepOptions, Volume
from jupyter_kfp_ext.notation.schema import specs


@pytest.mark.parametrize("spec", specs(StepOptions).values(), ids=lambda spec: spec.name)
def test_every_example_is_valid(spec):
    options, problems = convert_options({spec.name: spec.example}, StepOptions)
    assert problems == ()
    assert getattr(options, spec.name) != getattr(StepOptions(), spec.name)


@pytest.mark.parametrize("spec", specs(PipelineSettings).values(), ids=lambda spec: spec.name)
def test_every_example_of_a_setting_is_valid(spec):
    assert convert_options({spec.name: spec.example}, PipelineSettings)[1] == ()


@pytest.mark.parametrize("name", [spec.name for spec in specs(StepOptions).values()])
def test_none_says_nothing(name):
    assert convert_options({name: None}, StepOptions) == (StepOptions(), ())


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"cpu": 2}, {"cpu": "2"}),
        ({"cpu": 0.5}, {"cpu": "0.5"}),
        ({"timeout": 90}, {"timeout": "90"}),
        ({"env": {"N": 3}}, {"env": {"N": "3"}}),
        ({"after": "clean"}, {"after": ("clean",)}),
        ({"after": ["a", "b"]}, {"after": ("a", "b")}),
        ({"retries": 3}, {"retries": Retries(count=3)}),
        (
            {"volumes": {"claim": "c", "path": "/d"}},
            {"volumes": (Volume(claim="c", path="/d"),)},
        ),
        ({"memory": "1048576"}, {"memory": "1048576"}),
        ({"memory": "1000Ki"}, {"memory": "1000Ki"}),
    ],
)
def test_what_is_meant_is_plain(raw, expected):
    assert convert_options(raw, StepOptions) == (StepOptions(**expected), ())


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"memory": "8GB"}, "size with its unit"),
        ({"memory": 8}, "size with its unit"),
        ({"memory": "500m"}, "size with its unit"),
        ({"memory": "8Ki"}, "size with its unit"),
        ({"cpu": "8Gi"}, "CPUs"),
        ({"cpu": "two"}, "CPUs"),
        ({"cpu": True}, "CPUs"),
        ({"gpu": -1}, "whole number from 0"),
        ({"gpu": "1"}, "whole number"),
        ({"gpu": 1.5}, "whole number"),
        ({"for_each_limit": 0}, "whole number from 1"),
        ({"timeout": "2 hours"}, "length of time"),
        ({"cache": "no"}, "true or false"),
        ({"cache": 1}, "true or false"),
        ({"env": ["A=1"]}, "texts by name"),
        ({"env": {"A": True}}, "texts by name"),
        ({"image": ""}, "empty"),
        ({"image": "  "}, "empty"),
        ({"image_pull_policy": "Sometimes"}, "`IfNotPresent`"),
        ({"volumes": [{"claim": "c"}]}, "missing required field `path`"),
        ({"volumes": ["data"]}, "list of objects"),
        ({"retries": {"count": 1, "backoff": "soon"}}, "`backoff`"),
        ({"retries": {"backoff": "1s"}}, "missing required field `count`"),
    ],
)
def test_a_wrong_value_says_what_is_right(raw, said):
    options, (problem,) = convert_options(raw, StepOptions)
    assert options == StepOptions()
    assert problem.code is Code.OPTION_INVALID
    assert problem.option == next(iter(raw))
    assert said in problem.message
    assert "Write for example" in problem.remedy


@pytest.mark.parametrize(
    ("name", "near"), [("gpus", "`gpu`"), ("Memory", "`memory`"), ("cpu-limit", "`cpu_limit`")]
)
def test_an_unknown_option_names_the_near_ones_and_all(name, near):
    _, (problem,) = convert_options({name: 1}, StepOptions)
    assert problem.code is Code.OPTION_UNKNOWN
    assert near in problem.remedy
    assert all(known in problem.remedy for known in specs(StepOptions))


def test_an_unknown_field_names_the_fields():
    _, (problem,) = convert_options({"volumes": [{"claim": "c", "pth": "/d"}]}, StepOptions)
    assert problem.code is Code.OPTION_UNKNOWN
    assert "Did you mean `path`?" in problem.remedy
    assert problem.option == "volumes"


def test_what_is_right_holds_beside_what_is_wrong():
    options, problems = convert_options({"gpu": 1, "memory": "8", "nope": 1}, StepOptions)
    assert options == StepOptions(gpu=1)
    assert [each.code for each in problems] == [Code.OPTION_INVALID, Code.OPTION_UNKNOWN]
