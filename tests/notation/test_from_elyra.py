"""Elyra's pipelines as one notebook, read from files as Elyra writes them."""

import json

import pytest

from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.notation.from_elyra import from_elyra
from jupyter_kfp_ext.notation.marks import read_marks
from jupyter_kfp_ext.notation.options import StepOptions
from tests.support.notebooks import notebook_json


def node(key, file, *, op="execute-notebook-node", label="", links=(), **parameters):
    return {
        "id": key,
        "type": "execution_node",
        "op": op,
        "app_data": {
            "component_parameters": {"filename": file, **parameters},
            "label": label,
            "ui_data": {"label": label or file},
        },
        "inputs": [{"id": "inPort", "links": [{"node_id_ref": each} for each in links]}],
    }


@pytest.fixture(name="written")
def pipeline_file(tmp_path):
    """Write a pipeline with three files to name: `a.ipynb`, `b.ipynb` and `c.py`."""

    def write(*nodes, **properties):
        flow = {"id": "p", "nodes": list(nodes), "app_data": {"properties": properties}}
        path = tmp_path / "work.pipeline"
        path.write_text(json.dumps({"primary_pipeline": "p", "pipelines": [flow]}))
        return path

    for name in "ab":
        cells = notebook_json("", f"print('{name}')", f"{name} = 1")
        cells["metadata"] = {"kernelspec": {"name": "python3", "display_name": "Python"}}
        (tmp_path / f"{name}.ipynb").write_text(json.dumps(cells))
    (tmp_path / "c.py").write_text("print('c')\n")
    return write


def test_nodes_become_steps_in_the_order_of_their_links(written):
    path = written(
        node("3", "c.py", op="execute-python-node", links=["2", "1"]),
        node("2", "b.ipynb", links=["1"]),
        node("1", "a.ipynb", label="Load data"),
        name="whole",
        description="All of it",
    )
    converted = from_elyra(path)
    model = read_marks(converted.notebook)
    assert model.problems == ()
    assert [step.name for step in model.steps] == ["Load data", "b", "c"]
    assert [step.options.after for step in model.steps] == [(), ("Load data",), ("b", "Load data")]
    assert [[cell.body for cell in step.cells] for step in model.steps] == [
        ["print('a')", "a = 1"],
        ["print('b')", "b = 1"],
        ["print('c')\n"],
    ]
    assert (model.name, model.settings.description) == ("whole", "All of it")
    assert converted.notebook.metadata["kernelspec"]["name"] == "python3"
    assert len(converted.changes) == 3


OPTIONS = [
    ({"runtime_image": "python:3.12"}, {"image": "python:3.12"}),
    ({"cpu": 2, "memory": 4, "gpu": 0}, {"cpu": "2", "memory": "4Gi"}),
    ({"memory": 0.5}, {"memory": "512Mi"}),
    ({"gpu": 1}, {"gpu": 1, "gpu_type": "nvidia.com/gpu"}),
    ({"gpu": 2, "gpu_vendor": "amd.com/gpu"}, {"gpu": 2, "gpu_type": "amd.com/gpu"}),
    ({"env_vars": ["A=1", "B=x=y", "broken"]}, {"env": {"A": "1", "B": "x=y"}}),
    ({"env_vars": [{"env_var": "A", "value": "1"}]}, {"env": {"A": "1"}}),
    ({"kubernetes_shared_mem_size": {"size": 1}}, {"shared_memory": "1Gi"}),
    ({"kubernetes_shared_mem_size": {}}, {}),
    (
        {"kubernetes_pod_labels": [{"key": "a", "value": "b"}, {"key": "c"}]},
        {"labels": {"a": "b", "c": ""}},
    ),
    ({"disable_node_caching": "True"}, {"cache": False}),
    ({"disable_node_caching": "False"}, {"cache": True}),
]


@pytest.mark.parametrize(("said", "options"), OPTIONS)
def test_what_a_node_says_becomes_options(written, said, options):
    converted = from_elyra(written(node("1", "a.ipynb", **said)))
    [step] = read_marks(converted.notebook).steps
    assert step.said == StepOptions(**options)
    assert converted.problems == ()


def test_mounts_and_secrets_are_carried_over(written):
    path = written(
        node(
            "1",
            "a.ipynb",
            kubernetes_secrets=[{"env_var": "T", "name": "hub", "key": "token"}],
            mounted_volumes=[
                {"path": "/data", "pvc_name": "d", "sub_path": "", "read_only": False}
            ],
            kubernetes_tolerations=[{"operator": "Exists", "key": "", "effect": "NoSchedule"}],
        )
    )
    [cell] = [each for each in from_elyra(path).notebook.cells if "kfp" in each.metadata]
    assert cell.metadata["kfp"] == {
        "step": "a",
        "secret_env": [{"name": "T", "secret": "hub", "key": "token"}],
        "volumes": [{"claim": "d", "path": "/data"}],
        "tolerations": [{"operator": "Exists", "effect": "NoSchedule"}],
    }


def test_defaults_are_those_of_every_step(written):
    path = written(node("1", "a.ipynb"), pipeline_defaults={"env_vars": ["A=1"], "memory": 2})
    [step] = read_marks(from_elyra(path).notebook).steps
    assert (step.options.env, step.options.memory) == ({"A": "1"}, "2Gi")


def test_parameters_reach_the_node_s_environment(written):
    path = written(
        node("1", "a.ipynb", pipeline_parameters=["n"]),
        pipeline_parameters=[{"name": "n", "default_value": {"type": "Integer", "value": 3}}],
    )
    cells = [each.source for each in from_elyra(path).notebook.cells if each.kind == "code"]
    assert cells[0] == "n = 3"
    assert cells[1] == 'import os\n\nos.environ["n"] = str(n)'


def test_two_nodes_of_one_file_are_two_steps(written):
    converted = from_elyra(written(node("1", "a.ipynb"), node("2", "a.ipynb", links=["1"])))
    assert [step.name for step in read_marks(converted.notebook).steps] == ["a", "a 2"]


def test_an_option_that_is_wrong_is_a_warning(written):
    converted = from_elyra(written(node("1", "a.ipynb", cpu="many")))
    [problem] = converted.problems
    assert (problem.code.value, problem.severity.value) == ("option-invalid", "warning")


REFUSED = [
    ([node("1", "r.r", op="execute-r-node")], "option-unsupported"),
    ([node("1", "", op="my-catalog:abc", label="Download")], "option-unsupported"),
    ([node("1", "gone.ipynb")], "notebook-missing"),
    ([node("1", "gone.py", op="execute-python-node")], "notebook-unreadable"),
    ([node("1", "a.ipynb", links=["2"]), node("2", "b.ipynb", links=["1"])], "cycle"),
    ([], "notebook-unreadable"),
]


@pytest.mark.parametrize(("nodes", "code"), REFUSED)
def test_refused(written, nodes, code):
    with pytest.raises(KfpExtError) as caught:
        from_elyra(written(*nodes))
    assert caught.value.code.value == code


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"pipelines": []}', '{"pipelines": [1]}'])
def test_no_pipeline(tmp_path, text):
    path = tmp_path / "x.pipeline"
    path.write_text(text)
    with pytest.raises(KfpExtError) as caught:
        from_elyra(path)
    assert caught.value.code.value == "notebook-unreadable"
