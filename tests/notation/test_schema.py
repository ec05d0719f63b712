"""The schema as the form and the docs get it."""

import json
from pathlib import Path

import pytest

from jupyter_kfp_ext.notation.options import StepOptions
from jupyter_kfp_ext.notation.options_page import options_page
from jupyter_kfp_ext.notation.schema import options_schema, specs

CONTRACT = """after image packages cpu cpu_limit memory memory_limit gpu gpu_type node_selector
tolerations affinity env secret_env secret_volume config_map_env config_map_volume volumes
shared_memory scratch timeout retries cache labels annotations image_pull_policy
image_pull_secrets security fuse for_each for_each_limit when on_exit display_name description"""


def test_the_options_are_those_of_the_contract():
    assert set(specs(StepOptions)) == set(CONTRACT.split())


def test_the_page_in_the_docs_is_the_schema():
    page = Path(__file__).parents[2] / "docs" / "options.md"
    assert page.read_text(encoding="utf-8") == options_page(), (
        "run: python tools/write_options_page.py"
    )


@pytest.mark.parametrize("spec", specs(StepOptions).values(), ids=lambda spec: spec.name)
def test_every_option_is_documented(spec):
    assert spec.description.endswith(".")
    assert spec.example is not None
    assert spec.expects
    assert f"| `{spec.name}` | {spec.description}" in options_page()


def test_the_json_schema_has_what_a_form_needs():
    schema = json.loads(json.dumps(options_schema()))
    step = schema["$defs"]["StepOptions"]["properties"]
    assert set(step) == set(specs(StepOptions))
    groups = {spec.group for spec in specs(StepOptions).values()}
    for name, entry in step.items():
        assert entry["description"], name
        assert entry["x-group"] in groups, name
        assert len(entry["examples"]) == 1, name
    assert "pattern" in step["memory"]["anyOf"][0]
    assert schema["$defs"]["PipelineSettings"]["properties"]["defaults"]


def test_flags_are_unique():
    flags = [flag for spec in specs(StepOptions).values() for flag in spec.flags]
    assert len(flags) == len(set(flags))
