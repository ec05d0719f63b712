"""What runs that were started elsewhere have left: values, and which step took what from which."""

import json

from kfp_on_cluster import STORE_KEY

from jupyter_kfp_ext.runs.results import step_results
from tests.support.notebooks import code_cell

CELLS = (
    code_cell("items = [1, 2, 3]\nfactor = 2", step="make"),
    code_cell("scaled = item * factor", step="scale", for_each="item in items"),
    code_cell("big = sum(scaled) > 100", step="judge"),
    code_cell("print(factor, scaled)", step="say", when="big"),
    code_cell("print(sum(scaled), factor)", step="use"),
)


def test_it_is_known_who_made_and_who_takes_what(
    kfp, lab, real, write_notebook, tmp_path, monkeypatch
):
    path = write_notebook("n.ipynb", *CELLS)
    assert kfp("run", path.name, "--connection", "lab").code == 0
    [there] = kfp("runs", "--connection", "lab", "--json").json
    store = ("--store", "minio://mlpipeline/code", "--store-url", f"{lab.url}/s3")
    add = ("connections", "add", "lab", "--url", lab.url, "--namespace", real.namespace, *store)
    # Colleagues have homes of their own; one of them may read the code of the run, one may not.
    for colleague, access in {"ada": ("--kubeconfig", real.kubeconfig), "bob": ()}.items():
        monkeypatch.setenv("JUPYTER_KFP_HOME", str(tmp_path / colleague))
        assert kfp(*add, *access, "--store-key", f"env:{STORE_KEY}").code == 0
        attached = kfp("attach", there["remote_id"], path.name, "--json")
        assert attached.code == 0, attached.err
        tasks = {each["name"]: each["task"] for each in attached.json["steps"]}
        run_id = attached.json["run_id"]

        values = step_results(run_id, tasks["make"]).values
        assert {each.name: set(each.used_by) for each in values} == {
            "factor": {"scale", "say", "use"},
            "items": {"scale"},
        }, colleague
        taken = [vars(each) for each in step_results(run_id, tasks["use"]).inputs]
        assert taken == [
            {"name": "factor", "step": "make"},
            {"name": "scaled", "step": "scale"},
        ], colleague
        assert step_results(run_id, tasks["make"]).inputs == ()
        pulled = kfp("pull", run_id, "make", "items", "-o", f"{colleague}.json")
        assert pulled.code == (0 if access else 1), pulled.err
    assert json.loads((tmp_path / "ada.json").read_text()) == [1, 2, 3]
