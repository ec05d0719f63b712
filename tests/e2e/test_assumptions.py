"""Plans assume that packages behave; here one does not, and the answer is still the kernel's.

Each row is run in one process and as a pipeline with a step a cell: what the cells print must be
the same. The second run has learned, so it must be right without planning again.
"""

import pytest

from tests.support.tricky_notebooks import Tricky

MENDED = {
    "changes its argument": ["x = [1]", "import trickster\nprint(trickster.total(x))", "print(x)"],
    "changes two arguments, in two steps": [
        "import trickster\nx = [1]\ny = [2]",
        "print(trickster.total(x))",
        "print(trickster.total(y))",
        "print(x, y)",
    ],
}


@pytest.fixture
def tricky(kfp_home, tmp_path):
    return Tricky(tmp_path)


@pytest.mark.parametrize("cells", MENDED.values(), ids=MENDED)
def test_a_wrong_plan_is_mended(tricky, cells):
    path = tricky.write(cells)
    report, shown = tricky.run(path)
    assert report["state"] == "SUCCEEDED", report
    assert shown == tricky.straight(cells)
    assert any(note.startswith("Planned again: ") for note in report["notes"])
    again, shown = tricky.run(path)
    assert shown == tricky.straight(cells)
    assert again["notes"] == []


def test_what_was_learned_is_shown_and_forgotten_with_the_cell(tricky):
    cells = MENDED["changes its argument"]
    path = tricky.write(cells)
    tricky.run(path)
    [problem] = tricky.check(path)
    assert (problem["code"], problem["severity"], problem["cell"]) == (
        "assumption-broken",
        "info",
        2,
    )
    tricky.write([cells[0], cells[1] + "  # edited", cells[2]])
    assert tricky.check(path) == []


def test_only_what_depends_on_the_wrong_assumption_runs_again(tricky):
    cells = [
        "import os\nx = [1]\nopen(os.environ['COUNT'], 'a').write('first ')",
        "import trickster\nprint(trickster.total(x))",
        "print(x)",
    ]
    count = tricky.folder / "count"
    path = tricky.write(cells)
    report, shown = tricky.run(path, COUNT=str(count))
    assert report["state"] == "SUCCEEDED"
    assert shown[2] == "[1, 99]\n"
    assert count.read_text() == "first "
