"""Claims that steps mount: what is said of them before a run, and what not."""

import pytest

from jupyter_kfp_ext.analysis.graph import make_plan
from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.mounted_code import kubernetes_settings
from jupyter_kfp_ext.engines.kfp.step_claims import claim_notes
from jupyter_kfp_ext.engines.local.spec_reader import read_pipeline
from jupyter_kfp_ext.engines.local.step_records import step_records
from jupyter_kfp_ext.notation.marks import read_marks
from jupyter_kfp_ext.notation.reader import parse_notebook
from tests.support.notebooks import code_cell, notebook_json

VOLUMES = [{"claim": "data", "path": "/data"}]
ROW = {"a": {}, "b": {"after": ["a"]}, "c": {"after": ["b"]}}
FORK = {"a": {}, "b": {"after": ["a"]}, "c": {"after": ["a"]}}
LOOP = {"a": {"for_each": "n in [1, 2]"}}
EXIT = {"a": {}, "b": {"on_exit": True}}


def notes(graph, mounting, mode):
    """Return what is said where the steps `mounting` of a graph mount a claim of an access mode."""
    cells = [
        code_cell("pass", step=name, volumes=VOLUMES if name in mounting else None, **options)
        for name, options in graph.items()
    ]
    model = read_marks(parse_notebook(notebook_json(*cells), name="n.ipynb", path=None))
    compiled = compile_plan(make_plan(model), None)
    pipeline = read_pipeline(compiled.spec, compiled.platform)
    records = step_records(pipeline, compiled.plan)
    settings = kubernetes_settings(compiled.platform)
    found = {"spec": {"accessModes": [mode]}} if mode else None
    return list(claim_notes(records, pipeline, settings, {"data": found}.get))


@pytest.mark.parametrize(
    ("graph", "mounting", "mode", "words"),
    [
        (ROW, "abc", "ReadWriteOnce", ""),
        (ROW, "ac", "ReadWriteOncePod", ""),  # c waits for a by b
        (FORK, "ab", "ReadWriteOnce", ""),
        (FORK, "bc", "ReadWriteOnce", "is ReadWriteOnce, and b and c may run at once"),
        (FORK, "abc", "ReadWriteOncePod", "b and c may run at once"),
        (FORK, "bc", "ReadWriteMany", ""),
        (FORK, "bc", "ReadOnlyMany", ""),
        (FORK, "bc", "", "no claim data in the namespace: b, c will wait"),
        (FORK, "", "", ""),
        (LOOP, "a", "ReadWriteOnce", "and iterations of a may run at once"),
        ({"a": {**LOOP["a"], "for_each_limit": 1}}, "a", "ReadWriteOnce", ""),
        (EXIT, "ab", "ReadWriteOnce", ""),
    ],
)
def test_what_is_said(graph, mounting, mode, words):
    said = notes(graph, mounting, mode)
    assert len(said) == bool(words)
    assert all(words in each for each in said)
