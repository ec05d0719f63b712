"""`POST probe`, and what its answer does to `POST pipeline`."""

import json

from jupyter_kfp_ext.checks.kernel_look import parse_said
from tests.support.notebooks import notebook_json

NOTEBOOK = notebook_json("print(gone)")


async def ask(jp_fetch, endpoint, **body):
    answer = await jp_fetch(
        "jupyter-kfp-ext",
        endpoint,
        method="POST",
        body=json.dumps({"path": "n.ipynb", "notebook": NOTEBOOK, **body}),
    )
    return json.loads(answer.body)


async def test_what_the_kernel_says_is_in_the_problems(jp_fetch):
    expression = (await ask(jp_fetch, "probe"))["expression"]
    answer = repr(eval(expression, {"gone": [1, 2]}))
    assert parse_said(answer).values["gone"].type == "list"
    pipeline = await ask(jp_fetch, "pipeline", kernel=answer)
    [problem] = pipeline["problems"]
    assert "Only the kernel has it" in problem["message"]
    assert pipeline["values"]["gone"]["type"] == "list"


async def test_without_a_kernel_nothing_is_said_of_values(jp_fetch):
    pipeline = await ask(jp_fetch, "pipeline")
    assert pipeline["values"] == {}
    assert "kernel" not in pipeline["problems"][0]["message"]


async def test_an_answer_that_is_none_is_a_wrong_call(jp_fetch):
    try:
        await ask(jp_fetch, "pipeline", kernel="nonsense")
    except Exception as error:
        assert error.code == 400
        assert json.loads(error.response.body)["problems"][0]["code"] == "usage"
    else:
        raise AssertionError("it was taken")
