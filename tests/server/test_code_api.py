"""`POST code`, what was shown against what is sent, and the code of a run: seen and restored."""

import json
import subprocess

import pytest

from tests.support.notebooks import code_cell, notebook_json

CELLS = (
    code_cell("import tools.a", step="make"),
    code_cell("open('told.txt').read()", step="read"),
)
FILES = {"tools/__init__.py": "", "tools/a.py": "from . import b\n", "tools/b.py": "x = 1\n"}


@pytest.fixture
def project(put_notebook, jp_root_dir):
    path = put_notebook("work/n.ipynb", *CELLS)
    for name, text in {**FILES, "told.txt": "hello\n"}.items():
        file = jp_root_dir / "work" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return path


async def test_the_files_of_a_notebook_with_what_leads_to_them(api, project, jp_root_dir):
    git = ["git", "-c", "user.name=me", "-c", "user.email=me@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True, cwd=jp_root_dir)
    answer = await api("POST", "code", body={"path": project})
    assert answer.status == 200
    places = {each["path"]: each["place"] for each in answer.json["files"]}
    assert places["helpers/tools/b.py"] == "work/tools/b.py"
    assert places["files/told.txt"] == "work/told.txt"
    assert str(jp_root_dir) not in json.dumps(answer.json)
    [make, _] = answer.json["steps"]
    b = next(each for each in make["modules"] if each["module"] == "tools.b")
    assert (b["chain"], b["cell"], b["line"]) == (["tools.a"], 1, 1)
    assert len(answer.json["git"]["commit"]) == 40
    assert answer.json["git"]["dirty"] is False
    assert answer.json["bundle"]


async def test_a_notebook_that_cannot_run_tells_what_was_found(api, project, jp_root_dir):
    (jp_root_dir / "work" / "tools" / "b.py").write_text("x = 1 +\n")
    answer = await api("POST", "code", body={"path": project})
    assert (answer.status, answer.json["bundle"]) == (200, "")
    assert "helpers/tools/a.py" in [each["path"] for each in answer.json["files"]]


async def test_files_outside_of_the_root_have_no_place(api, put_notebook, jp_root_dir):
    outside = jp_root_dir.parent / "outside_of_root"
    outside.mkdir()
    (outside / "far.py").write_text("x = 1\n")
    cell = code_cell(f"import sys\nsys.path.insert(0, {str(outside)!r})\nimport far", step="a")
    answer = await api("POST", "code", body={"path": put_notebook("n.ipynb", cell)})
    [file] = answer.json["files"]
    assert file["place"] is None


def shown(pipeline):
    return {each["path"]: each["hash"] for each in pipeline.json["files"]}


async def test_only_what_was_shown_is_run(api, project, jp_root_dir, ended):
    seen = await api("POST", "pipeline", body={"path": project})
    assert {each["place"] for each in seen.json["files"]} == {
        "work/told.txt",
        *(f"work/{name}" for name in FILES),
    }
    (jp_root_dir / "work" / "tools" / "b.py").write_text("x = 2\n")
    refused = await api("POST", "runs", body={"path": project, "shown": shown(seen)})
    assert refused.status == 409
    [problem] = refused.json["problems"]
    assert problem["code"] == "code-changed"
    assert "tools/b.py" in problem["message"]
    assert "tools/a.py" not in problem["message"]
    assert (await api("GET", "runs")).json["runs"] == []

    again = await api("POST", "pipeline", body={"path": project})
    started = await api("POST", "runs", body={"path": project, "shown": shown(again)})
    assert started.status == 201
    await ended(started.json["run_id"])


async def test_a_file_that_was_never_shown_is_told_and_one_less_is_not(api, project, ended):
    seen = shown(await api("POST", "pipeline", body={"path": project}))
    notebook = notebook_json(code_cell("import tools.b", step="make"))
    body = {"path": project, "notebook": notebook}
    refused = await api("POST", "runs", body={**body, "shown": {"helpers/tools/b.py": "x"}})
    assert refused.status == 409
    assert (await api("POST", "runs", body={**body, "shown": {}})).status == 409
    assert (await api("POST", "runs", body={**body, "shown": []})).status == 400
    started = await api("POST", "runs", body={**body, "shown": seen})
    assert started.status == 201
    await ended(started.json["run_id"])


async def test_the_code_of_a_run_what_changed_and_that_code_again(api, project, jp_root_dir, ended):
    started = await api("POST", "runs", body={"path": project})
    run = started.json["run_id"]
    code = await api("GET", "runs", run, "code")
    assert code.status == 200
    assert {each["place"] for each in code.json["files"]} >= {"work/tools/b.py"}
    assert (await api("GET", "runs", run, "code", "changes")).json == {"changes": []}

    (jp_root_dir / "work" / "tools" / "b.py").write_text("x = 2\n")
    [change] = (await api("GET", "runs", run, "code", "changes")).json["changes"]
    assert (change["kind"], change["what"], change["name"]) == (
        "changed",
        "file",
        "helpers/tools/b.py",
    )
    assert "-x = 1\n+x = 2" in change["diff"]

    restored = await api("POST", "runs", run, "code", "restore", body={"path": "work/then"})
    assert restored.status == 201
    assert "work/then/tools/b.py" in restored.json["files"]
    assert (jp_root_dir / "work" / "then" / "tools" / "b.py").read_text() == "x = 1\n"
    assert (jp_root_dir / "work" / "then" / "n.ipynb").exists()
    again = await api("POST", "runs", run, "code", "restore", body={"path": "work/then"})
    assert again.status == 400
    await ended(run)


@pytest.mark.parametrize("path", ["", "..", "../elsewhere", ".hidden", "a/../../b", 3])
async def test_nothing_is_restored_outside_of_what_the_server_shows(path, api, project, ended):
    started = await api("POST", "runs", body={"path": project})
    run = started.json["run_id"]
    answer = await api("POST", "runs", run, "code", "restore", body={"path": path})
    assert answer.status == 400
    await ended(run)


async def test_a_run_that_is_not_there(api):
    for words in (["code"], ["code", "changes"]):
        answer = await api("GET", "runs", "20260101-000000-aaaaaa", *words)
        assert (answer.status, answer.json["problems"][0]["code"]) == (404, "run-missing")
