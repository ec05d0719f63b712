"""`%%kfp remote` as a pod: the kernel's values go there, and what the cell made comes back."""

import nbformat
from nbclient import NotebookClient

from jupyter_kfp_ext.runs.registry import Registry
from tests.support.notebooks import notebook_json

CELLS = (
    "%load_ext jupyter_kfp_ext",
    "xs = [1]\nys = xs\ndef double(v):\n    return 2 * v",
    "%%kfp remote --connection lab\nxs.append(double(4))\nmade = {'new': ys}\nprint('there', xs)",
    "print(xs, ys is xs, made['new'] is xs)",
)


def test_a_cell_there_and_its_values_back(lab, real, tmp_path):
    notebook = nbformat.from_dict(notebook_json(*CELLS))
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": tmp_path}}).execute()
    *_, there, after = notebook.cells
    assert "there [1, 8]" in "".join(each.get("text", "") for each in there.outputs)
    assert after.outputs[0].text == "[1, 8] True True\n"
    [run] = Registry().list()
    assert (run.engine, run.state.value) == ("kfp", "SUCCEEDED")
    assert len(real.cluster.pods(run.remote["run_id"])) == 1
