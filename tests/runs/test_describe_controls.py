"""What the panel is told of loops, conditions and the exit: the notebook's steps, nothing else."""

from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.runs.chain import check
from jupyter_kfp_ext.runs.describe import describe
from tests.support.notebooks import notebook_json

CELLS = (
    "%%component load\nfiles = ['a', 'b']",
    '%%component train --for-each "f in files"\nscore = len(f)',
    '%%component tell --when "max(score) > 1"\nprint(score)',
    "%%component bye --on-exit\nprint(pipeline_status)",
)


def test_what_decides_on_a_step_is_a_part_of_it():
    notebook = parse_notebook(notebook_json(*CELLS), name="a.ipynb", path=None)
    told = describe(check(notebook))
    assert [problem["code"] for problem in told["problems"] if problem["severity"] == "error"] == []
    assert [step["name"] for step in told["steps"]] == ["load", "train", "tell", "bye"]
    ids = [cell.id for cell in notebook.cells]
    assert [step["cells"] for step in told["steps"]] == [[each] for each in ids]
    assert list(told["cells"]) == ids
    inputs = {step["name"]: step["inputs"] for step in told["steps"]}
    assert inputs["tell"] == [{"step": "train", "names": ["score"]}]
    assert inputs["load"] == inputs["bye"] == []
