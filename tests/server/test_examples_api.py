"""`POST examples`: written once, what was changed kept, never outside of the root."""

import pytest


async def test_the_examples_are_written_and_what_was_changed_is_kept(api, jp_root_dir):
    answer = await api("POST", "examples", body={"path": "work/try"})
    assert answer.status == 201
    assert answer.json == {"notebook": "work/try/digits.ipynb", "kept": []}
    notebook = jp_root_dir / "work" / "try" / "digits.ipynb"
    assert (await api("POST", "pipeline", body={"path": "work/try/digits.ipynb"})).json["steps"]
    notebook.write_text(notebook.read_text() + " ")
    again = await api("POST", "examples", body={"path": "work/try"})
    assert again.json["kept"] == ["work/try/digits.ipynb"]
    assert notebook.read_text().endswith(" ")


@pytest.mark.parametrize("path", ["", "..", "../elsewhere", ".hidden", 3])
async def test_nothing_is_written_outside_of_what_the_server_shows(path, api, jp_root_dir):
    answer = await api("POST", "examples", body={"path": path})
    assert (answer.status, answer.json["problems"][0]["code"]) == (400, "usage")
    assert not list(jp_root_dir.rglob("digits.ipynb"))
