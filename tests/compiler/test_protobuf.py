import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.json_format import ParseError
from plan_builder import digits_plan

from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.protobuf import checked_pipeline

ROOT = Path(__file__).parents[2]

OURS = """
from jupyter_kfp_ext.compiler.protobuf import checked_pipeline
spec = checked_pipeline({"pipelineInfo": {"name": "a"}, "deploymentSpec": {"executors": {}}})
assert spec["pipelineInfo"] == {"name": "a"}
"""
NOT_KFP = """
import sys
assert "kfp" not in sys.modules and "kubernetes" not in sys.modules
"""
KFP = """
from kfp import dsl
from kfp.pipeline_spec import pipeline_spec_pb2
assert pipeline_spec_pb2.PipelineSpec().pipeline_info.name == ""
"""


@pytest.mark.parametrize("script", [OURS + NOT_KFP, OURS + KFP + OURS, KFP + OURS])
def test_beside_the_real_kfp_in_either_order(script):
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=300)


def test_a_wrong_field_fails():
    spec = compile_plan(digits_plan(), None).spec
    assert checked_pipeline(spec) == spec
    with pytest.raises(ParseError):
        checked_pipeline({**spec, "pipelineinfo": {}})
    executors = {"exec-a": {"container": {"imagee": "x"}}}
    with pytest.raises(ParseError):
        checked_pipeline({**spec, "deploymentSpec": {"executors": executors}})
