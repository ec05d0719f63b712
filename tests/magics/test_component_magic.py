"""`%%component` in a real kernel: the cell must run as if the line were not there."""

import re
from pathlib import Path

import pytest
from nbformat import from_dict

from tests.support.kernel_client import KernelClient
from tests.support.notebooks import notebook_json

ROOT = Path(__file__).resolve().parents[2]
LOAD = "%load_ext jupyter_kfp_ext"


def outputs_of(*sources, allow_errors=True):
    """Run cells in a fresh kernel and return the outputs of each."""
    notebook = from_dict(notebook_json(*sources))
    KernelClient(notebook, kernel_name="python3", allow_errors=allow_errors).execute()
    return [cell.outputs for cell in notebook.cells]


BODIES = [
    "x = 1\nprint(x)",
    "x = 41\nx + 1",
    "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "from IPython.display import HTML\nHTML('<b>hi</b>')",
    "%env KFP_TEST_VALUE=1",
    "value = 1;\nvalue;",
    "def f():\n    return undefined_name\nf()",
    "1 +",
]


@pytest.fixture(scope="module")
def both_ways(tmp_path_factory):
    """The outputs of each body with the magic line and without, a blank line in its place."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        marked = outputs_of(LOAD, *(f"%%component one --cpu 1\n{body}" for body in BODIES))
        # IPython drops blank lines at the start of a cell, but not comments.
        plain = outputs_of("pass", *(f"# {'-' * 30}\n{body}" for body in BODIES))
    assert marked[0] == plain[0] == []
    return dict(zip(BODIES, zip(marked[1:], plain[1:], strict=True), strict=True))


@pytest.mark.parametrize("body", BODIES)
def test_the_outputs_are_those_of_the_cell_without_the_line(both_ways, body):
    marked, plain = both_ways[body]
    assert [_comparable(each) for each in marked] == [_comparable(each) for each in plain]
    assert plain or body.endswith(";")


def _comparable(output):
    """The output without the text of line 1, which differs on purpose, and IPython's file names."""
    if output["output_type"] != "error":
        return output
    lines = "\n".join(plain_lines(output)).replace("-" * 30, "").splitlines()
    lines = [line for line in lines if not re.fullmatch(r"\s*1( #)?\s*", line)]
    return {
        **output,
        "traceback": lines,
        "evalue": re.sub(r"\(\d+\.py", "(cell.py", output["evalue"]),
    }


def plain_lines(output):
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output["traceback"])).splitlines()


def test_line_numbers_count_the_magic_line(both_ways):
    marked, _ = both_ways["def f():\n    return undefined_name\nf()"]
    lines = plain_lines(marked[0])
    assert "Cell In[8], line 4" in "\n".join(lines)
    assert any(re.fullmatch(r"-+> 3\s+return undefined_name", line) for line in lines)


def test_wrong_lines_run_nothing_and_say_what_is_wrong(kfp_home):
    cells = outputs_of(
        LOAD,
        "%%component one --gpus 1\nprint('it ran')",
        "%%component\nprint('it ran')",
        "%%component two\n%%capture held\nprint('inner')",
        "held.stdout",
    )
    unknown, nameless, _, held = cells[1:]
    assert "--gpu" in unknown[0]["text"]
    assert "it ran" not in str(unknown) + str(nameless)
    assert "Traceback" not in str(unknown) + str(nameless)
    assert held[0]["data"]["text/plain"] == "'inner\\n'"


def test_loading_twice_and_unloading(kfp_home):
    cells = outputs_of(
        LOAD,
        LOAD,
        "%reload_ext jupyter_kfp_ext",
        "sum('without_magic_line' in repr(t) for t in get_ipython().input_transformers_cleanup)",
        "%unload_ext jupyter_kfp_ext",
        "%%component one\nprint('it ran')",
    )
    assert cells[3][0]["data"]["text/plain"] == "1"
    assert "not found" in str(cells[5])
