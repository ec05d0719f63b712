"""`jupyter kfp run` with a compiled pipeline: of the kfp SDK's components, and of a notebook."""

import pytest

from tests.support.notebooks import code_cell

CHAIN = (
    code_cell("n = 2\nwho = 'me'", role="parameters"),
    code_cell("values = [n, n + 1]", step="make"),
    code_cell("print(who, 'says', values)", step="use"),
    code_cell("total = sum(values)", role="metrics"),
)


@pytest.fixture(name="pipeline")
def pipeline_of_the_sdk(tmp_path):
    """Compile a pipeline of two components with a parameter that has no default."""
    pytest.importorskip("kfp")
    from kfp import compiler, dsl

    @dsl.component(base_image="python:3.12", install_kfp_package=False)
    def divide(a: int, b: float) -> float:
        return a / b

    @dsl.component(base_image="python:3.12", install_kfp_package=False)
    def say(text: str, x: float):
        print("said", text, x)

    @dsl.pipeline(name="dividing")
    def dividing(b: float, a: int = 6, text: str = "ok"):
        say(text=text, x=divide(a=a, b=b).output)

    path = tmp_path / "dividing.yaml"
    compiler.Compiler().compile(dividing, str(path))
    return path


def test_a_pipeline_of_the_sdk_runs(kfp, pipeline):
    called = kfp("run", pipeline.name, "-p", "b=4", "-p", "text=größer $x {{y}}", "--json")
    report = called.json
    assert (called.code, report["state"]) == (0, "SUCCEEDED"), called.err
    assert report["name"] == "dividing"
    assert report["parameters"] == {"a": 6, "b": 4.0, "text": "größer $x {{y}}"}
    assert [step["name"] for step in report["steps"]] == ["divide", "say"]
    assert "said größer $x {{y}} 1.5" in kfp("logs", "last", "say").out


def test_the_error_of_a_component_is_its_own(kfp, pipeline):
    called = kfp("run", pipeline.name, "-p", "b=0", "--json")
    assert called.code == 1
    [failed, skipped] = called.json["steps"]
    error = failed["error"]
    assert (error["name"], error["message"]) == ("ZeroDivisionError", "division by zero")
    assert any("return a / b" in line for line in error["traceback"])
    assert skipped["state"] == "SKIPPED"


def test_it_is_resumed_with_the_parameters_that_it_had(kfp, pipeline):
    assert kfp("run", pipeline.name, "-p", "b=3").code == 0
    called = kfp("resume", "last", "--json")
    assert called.code == 0, called.err
    assert called.json["parameters"]["b"] == 3.0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((), "Parameter 'b' has no default and was given no value."),
        (("-p", "b=x"), "Parameter 'b' must be a number, not 'x'."),
        (("-p", "b=1", "-p", "c=2"), "The pipeline has no parameter 'c'."),
        (("-p", "b=1", "--split", "cells"), "cannot be cut into other steps"),
        (("-p", "b=1", "--output-notebook", "out.ipynb"), "needs a notebook"),
    ],
)
def test_calls_that_do_not_fit_the_file(kfp, pipeline, given, words):
    called = kfp("run", pipeline.name, *given)
    assert (called.code, called.out) == (2, "")
    assert words in called.err
    assert "Traceback" not in called.err


def test_what_compile_wrote_gives_the_notebook_s_answer(kfp, write_notebook):
    path = write_notebook("n.ipynb", *CHAIN)
    assert kfp("compile", path.name, "-o", "n.yaml").code == 0
    called = kfp("run", "n.yaml", "-p", "n=5", "--no-cache", "--json")
    assert (called.code, called.json["metrics"]) == (0, {"total": 11.0}), called.err
    assert "me says [5, 6]" in kfp("logs", "last", "use").out
