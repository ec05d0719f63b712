"""Claims that a run makes for its steps: there while it runs, gone when it has ended."""

from tests.support.notebooks import code_cell

WORK = {"claim": "work", "path": "/work", "size": "20Mi"}
WRITES = code_cell(
    "import os\nplace = os.environ['KFP_VOLUME_WORK']\nopen(place + '/a', 'w').write('here')",
    step="writes",
    volumes=[WORK],
)
READS = code_cell("print(place, open(place + '/a').read())", step="reads", volumes=[WORK])
BREAKS = code_cell("open(place + '/b')", step="breaks", volumes=[WORK])


def test_steps_share_a_claim_of_their_run(kfp, lab, real, write_notebook):
    path = write_notebook("n.ipynb", WRITES, READS)
    called = kfp("run", path.name, "--connection", "lab", "--json")
    assert called.code == 0, called.out + called.err
    assert kfp("logs", "last", "--json").json["logs"]["reads"] == "/work here\n"
    assert called.json["notes"] == []
    assert "kfp_claim_work" not in called.json["parameters"]
    (posted,) = (each for each in called.json["phases"] if each["name"] == "run")
    assert f"claims work-{called.json['remote']['run_id'][:8]} (20Mi)" in posted["message"]
    # It goes although the pods of the run are still there.
    assert real.cluster.pods(called.json["remote"]["run_id"])
    real.until_gone("persistentvolumeclaims")


def test_it_goes_after_a_failure_and_what_was_on_it_is_not_taken_again(
    kfp, lab, real, write_notebook
):
    path = write_notebook("n.ipynb", WRITES, BREAKS)
    assert kfp("run", path.name, "--connection", "lab").code == 1
    assert all("deletionTimestamp" in each["metadata"] for each in real.cluster.our_claims())
    refused = kfp("retry", "last")
    assert (refused.code, "work" in refused.err) == (2, True)
    again = kfp("resume", "last", "--json")
    assert [step["cached"] for step in again.json["steps"]] == [False, False]


def test_a_quota_refuses_a_claim_before_anything_runs(kfp, lab, real, write_notebook):
    hard = {"requests.storage": "10Mi"}
    real.make("resourcequotas", {"metadata": {"name": "small"}, "spec": {"hard": hard}})
    path = write_notebook("n.ipynb", WRITES)
    called = kfp("run", path.name, "--connection", "lab", "--json")
    assert called.code == 1
    assert "claim work of 20Mi cannot be made" in called.json["message"]
    assert real.cluster.pods(called.json["remote"].get("run_id", "none")) == []
