"""Which tasks of a run that was started elsewhere are its steps, and what each waits for."""

from pathlib import Path

from jupyter_kfp_ext.analysis.graph import make_plan
from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.compiled import Form
from jupyter_kfp_ext.compiler.for_clusters import for_clusters
from jupyter_kfp_ext.compiler.pipeline_file import of_specification
from jupyter_kfp_ext.engines.kfp.foreign_steps import steps_of_others
from jupyter_kfp_ext.engines.local.spec_reader import read_pipeline
from jupyter_kfp_ext.engines.local.step_records import step_records
from jupyter_kfp_ext.notation.marks import read_marks
from jupyter_kfp_ext.notation.reader import parse_notebook
from tests.support.notebooks import code_cell, notebook_json

CONTROLLED = (
    code_cell("items = [1, 2, 3]", step="make"),
    code_cell("scaled = item + 1", step="scale", for_each="item in items"),
    code_cell("big = sum(scaled) > 100", step="judge"),
    code_cell("said = sum(scaled)", step="say", when="big"),
    code_cell("print(said)", step="use"),
)
TIDY = code_cell("print(pipeline_status.state)", step="tidy", on_exit=True)


def steps(*cells):
    """Return the steps of a notebook's pipeline by name, read from its specification alone."""
    notebook = parse_notebook(notebook_json(*cells), name="n.ipynb", path="/n.ipynb")
    made = for_clusters(compile_plan(make_plan(read_marks(notebook)), None))
    pipeline = read_pipeline(made.spec, made.platform)
    alone = of_specification(Form(made.spec, made.platform), b"", Path("n.yaml"))
    found = steps_of_others(pipeline, alone.plan)
    known = {step.task: step.name for step in found}
    return {
        step.name: (sorted(known[each] for each in step.after), step.node, dict(step.parts))
        for step in found
    }


def test_what_decides_on_a_step_is_a_part_of_it():
    assert steps(*CONTROLLED) == {
        "make": ([], "make", {"make": ""}),
        "scale": (["make"], "scale", {"scale/scale": "", "scale-items": "scale-items"}),
        "judge": (["scale"], "judge", {"judge": ""}),
        "say": (["judge", "scale"], "say", {"say/say": "", "say/say-when": "say-when"}),
        "use": (["say"], "use", {"use": ""}),
    }


def test_with_the_notebook_they_are_its_steps():
    notebook = parse_notebook(notebook_json(*CONTROLLED), name="n.ipynb", path="/n.ipynb")
    plan = make_plan(read_marks(notebook))
    made = for_clusters(compile_plan(plan, None))
    pipeline = read_pipeline(made.spec, made.platform)
    assert steps_of_others(pipeline, plan) == step_records(pipeline, plan)


def test_the_exit_waits_for_what_comes_last():
    found = steps(*CONTROLLED, TIDY)
    assert {name: after for name, (after, _, _) in found.items()} == {
        "make": [],
        "scale": ["make"],
        "judge": ["scale"],
        "say": ["judge", "scale"],
        "use": ["say"],
        "tidy": ["use"],
    }
    assert found["say"][1] == "exit-handler-1/say"
    assert found["scale"][1] == "exit-handler-1/scale"


def test_snapshots_and_code_are_no_steps_on_the_way():
    kept = {"claim": "data", "path": "/data", "snapshot": True}
    found = steps(
        code_cell("x = 1", step="one"),
        code_cell("print(x)", step="two", volumes=[kept], for_each="n in range(x)"),
        code_cell("print(x)", step="three", after=["two"]),
    )
    assert {name: after for name, (after, _, _) in found.items()} == {
        "one": [],
        "two": ["one"],
        "three": ["one", "two"],
    }
