"""Helper modules that are installed from a wheel of the project, on this machine and in a pod."""

import json

from jupyter_kfp_ext.compiler.ways import Places, shipping
from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.notation.reader import read_notebook
from jupyter_kfp_ext.runs.chain import build, submit
from jupyter_kfp_ext.runs.follow import follow_blocking
from jupyter_kfp_ext.runs.outputs import executed_notebook
from tests.support.notebooks import code_cell, notebook_json
from tests.support.pod_commands import Tasks
from tests.support.tricky_notebooks import printed
from tests.support.wheelhouse import add_wheel, wheelhouse_of_a_test  # noqa: F401


def test_a_module_comes_from_its_wheel_and_not_from_beside(kfp_home, tmp_path, wheelhouse):
    work = tmp_path / "work"
    (work / "dist").mkdir(parents=True)
    add_wheel(work / "dist", "ourimages", "1.2")
    (work / "ourimages.py").write_text("version = 'beside the notebook'\n")
    mature = {"module": "ourimages", "requirement": "dist/ourimages-1.2-py3-none-any.whl"}
    cells = (
        code_cell("import ourimages\nprint(ourimages.version)", step="uses"),
        code_cell("print('needs none')", step="other"),
    )
    path = work / "n.ipynb"
    path.write_text(json.dumps(notebook_json(*cells, kfp={"helpers_packages": [mature]})))
    compiled = build(read_notebook(path))
    (work / "dist" / "ourimages-1.2-py3-none-any.whl").unlink()

    run_id = submit(compiled).run_id
    *_, last = follow_blocking(run_id)
    assert last.status.state is State.SUCCEEDED, last.status.steps
    shown = [printed(cell) for cell in executed_notebook(run_id)["cells"]]
    assert shown == ["1.2\n", "needs none\n"]

    place = tmp_path / "pods"
    place.mkdir()
    done = Tasks(shipping(compiled, compiled.bundle, "embed", Places()).form, place).all()
    assert (done["uses"].code, done["uses"].text) == (0, "1.2\n")
    assert done["other"].code == 0
