"""Executor input and output: parameters, paths, metrics."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from step_process import make_slice, run_step

from jupyter_kfp_ext.runtime.step.executor import (
    bind_parameters,
    convert,
    decode,
    local_path,
    metric_values,
    output_key,
)
from jupyter_kfp_ext.runtime.step.failure import StepFailure


@pytest.mark.parametrize(
    ("artifact", "path"),
    [
        ({"uri": "minio://bucket/a/b"}, "/minio/bucket/a/b"),
        ({"uri": "s3://bucket/a"}, "/s3/bucket/a"),
        ({"uri": "gs://bucket/a"}, "/gcs/bucket/a"),
        ({"uri": "file:///tmp/a"}, "/tmp/a"),
        ({"uri": "/tmp/a"}, "/tmp/a"),
        ({"uri": "s3://bucket/a", "customPath": "/x/y"}, "/x/y"),
    ],
)
def test_local_paths_are_those_of_the_launcher(artifact, path):
    assert local_path(artifact) == path


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ("plain", "plain"),
        ('json:"\\u0024x"', "$x"),
        ('json:"json:"', "json:"),
        (["json:1.0", 2.0], [1.0, 2.0]),
        ({"a": "json:9007199254740993"}, {"a": 9007199254740993}),
        ({"json:": [["b", 1], [2, {"json:": []}]]}, {"b": 1, 2: {}}),
        (True, True),
        (None, None),
    ],
)
def test_decoding_undoes_the_mark(sent, value):
    assert repr(decode(sent)) == repr(value)


@pytest.mark.parametrize(
    ("value", "declared", "result"),
    [
        (7.0, "int", 7),
        (7, "float", 7.0),
        (True, "bool", True),
        ("7", "str", "7"),
        ([1], "list", [1]),
        ({}, "dict", {}),
        (None, "int", None),
    ],
)
def test_values_take_their_declared_type(value, declared, result):
    assert repr(convert(value, declared)) == repr(result)


@pytest.mark.parametrize(
    ("value", "declared"),
    [(7.5, "int"), ("7", "int"), (True, "int"), (1, "bool"), (math.inf, "int")],
)
def test_a_value_of_another_type_is_refused_by_name(value, declared):
    with pytest.raises(StepFailure, match="'n' is .* its type is " + declared) as caught:
        bind_parameters({"parameters": {"n": {"type": declared}}}, {"n": value})
    assert caught.value.name == "parameter-invalid"


def test_a_parameter_may_have_a_key_that_is_not_its_name():
    slice_ = {"parameters": {"gr_u00f6": {"type": "int", "name": "grö"}}}
    assert bind_parameters(slice_, {"gr_u00f6": 3.0}) == {"grö": 3}
    assert output_key("grö") == "gr_u00f6"


@pytest.mark.parametrize(("sent", "shown"), [(1, "1"), (1.0, "1"), (2.0, "2.0"), (0.5, "0.5")])
def test_a_float_whose_default_is_written_as_a_whole_number(sent, shown):
    slice_ = {"parameters": {"x": {"type": "float", "whole": 1}}}
    assert repr(bind_parameters(slice_, {"x": sent})["x"]) == shown


def test_metrics_may_be_of_any_numeric_type():
    numpy = pytest.importorskip("numpy")
    values = [True, Decimal("0.5"), Fraction(1, 4), numpy.float32(0.5), numpy.int64(3)]
    names = [str(number) for number in range(len(values))]
    found = metric_values(names, dict(zip(names, values, strict=True)))
    assert list(found.values()) == [1.0, 0.5, 0.25, 0.5, 3.0]


def test_metrics_must_be_finite_numbers():
    assert metric_values(["a"], {"a": True}) == {"a": 1.0}
    for namespace in ({}, {"a": math.nan}, {"a": "0.5"}, {"a": [1]}):
        with pytest.raises(StepFailure) as caught:
            metric_values(["a"], namespace)
        assert caught.value.name == "metric-undefined"


def test_a_step_reads_parameters_and_writes_the_executor_output(tmp_path):
    slice_ = make_slice(
        "accuracy = lr * 2\n(lr, n, name, missing)",
        parameters={
            "lr": {"type": "float"},
            "n": {"type": "int"},
            "name": {"type": "str"},
            "missing": {"type": "dict"},
        },
        metrics=["accuracy"],
    )
    values = {"lr": 0.25, "n": 7.0, "name": 'json:"\\u0024$"'}
    step = run_step(tmp_path, slice_, parameters=values)
    assert step.outputs()[0]["data"] == {"text/plain": "(0.25, 7, '$$', None)"}
    assert step.code == 0
    assert step.output["parameterValues"] == {"metric_accuracy": 0.5}
    assert step.output["artifacts"]["metrics"]["artifacts"] == [
        {
            "name": "metrics",
            "uri": f"{tmp_path}/artifacts/metrics",
            "metadata": {"accuracy": 0.5},
        }
    ]
