from pathlib import Path

import pytest

from jupyter_kfp_ext.engines.local.dataflow import Inputs, Results
from jupyter_kfp_ext.engines.local.executor_input import (
    RunFacts,
    build_executor_input,
    fill_in,
    placeholders,
)
from jupyter_kfp_ext.engines.local.layout import StepFolder
from jupyter_kfp_ext.engines.local.spec import (
    Constant,
    Container,
    ParameterType,
    PipelineInput,
    Retry,
    Task,
    TaskOutput,
)
from jupyter_kfp_ext.engines.local.values import as_passed, from_text

FACTS = RunFacts("run1", "pipe", "2026-01-01T00:00:00Z", "/r/steps")
FOLDER = StepFolder(Path("/r/steps/t"))


def task(parameters, kinds, artifacts=None):
    return Task(
        "t",
        "t",
        Container("", (), (), {}),
        parameters,
        artifacts or {},
        (),
        {name: ParameterType(*kind) for name, kind in kinds.items()},
        {"o": "STRING"},
        {"m": {"schemaTitle": "system.Model"}},
        Retry(),
        None,
    )


FULL = task(
    {
        "c": Constant("{{$.inputs.parameters['n']}} of {{$.pipeline_task_name}}"),
        "p": PipelineInput("lr"),
        "n": TaskOutput("up", "n"),
        "absent": PipelineInput("not given"),
    },
    {
        "c": ("STRING",),
        "p": ("NUMBER_DOUBLE",),
        "n": ("NUMBER_INTEGER",),
        "d": ("LIST", [1.0, {"a": 2.0}]),
        "absent": ("STRING", None, True),
    },
    {"data": TaskOutput("up", "data")},
)
RESULTS = {
    "up": Results(
        {"n": 3.0}, {"data": ({"name": "data", "uri": "/r/up/data", "metadata": {"rows": 9}},)}
    )
}


@pytest.fixture(name="document")
def build():
    return build_executor_input(FULL, FOLDER, Inputs({"lr": 0.5}, {}, RESULTS), FACTS)


def test_values_come_from_constants_inputs_upstream_and_defaults(document):
    assert document["inputs"]["parameterValues"] == {
        "c": "3 of t",
        "p": 0.5,
        "n": 3,
        "d": [1, {"a": 2}],
    }
    assert repr(document["inputs"]["parameterValues"]["d"]) == "[1, {'a': 2}]"


def test_outputs_are_absolute_paths_in_the_step_folder(document):
    assert document["outputs"] == {
        "parameters": {"o": {"outputFile": "/r/steps/t/parameters/o"}},
        "artifacts": {
            "m": {
                "artifacts": [
                    {
                        "name": "m",
                        "uri": "/r/steps/t/artifacts/m",
                        "type": {"schemaTitle": "system.Model"},
                        "metadata": {},
                    }
                ]
            }
        },
        "outputFile": "/r/steps/t/executor_output.json",
    }


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{$.inputs.parameters['p']}}", "0.5"),
        ("--d={{$.inputs.parameters['d']}}", '--d=[1,{"a":2}]'),
        ("{{$.inputs.parameters['absent']}}", ""),
        ("{{$.inputs.artifacts['data'].path}}", "/r/up/data"),
        ("{{$.inputs.artifacts['data'].uri}}", "/r/up/data"),
        ("{{$.inputs.artifacts['data'].metadata['rows']}}", "9"),
        ("{{$.outputs.artifacts['m'].path}}", "/r/steps/t/artifacts/m"),
        ("{{$.outputs.parameters['o'].output_file}}", "/r/steps/t/parameters/o"),
        ("{{$.pipeline_job_name}}/{{$.pipeline_job_uuid}}", "pipe/run1"),
        ("{{$.pipeline_job_create_time_utc}}", "2026-01-01T00:00:00Z"),
        ("{{$.pipeline_root}}", "/r/steps"),
        ("{{$.unknown}} {{other}} $$ {", "{{$.unknown}} {{other}} $$ {"),
    ],
)
def test_placeholders(document, text, filled):
    assert fill_in(text, placeholders(FULL, document, FACTS)) == filled


def test_a_value_that_looks_like_a_placeholder_is_not_filled_in_again():
    known = {"$.inputs.parameters['x']": "{{$.pipeline_root}}", "$.pipeline_root": "/r"}
    assert fill_in("{{$.inputs.parameters['x']}}", known) == "{{$.pipeline_root}}"


@pytest.mark.parametrize(
    ("value", "kind", "passed"),
    [
        (1.0, "NUMBER_INTEGER", "1"),
        ([1.0, 2.5], "LIST", "[1, 2.5]"),
        ({"a": [1.0]}, "STRUCT", "{'a': [1]}"),
        (True, "BOOLEAN", "True"),
        (5, "STRING", "'5'"),
        (1e300, "NUMBER_DOUBLE", "1e+300"),
    ],
)
def test_numbers_are_passed_as_on_a_cluster(value, kind, passed):
    assert repr(as_passed(value, kind)) == passed


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("41", "NUMBER_INTEGER", 41),
        ("0.5", "NUMBER_DOUBLE", 0.5),
        ("true", "BOOLEAN", True),
        ("False", "BOOLEAN", False),
        ("[1, 2]", "LIST", [1, 2]),
        ("as it is\n", "STRING", "as it is\n"),
    ],
)
def test_output_files_are_read_by_type(text, kind, value):
    assert from_text(text, kind) == value


@pytest.mark.parametrize("kind", ["NUMBER_INTEGER", "NUMBER_DOUBLE", "BOOLEAN", "LIST"])
def test_text_of_another_type_is_refused(kind):
    with pytest.raises(ValueError, match=r"nonsense|Expecting value"):
        from_text("nonsense", kind)
