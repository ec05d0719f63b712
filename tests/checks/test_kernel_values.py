"""What a kernel's values add to the checks: looked at in a namespace, and in a real kernel."""

import ast
import threading

import pytest
from check_cases import notebook_of, read

from jupyter_kfp_ext.checks.kernel_look import look_here, parse_said, probe_expression
from jupyter_kfp_ext.checks.kernel_probe import look
from jupyter_kfp_ext.checks.kernel_values import probe_arguments
from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.helpers.find import Helpers
from jupyter_kfp_ext.runs.chain import check, plan_notebook, with_kernel


class Holder:
    def __init__(self):
        self.lock = threading.Lock()


class Angry:
    def __reduce__(self):
        raise OSError("not today")


LOOKED = [
    (1, "int", None),
    ([1, 2], "list", None),
    (Holder(), f"{__name__}.Holder", "cannot pickle '_thread.lock' object"),
    ((i for i in "ab"), "generator", "generator"),
    (Angry(), f"{__name__}.Angry", "OSError: not today"),
    (threading, "module", None),
    (Holder, "type", None),
]


@pytest.mark.parametrize(("value", "kind", "error"), LOOKED)
def test_look(value, kind, error):
    found = look({"x": value}, ["x", "gone"], {})["x"]
    assert found["type"] == kind
    assert (error is None) == (found["error"] is None)
    assert (error or "") in (found["error"] or "")


def test_buffers_are_counted_and_not_copied():
    import numpy

    found = look({"x": numpy.zeros(1_000_000)}, ["x"], {})["x"]
    assert 8_000_000 <= found["bytes"] <= 8_001_000


def test_what_is_larger_than_the_limit_is_not_counted_on():
    assert look({"x": b"a" * 1000}, ["x"], {}, most=100)["x"]["bytes"] is None
    assert look({"x": b"a"}, ["x"], {}, seconds=-1.0)["x"] == {
        "type": "bytes",
        "bytes": None,
        "error": None,
        "differs": False,
    }


def sharpened(cells, namespace):
    checked = check(read(notebook_of(*cells)))
    before = {each.message for each in checked.problems}
    after = with_kernel(checked, look_here(namespace, checked.plan, Helpers())).problems
    return [each for each in after if each.message not in before]


def test_a_value_that_holds_a_generator_is_told():
    held = [(i for i in "ab")]
    [problem] = sharpened(["import m\nh = m.make()", "print(h)"], {"h": held})
    assert (problem.code.value, problem.cell) == ("value-cannot-cross", 1)
    assert "generator" in problem.message


def test_a_lock_is_made_anew_by_the_step_and_not_told():
    assert sharpened(["import m\nh = m.make()", "print(h)"], {"h": Holder()}) == []


def test_a_file_is_handed_on_by_the_step_and_not_told(tmp_path):
    with open(tmp_path / "a", "w") as file:
        assert sharpened(["import m\nf = m.log()", "print(f)"], {"f": file}) == []


def test_a_name_that_only_the_kernel_has():
    [problem] = sharpened(["print(gone)"], {"gone": [1]})
    assert problem.code.value == "name-undefined"
    assert "Only the kernel has it (type list)" in problem.message


def test_a_fine_kernel_adds_nothing():
    assert sharpened(["x = [1]", "print(x)"], {"x": [1]}) == []


def test_the_probe_binds_nothing_and_says_the_same_as_looking_here():
    plan = plan_notebook(read(notebook_of("x = [1, 2]\nz = 3", "print(x, z)")))
    namespace = {"x": [1, 2], "z": 3}
    before = dict(namespace)
    answer = eval(probe_expression(plan, Helpers()), namespace)
    namespace.pop("__builtins__")
    assert namespace == before
    assert parse_said(repr(answer)) == look_here(before, plan, Helpers())
    assert ast.literal_eval(repr(answer)) == answer


def test_names_that_cross_or_are_missing_or_defined_are_looked_at():
    cells = ["x = 1\ny = 2\ndef f():\n  return 1", "print(x, f(), gone)"]
    names, sources = probe_arguments(plan_notebook(read(notebook_of(*cells))))
    assert names == ["f", "gone", "x"]
    assert sources == {"f": "def f():\n  return 1"}


@pytest.mark.parametrize("answer", ["", "x", "'W10='", "'eyJhIjogMX0='", "'bnVsbA=='"])
def test_an_answer_that_is_none_is_refused(answer):
    if answer == "'W10='":
        answer = "'WzFd'"  # [1]: a list, not an object
    with pytest.raises(KfpExtError) as caught:
        parse_said(answer)
    assert caught.value.code.value == "usage"


def test_in_a_real_kernel_an_edited_function_is_told():
    from jupyter_client.manager import start_new_kernel

    ran = ["def f():\n    return 1", "data = list(range(10))"]
    now = ["def f():\n    return 2", "data = list(range(10))", "print(f(), data)"]
    notebook = read(notebook_of(*now))
    plan = plan_notebook(notebook)
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        for source in ran:
            client.execute_interactive(source, timeout=300)
        reply = client.execute_interactive(
            "",
            silent=True,
            user_expressions={"kfp": probe_expression(plan, Helpers())},
            timeout=300,
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    answer = reply["content"]["user_expressions"]["kfp"]["data"]["text/plain"]
    said = parse_said(answer)
    values = said.values
    assert values["data"].type == "list"
    assert values["data"].bytes is not None
    found = with_kernel(check(notebook), said)
    assert [each.cell for each in found.problems if each.code.value == "kernel-differs"] == [1]
