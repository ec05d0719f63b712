"""Large values stay on a claim: steps read them there, KFP's cache and cleaning stay right."""

import json

from jupyter_kfp_ext.engines.kfp import cleaning, volume_pod
from jupyter_kfp_ext.engines.kfp.connections import choose, known_connections
from jupyter_kfp_ext.engines.kfp.volume_pod import VolumePod
from jupyter_kfp_ext.runs.pulling import pull_into
from tests.support.notebooks import code_cell, notebook_json

DATA = {"claim": "team", "above": "1000000"}
CELLS = (
    code_cell("big = bytearray(3_000_000)\nsmall = 5", step="make"),
    code_cell("big[0] = small\nprint('changed')", step="change"),
    code_cell("print(len(big), big[0], small)", step="read"),
)


def test_large_values_stay_on_the_claim(kfp, lab, real, kfp_home, tmp_path, monkeypatch):
    real.claim("team")
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(notebook_json(*CELLS, kfp={"data_volume": DATA})))
    called = kfp("run", path.name, "--connection", "lab", "--json")
    assert called.code == 0, called.out + called.err
    assert kfp("logs", "last", "read").out == "3000000 5 5\n"
    assert sum(map(len, lab.objects.stored.values())) < 1_000_000
    pods = real.names("pods")
    again = kfp("run", path.name, "--connection", "lab", "--json")
    assert again.code == 0, again.out + again.err
    assert [step["cached"] for step in again.json["steps"]] == [True, True, True]
    # A pod reads what is not mounted here; what it read is not read again.
    monkeypatch.setattr(volume_pod, "PART", 1_000_000)
    run_id = called.json["run_id"]
    pulled = {}
    pull_into(pulled, run_id, "change", ["big"])
    assert pulled["big"] == bytearray([5, *bytes(2_999_999)])
    assert real.names("pods") == pods
    monkeypatch.delattr(VolumePod, "read")
    pull_into(pulled, run_id, "change", ["big"])
    assert kfp("pull", run_id, "make", "big", "-o", "big.txt").code == 0
    assert (tmp_path / "big.txt").read_text() == repr(bytearray(3_000_000))
    small = kfp("pull", called.json["run_id"], "make", "small", "-o", "small.json")
    assert small.code == 0, small.err
    young = kfp("clean", "--connection", "lab", "--json")
    assert young.json["cluster"]["values"] == []
    monkeypatch.setattr(cleaning, "LEAST_AGE", 0.0)
    lab_connection = choose("lab", known_connections())
    told = cleaning.clean_cluster(kfp_home, lab_connection, 0.0, dry_run=True)
    removed = cleaning.clean_cluster(kfp_home, lab_connection, 0.0)
    assert removed.values == told.values
    assert removed.sizes == told.sizes
    assert removed.sizes["values"] > 6_000_000
    assert len(removed.values) == 2  # as it was made, and as it was changed
