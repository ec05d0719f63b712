"""`jupyter kfp check --fix` as a process: what it writes, says and leaves."""

import json

import pytest

from tests.support.notebooks import code_cell

TYPO = code_cell("images = 1\nprint(imges)", step="a")
FINE = code_cell("print(1)", step="a")


@pytest.fixture
def fixable(write_notebook):
    return write_notebook("n.ipynb", TYPO)


def test_it_mends_the_file_and_says_so(kfp, fixable):
    called = kfp("check", "--fix", fixable)
    assert called.code == 0, called.err
    assert "cell 1, line 2: fixed: Write images for imges" in called.err
    cell = json.loads(fixable.read_text())["cells"][0]
    assert "".join(cell["source"]) == "images = 1\nprint(images)"
    again = kfp("check", fixable)
    assert (again.code, again.err) == (0, "")


def test_without_the_option_nothing_is_written(kfp, fixable):
    before = fixable.read_bytes()
    called = kfp("check", "--json", fixable)
    assert called.code == 1
    [problem] = called.json
    assert (problem["line"], problem["column"], problem["end_column"]) == (2, 6, 11)
    [fix] = problem["fixes"]
    assert fix["title"] == "Write images for imges"
    assert fix["edits"] == [
        {
            "kind": "replace",
            "cell_id": problem["cell_id"],
            "line": 2,
            "column": 6,
            "old": "imges",
            "new": "images",
        }
    ]
    assert fixable.read_bytes() == before


def test_a_notebook_without_fixable_problems_keeps_its_bytes(kfp, write_notebook):
    path = write_notebook("n.ipynb", FINE)
    path.write_text(json.dumps(json.loads(path.read_text()), indent=7))
    before = path.read_bytes()
    called = kfp("check", "--fix", path)
    assert (called.code, called.err) == (0, "")
    assert path.read_bytes() == before


def test_what_cannot_be_mended_is_told_and_the_rest_is_mended(kfp, write_notebook):
    path = write_notebook("n.ipynb", TYPO, code_cell("print(unknown_thing)", step="b"))
    called = kfp("check", "--fix", "--json", path)
    assert called.code == 1
    assert [each["code"] for each in called.json] == ["name-undefined"]
    assert called.json[0]["cell"] == 2
    assert "imges" not in path.read_text()


def test_the_rest_of_the_file_stays_as_it_was(kfp, write_notebook):
    path = write_notebook("n.ipynb", TYPO, FINE)
    data = json.loads(path.read_text())
    data["metadata"]["other"] = {"z": [1, 2.5, None], "ä": "ö"}
    data["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["1\n"]}]
    data["cells"][1]["execution_count"] = 7
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    path.write_text(text)
    assert kfp("check", "--fix", path).code == 0
    assert path.read_text() == text.replace("imges", "images")
