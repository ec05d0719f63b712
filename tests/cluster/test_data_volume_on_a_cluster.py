"""Large values stay on a claim: steps read them there, KFP's cache and cleaning stay right."""

import json

from jupyter_kfp_ext.engines.kfp import cleaning
from jupyter_kfp_ext.engines.kfp.connections import choose, known_connections
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
    again = kfp("run", path.name, "--connection", "lab", "--json")
    assert [step["cached"] for step in again.json["steps"]] == [True, True, True]
    pulled = kfp("pull", called.json["run_id"], "make", "big", "-o", "big.txt")
    assert pulled.code == 1
    assert "lies on the volume team/kfp-data" in pulled.err
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
