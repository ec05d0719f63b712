"""`%%kfp remote` on a cluster that has lost what the cell left: it is said, nothing is changed."""

import nbformat
import pytest

from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.connections import add_connection
from jupyter_kfp_ext.runs.registry import Registry
from tests.conftest import end_runs
from tests.standin.server import stand_in
from tests.support.kernel_client import KernelClient
from tests.support.notebooks import notebook_json

CELLS = (
    "%load_ext jupyter_kfp_ext",
    "xs = [1]\nys = xs\ndef double(v):\n    return 2 * v",
    "%%kfp remote --connection lab\nxs.append(double(4))\nprint('there', xs)\nlen(xs)",
    "print(xs, ys is xs)",
)


@pytest.fixture
def lab(kfp_home, tmp_path, monkeypatch):
    monkeypatch.setenv("STORE_KEY", "ada:secret")
    with stand_in() as server:
        lab = Connection(
            "lab",
            server.url,
            kubeconfig=str(server.kubeconfig(tmp_path)),
            store="minio://mlpipeline/helpers",
            store_url=f"{server.url}/s3",
            store_key="env:STORE_KEY",
        )
        add_connection(lab, default=True)
        yield server
        end_runs(kfp_home)


def test_what_is_no_longer_in_the_store_is_no_old_value(lab, tmp_path):
    """What steps that are processes leave is in no object store."""
    notebook = nbformat.from_dict(notebook_json(*CELLS))
    client = KernelClient(notebook, allow_errors=True, resources={"metadata": {"path": tmp_path}})
    client.execute()
    *_, there, after = notebook.cells
    said = "".join(each.get("text", "") or str(each) for each in there.outputs)
    assert "there [1, 8]" in said
    assert "What the cell left of xs, ys is no longer" in said
    assert after.outputs[0].text == "[1] True\n"
    [run] = Registry().list()
    assert (run.engine, run.state.value, run.remote["connection"]) == ("kfp", "SUCCEEDED", "lab")
    assert len(lab.store.runs) == 1
