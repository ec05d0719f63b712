"""Steps that share a pod (`fuse`): one real pod, and still each step for itself."""

import json
import subprocess
import sys

from tests.support.notebooks import code_cell

ROW = (
    code_cell("values = [1, 2]", step="make"),
    code_cell("import pathlib\nprint('sum', sum(values))\nmore = 3", step="use"),
    code_cell(
        "values.append(more)\nwhile not pathlib.Path('/data/go').exists():\n    pass", step="end"
    ),
    code_cell("total = sum(values)", role="metrics"),
)
CLAIM = {
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "10Mi"}}},
}
GO = code_cell("open('/data/go', 'w').close()", step="go")


def test_one_pod_and_each_step_for_itself(kfp, lab, real, write_notebook):
    real.make("persistentvolumeclaims", CLAIM)
    said = {"volumes": [{"claim": "data", "path": "/data"}], "cpu": "50m", "memory": "64Mi"}
    path = write_notebook("n.ipynb", *ROW, kfp={"fuse": "auto", "defaults": said})
    started = kfp("run", path.name, "--connection", "lab", "--no-wait", "--json")
    assert started.code == 0, started.err
    follow = [sys.executable, "-m", "jupyter_kfp_ext.cli", "logs", "last", "use", "--follow"]
    with subprocess.Popen(follow, stdout=subprocess.PIPE, text=True) as logs:
        assert logs.stdout.readline() == "sum 3\n"  # while its pod goes on
        logs.terminate()
    write_notebook("go.ipynb", GO, kfp={"defaults": said})
    assert kfp("run", "go.ipynb", "--connection", "lab").code == 0
    run = started.json["run_id"]
    assert kfp("logs", run, "--follow").code == 0
    shown = kfp("show", run, "--json").json
    assert [step["state"] for step in shown["steps"]] == ["SUCCEEDED"] * 3
    assert shown["metrics"] == {"total": 6.0}
    make, use, end = shown["steps"]
    assert make["ended"] <= use["started"] <= use["ended"] <= end["started"]
    (pod,) = real.cluster.pods(shown["remote"]["run_id"])
    (main,) = pod["spec"]["containers"]
    assert main["resources"]["requests"] == {"cpu": "50m", "memory": "64Mi"}
    pulled = kfp("pull", run, "make", "values", "-o", "values.json")
    assert pulled.code == 0, pulled.err
    assert json.loads((path.parent / "values.json").read_text()) == [1, 2]
