"""Where the log is all that comes back, the record of the cells is in it, event for event."""

import json

import pytest
from step_process import cell, make_slice, run_step

from jupyter_kfp_ext.engines.kfp.log_text import without_events

CELLS = {
    "prints": ["print('a')\nprint('no end', end='')", "import os\nos.system('echo child')"],
    "shows": ["from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'))", "6 * 7"],
    "fails": ["print('before')\n1 / 0"],
    "does not see it": ["import os\n'KFP_CELLS_LOG' in os.environ"],
}


@pytest.mark.parametrize("name", CELLS)
def test_the_log_holds_the_record(name, tmp_path):
    sources = CELLS[name]
    steps = make_slice(*(cell(source, number) for number, source in enumerate(sources, 1)))
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    told = run_step(tmp_path / "with", steps, {"KFP_CELLS_LOG": "1"})
    plain = run_step(tmp_path / "without", steps)
    events = []
    text = b"".join(without_events([told.stdout.encode()], events.append))
    assert [json.loads(event) for event in events] == told.events
    assert text.decode() == plain.stdout
    assert "\x1ekfp" not in plain.stdout
    if name == "does not see it":
        assert told.outputs(1)[0]["data"]["text/plain"] == "False"
