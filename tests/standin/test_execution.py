"""How the stand-in walks a pipeline, where no notebook of ours asks for it."""

import json
import urllib.error
import urllib.request

from container_specs import Step, pipeline

from tests.standin.inputs import holds, stored
from tests.standin.server import stand_in

ONCE = """
place = shared / given['name']
seen = place.exists()
place.touch()
with open(shared / 'ran', 'a') as file: file.write(given['name'] + ' ')
sys.exit(0 if seen or given['name'] == 'good' else 3)
"""


def post(server, path, body=None):
    data = json.dumps(body or {}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(server.url + path, data, headers, method="POST")
    with urllib.request.urlopen(request, timeout=300) as answer:
        return json.loads(answer.read())


def test_a_retry_runs_what_failed_and_what_was_left_out(tmp_path):
    steps = {
        "good": Step(ONCE, parameters={"name": "good"}),
        "bad": Step(ONCE, parameters={"name": "bad"}, after=["good"]),
        "later": Step("open(shared / 'ran', 'a').write('later')", after=["bad"]),
    }
    spec, _ = pipeline(steps, None, tmp_path)
    with stand_in() as server:
        body = {"pipeline_spec": spec | {"sdkVersion": "kfp-2.17.0"}, "display_name": "r"}
        run = post(server, "/apis/v2beta1/runs", body)
        (workflow,) = server.workflows.of(run["run_id"])
        server.workflows.wait_for(lambda: workflow.ended)
        assert workflow.phase == "Failed"
        assert phases(workflow) == {"good": "Succeeded", "bad": "Failed", "later": "Omitted"}
        post(server, f"/apis/v2beta1/runs/{run['run_id']}:retry")
        server.workflows.wait_for(lambda: workflow.phase == "Succeeded")
        assert phases(workflow) == dict.fromkeys(steps, "Succeeded")
        assert (tmp_path / "ran").read_text() == "good bad bad later"
        try:
            post(server, f"/apis/v2beta1/runs/{run['run_id']}:retry")
            refused = 0
        except urllib.error.HTTPError as error:
            refused = error.code
        assert refused == 409  # it has not failed


def test_a_run_ends_once_the_object_of_its_workflow_says_so(tmp_path):
    spec, _ = pipeline({"good": Step("pass")}, None, tmp_path)
    with stand_in() as server:
        body = {"pipeline_spec": spec | {"sdkVersion": "kfp-2.17.0"}, "display_name": "r"}
        run = post(server, "/apis/v2beta1/runs", body)
        (workflow,) = server.workflows.of(run["run_id"])
        server.workflows.wait_for(lambda: workflow.ended)
        workflow.written = workflow.version - 1
        assert server.workflows.rows_of(run)["state"] == "RUNNING"
        workflow.written = workflow.version
        assert server.workflows.rows_of(run)["state"] == "SUCCEEDED"


def phases(workflow):
    nodes = {each["name"]: each["phase"] for each in workflow.nodes.values()}
    return {name: nodes[f"{workflow.name}.root.{name}"] for name in ("good", "bad", "later")}


def test_conditions_are_evaluated_as_pipelines_write_them():
    given = {"s": "it's", "n": 5.0, "run": True}
    assert holds("inputs.parameter_values['run'] == true", given)
    assert holds("int(inputs.parameter_values['n']) == 5", given)
    assert holds("inputs.parameter_values['s'] == \"it's\"", given)
    assert not holds("!(inputs.parameter_values['s'] in [\"it's\"])", given)
    assert holds("inputs.parameter_values['n'] != 4 && true || false", given)


def test_metadata_comes_back_changed():
    said = {"flag": True, "list": [1], "struct": {"a": None}, "text": "x"}
    assert stored(said) == {
        "flag": 1,
        "list": {"list": [1]},
        "struct": {"struct": {"a": None}},
        "text": "x",
    }
