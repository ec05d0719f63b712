"""The options as data, the edits of the form, and parts of logs."""

import pytest

from jupyter_kfp_ext.notation.options import PipelineSettings, StepOptions
from jupyter_kfp_ext.notation.schema import specs
from tests.support.notebooks import code_cell


async def test_the_schema_names_every_option_with_its_rules(api):
    schema = (await api("GET", "options")).json
    assert [each["name"] for each in schema["step"]] == list(specs(StepOptions))
    assert {each["name"] for each in schema["pipeline"]} == set(specs(PipelineSettings)) - {
        "defaults"
    }
    groups = [each["name"] for each in schema["groups"]]
    assert {each["group"] for each in (*schema["step"], *schema["pipeline"])} == set(groups)
    memory = next(each for each in schema["step"] if each["name"] == "memory")
    assert "Gi" in memory["pattern"]
    retries = next(each for each in schema["step"] if each["name"] == "retries")
    assert retries["fields"][0]["minimum"] == 0
    assert set(schema["defaults"]) < set(specs(StepOptions))


async def test_an_option_becomes_edits_and_the_file_stays(api, put_notebook, jp_root_dir):
    path = put_notebook("n.ipynb", code_cell("x = 1", step="a"))
    before = (jp_root_dir / path).read_text()
    body = {"path": path, "target": "step", "step": "a", "values": {"memory": "2Gi"}}
    fix = (await api("POST", "options", body=body)).json
    assert fix["edits"] == [
        {
            "kind": "metadata",
            "cell_id": "c0",
            "key": "kfp",
            "value": {"step": "a", "memory": "2Gi"},
        }
    ]
    assert (jp_root_dir / path).read_text() == before
    for target, value in (("defaults", {"defaults": {"cpu": "2"}}), ("pipeline", {"name": "n"})):
        values = value.get("defaults", value)
        body = {"path": path, "target": target, "values": values}
        fix = (await api("POST", "options", body=body)).json
        assert fix["edits"][0]["value"] == value
    renamed = await api("POST", "rename", body={"path": path, "step": "a", "name": "b"})
    assert renamed.json["edits"][0]["value"] == {"step": "b"}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"values": {"memory": "8"}}, 422, "option-invalid"),
        ({"values": {"memori": "8Gi"}}, 422, "option-unknown"),
        ({"step": "b"}, 404, "step-missing"),
        ({"target": "cell"}, 400, "usage"),
        ({"values": {}}, 400, "usage"),
        ({"values": []}, 400, "usage"),
    ],
)
async def test_what_cannot_be_written_says_why(api, put_notebook, change, status, code):
    path = put_notebook("n.ipynb", code_cell("x = 1", step="a"))
    body = {"path": path, "target": "step", "step": "a", "values": {"cpu": "1"}, **change}
    answer = await api("POST", "options", body=body)
    assert (answer.status, answer.json["problems"][0]["code"]) == (status, code)


async def test_parts_of_a_log(api, put_notebook, ended, jp_fetch):
    source = "for n in range(5000):\n    print('line', n)"
    path = put_notebook("n.ipynb", code_cell(source, step="prints"))
    run_id = (await api("POST", "runs", body={"path": path})).json["run_id"]
    await ended(run_id)
    log = ("runs", run_id, "steps", "prints", "log")

    index = (await api("GET", *log, "index")).json
    assert sum(lines for _, lines in index["blocks"]) == 5000
    assert index["blocks"][-1][0] == index["size"]
    (first, _), (second, _) = index["blocks"][:2]
    window = (await api("GET", *log, "window", offset=first, limit=second - first)).json
    assert window["end"] == second

    found = (await api("GET", *log, "search", text="LINE 4999")).json
    ((begin, line),) = found["places"]
    window = (await api("GET", *log, "window", offset=begin)).json
    assert window["text"].split("\n")[line] == "line 4999"

    answer = await jp_fetch("jupyter-kfp-ext", *log, "file")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.body.decode() == "".join(f"line {n}\n" for n in range(5000))


@pytest.mark.parametrize("part", ["index", "window", "search", "file"])
async def test_parts_of_a_log_that_is_not_there_are_404(api, part):
    answer = await api("GET", "runs", "20200101-000000-aaaaaa", "steps", "a", "log", part, text="x")
    assert (answer.status, answer.json["problems"][0]["code"]) == (404, "run-missing")


@pytest.mark.parametrize(
    "query", [{"offset": "-1"}, {"offset": "x"}, {"limit": "0"}, {"limit": "99999999"}]
)
async def test_windows_have_limits(api, query):
    log = ("runs", "20200101-000000-aaaaaa", "steps", "a", "log")
    assert (await api("GET", *log, "window", **query)).status == 400


async def test_the_log_of_one_iteration(api, put_notebook, ended):
    cell = code_cell("print('item', item)", step="each", for_each="item in [1, 2]")
    path = put_notebook("n.ipynb", cell)
    run_id = (await api("POST", "runs", body={"path": path})).json["run_id"]
    status = await ended(run_id)
    assert status.state.value == "SUCCEEDED", status
    window = await api("GET", "runs", run_id, "steps", "each[1]", "log", "window")
    assert "item 2" in window.json["text"]
    missing = await api("GET", "runs", run_id, "steps", "each[7]", "log", "window")
    assert missing.status == 404
