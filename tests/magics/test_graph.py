"""`%kfp graph`: what is drawn of a notebook and of a run."""

from jupyter_kfp_ext.magics.graph import pipeline_graph, run_graph
from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.runs.chain import check
from jupyter_kfp_ext.runs.describe import describe
from jupyter_kfp_ext.runs.registry import Registry
from tests.support.notebooks import code_cell, notebook_json


def graph_of(*cells):
    return pipeline_graph(describe(check(parse_notebook(notebook_json(*cells)))))


def test_variables_are_written_on_the_arrows():
    graph = graph_of(
        code_cell("a, b = 1, 2", step="load"),
        code_cell("print(a + b)", step="use"),
        code_cell("x = 1", step="alone", after=["load"]),
    )
    assert graph["text/plain"].splitlines() == [
        "load",
        "use",
        "  <- load: a, b",
        "alone",
        "  <- load",
    ]
    assert graph["text/vnd.mermaid"].splitlines() == [
        "flowchart LR",
        '  s0["load"]',
        '  s1["use"]',
        '  s2["alone"]',
        '  s0 -->|"a, b"| s1',
        "  s0 --> s2",
    ]


def test_loops_conditions_and_odd_names():
    graph = graph_of(
        code_cell("a = [1]", step='say "hi"; <b>größe'),
        code_cell("y = i", step="loop", for_each="i in a"),
        code_cell("z = 1", step="maybe", when="len(a) > 0"),
    )
    lines = graph["text/vnd.mermaid"].splitlines()
    assert lines[1] == '  s0["say #34;hi#34;#59; #60;b#62;größe"]'
    assert lines[2] == '  s1["loop<br/>for i in a"]'
    assert lines[3] == '  s2["maybe<br/>when len#40;a#41; #62; 0"]'


def test_many_names_are_cut_short():
    names = [f"n{number}" for number in range(7)]
    graph = graph_of(
        code_cell("\n".join(f"{name} = 1" for name in names), step="one"),
        code_cell(f"print({', '.join(names)})", step="two"),
    )
    assert "n0, n1, n2, n3 and 3 more" in graph["text/plain"]


def test_a_run_has_its_states(kfp, write_notebook):
    cells = (code_cell("x = 1", step="good"), code_cell("x / 0", step="bad"))
    kfp("run", write_notebook("n.ipynb", *cells).name)
    graph = run_graph(Registry().get("last"))
    assert graph["text/plain"].splitlines() == [
        "good: succeeded",
        "bad: failed",
        "  <- good: succeeded",
    ]
    styles = [line for line in graph["text/vnd.mermaid"].splitlines() if "style" in line]
    assert len(styles) == 2
