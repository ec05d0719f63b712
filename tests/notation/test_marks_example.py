"""The example notebook, read as a whole."""

from pathlib import Path

from jupyter_kfp_ext.notation.marks import read_marks
from jupyter_kfp_ext.notation.reader import read_notebook

EXAMPLE = Path(__file__).parents[2] / "examples" / "digits.ipynb"


def test_example_is_read_without_problems():
    model = read_marks(read_notebook(EXAMPLE))
    assert model.problems == ()
    assert model.split is None
    assert model.name == "digits"
    names = [step.name for step in model.steps]
    assert names[:2] == ["load", "clean"]
    assert model.cells[0].role.value == "imports"
    assert [cell.cell.number for cell in model.cells] == list(range(1, len(model.cells) + 1))
