"""What a step has left, over the API: values as they look, files, numbers and curves."""

import json

import pytest

from tests.support.notebooks import code_cell

MAKE = (
    "rows = [1, 2, 3]\nlong = 'word ' * 20\n"
    "open('told.csv', 'w').write('name,age\\nKöln,3\\n')\n"
    "open('page.html', 'w').write('<script>alert(1)</script>')\n"
    "open('raw.bin', 'wb').write(bytes(range(256)))"
)
USE = "print(rows, long)\nopen('told.csv').read()"


@pytest.fixture
def run(api, put_notebook, ended):
    """Run the notebook and return the run's id."""

    async def start():
        cells = (code_cell(MAKE, step="make"), code_cell(USE, step="use"))
        started = await api("POST", "runs", body={"path": put_notebook("n.ipynb", *cells)})
        run_id = started.json["run_id"]
        assert (await ended(run_id)).state.value == "SUCCEEDED"
        return run_id

    return start


async def test_values_with_how_they_look_and_who_takes_them(api, run):
    run_id = await run()
    answer = await api("GET", "runs", run_id, "steps", "make", "results")
    values = {each["name"]: each for each in answer.json["values"]}
    assert list(values) == ["long", "rows"]
    assert values["rows"]["head"] == {"kind": "json", "value": [1, 2, 3]}
    assert values["rows"]["used_by"] == ["use"]
    assert values["rows"]["bytes"] > 0
    assert values["long"]["head"]["text"] == "word " * 20
    assert {each["name"] for each in answer.json["files"]} == {"told.csv", "page.html", "raw.bin"}
    assert answer.json["inputs"] == []
    answer = await api("GET", "runs", run_id, "steps", "use", "results")
    assert answer.json["inputs"] == [
        {"name": "long", "step": "make"},
        {"name": "rows", "step": "make"},
    ]


async def test_files_are_looked_at_as_data(api, run):
    run_id = await run()

    async def look(name):
        path = ("runs", run_id, "steps", "make", "results", "look")
        return (await api("GET", *path, name=name)).json["head"]

    table = await look("told.csv")
    assert (table["names"], table["cells"], table["rows"]) == (["name", "age"], [["Köln", "3"]], 1)
    assert (await look("page.html"))["kind"] == "html"
    assert await look("raw.bin") is None


async def test_a_file_is_sent_to_be_kept_never_as_a_page(jp_fetch, run):
    run_id = await run()
    path = ("jupyter-kfp-ext", "runs", run_id, "steps", "make", "results", "file")
    answer = await jp_fetch(*path, params={"name": "page.html"})
    assert answer.body == b"<script>alert(1)</script>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_nothing_else_is_sent(api, run):
    run_id = await run()
    for name in ("../make/log", "/etc/hostname", "n.ipynb", "missing.txt", ""):
        for what in ("file", "look"):
            path = ("runs", run_id, "steps", "make", "results", what)
            assert (await api("GET", *path, name=name)).status == 400, name


async def test_a_cached_step_has_what_it_handed_on(api, run, ended):
    await run()
    again = (await api("POST", "runs", body={"path": "n.ipynb"})).json["run_id"]
    status = await ended(again)
    assert status.step("make").cached
    answer = await api("GET", "runs", again, "steps", "make", "results")
    assert json.dumps(answer.json["values"]).count('"head": {') == 2
    assert "told.csv" in {each["name"] for each in answer.json["files"]}


async def test_metrics_and_curves(api, put_notebook, ended):
    pytest.importorskip("sklearn")
    source = (
        "from sklearn.metrics import roc_curve, confusion_matrix\n"
        "fpr, tpr, thr = roc_curve([0, 1, 1], [0.1, 0.4, 0.9])\n"
        "cm = confusion_matrix([0, 1], [0, 1])\nacc = 0.5"
    )
    cells = (code_cell("x = 1", step="a"), code_cell(source, role="metrics"))
    body = {"path": put_notebook("m.ipynb", *cells)}
    run = (await api("POST", "runs", body=body)).json["run_id"]
    await ended(run)
    left = (await api("GET", "runs", run, "steps", "a", "results")).json
    assert left["numbers"]["acc"] == 0.5
    assert "confidenceMetrics" in left["curves"]["fpr"]
    assert "confusionMatrix" in left["curves"]["cm"]


async def test_what_is_not_there_is_said(api, run):
    run_id = await run()
    assert (await api("GET", "runs", run_id, "steps", "none", "results")).status == 404
    assert (
        await api("GET", "runs", "20260101-000000-aaaaaa", "steps", "a", "results")
    ).status == 404
