import itertools
import json
import time

import pytest
from container_specs import Step
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.runs.outputs import (
    cell_outputs,
    executed_notebook,
    fold_cells,
    in_notebook_order,
    read_log,
)


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def display(text):
    return {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}


def start(cell="c", number=1):
    return {"event": "start", "cell_id": cell, "number": number, "time": 1.0}


def out(output, cell="c", display_id=None):
    line = {"event": "output", "cell_id": cell, "output": output}
    return {**line, "display_id": display_id} if display_id else line


def clear(wait, cell="c"):
    return {"event": "clear", "cell_id": cell, "wait": wait}


def update(text, display_id="d"):
    return {"event": "update", "display_id": display_id, "output": display(text)}


FOLDS = {
    "streams of one name that follow each other are one": (
        [out(stream("a")), out(stream("b\n")), out(stream("c", "stderr")), out(stream("d"))],
        [stream("ab\n"), stream("c", "stderr"), stream("d")],
    ),
    "a display parts streams": (
        [out(stream("a")), out(display("x")), out(stream("b"))],
        [stream("a"), display("x"), stream("b")],
    ),
    "a carriage return is kept": ([out(stream("1\r")), out(stream("2\r"))], [stream("1\r2\r")]),
    "an update changes what was shown": (
        [out(display("old"), display_id="d"), out(stream("x")), update("new")],
        [display("new"), stream("x")],
    ),
    "an update of another display changes nothing": (
        [out(display("old"), display_id="d"), update("new", "e")],
        [display("old")],
    ),
    "showing an id again changes the first too": (
        [out(display("1"), display_id="d"), out(display("2"), display_id="d")],
        [display("2"), display("2")],
    ),
    "clearing empties at once": ([out(stream("a")), clear(False)], []),
    "clearing with wait empties at the next output": (
        [out(stream("a")), clear(True), out(stream("b"))],
        [stream("b")],
    ),
    "clearing with wait and no further output keeps": (
        [out(stream("a")), clear(True)],
        [stream("a")],
    ),
    "lines of unknown kind or cell are passed over": (
        [{"event": "later"}, out(stream("x"), "unknown"), {}, out(stream("a"))],
        [stream("a")],
    ),
}


@pytest.mark.parametrize(("lines", "outputs"), FOLDS.values(), ids=FOLDS.keys())
def test_folding(lines, outputs):
    assert fold_cells([start(), *lines])["c"].outputs == outputs


def test_an_update_reaches_a_cell_before():
    cells = fold_cells([start("a"), out(display("old"), "a", "d"), start("b", 2), update("new")])
    assert cells["a"].outputs == [display("new")]
    assert cells["b"].outputs == []


def test_the_last_cell_in_the_notebook_says_what_another_step_shows():
    first = [start("a"), out(display("old"), "a", "d")]
    second, third = [start("b", 2), update("new")], [start("c", 3), update("last")]
    for steps in itertools.permutations([first, second, third]):
        assert fold_cells(in_notebook_order(steps))["a"].outputs == [display("last")]


def test_a_cell_that_two_steps_ran_counts_once():
    steps = [
        [start("a"), out(stream("x"), "a")],
        [start("a"), out(stream("x"), "a"), start("b", 2)],
    ]
    cells = fold_cells(in_notebook_order(steps))
    assert {name: len(cell.outputs) for name, cell in cells.items()} == {"a": 1, "b": 0}


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["stdout", "stderr"]), st.text(min_size=1))))
def test_no_text_is_lost_however_it_was_cut(parts):
    outputs = fold_cells([start(), *(out(stream(text, name)) for name, text in parts)])["c"].outputs
    for name in ("stdout", "stderr"):
        said = "".join(text for each, text in parts if each == name)
        assert "".join(each["text"] for each in outputs if each["name"] == name) == said
    assert all(a["name"] != b["name"] for a, b in itertools.pairwise(outputs))


def records(*lines, tail=""):
    """Return a step that leaves a record as the step runtime does."""
    text = "".join(json.dumps(line) + "\n" for line in lines) + tail
    return Step(f"leave(artifacts={{'cells': {text!r}}})", leaves={"cells": "system.Artifact"})


END = {"event": "end", "cell_id": "c", "status": "ok", "time": 2.0, "error": None}
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "# Title"},
        {
            "cell_type": "code",
            "id": "p",
            "metadata": {"tags": ["parameters"]},
            "source": "lr = 1",
            "outputs": [],
            "execution_count": None,
        },
        {
            "cell_type": "code",
            "id": "never",
            "metadata": {"kept": 1},
            "source": "x",
            "outputs": [stream("old")],
            "execution_count": 9,
        },
        {
            "cell_type": "code",
            "id": "c",
            "metadata": {},
            "source": "y",
            "outputs": [],
            "execution_count": None,
        },
    ],
    "metadata": {"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def test_the_outputs_of_a_step(runs):
    status = runs.run(
        {"a": records(start(number=3), out(stream("hi")), END, tail='{"event": "sta')}
    )
    assert cell_outputs(status.id, "a", home=runs.home) == {
        "c": {
            "outputs": [stream("hi")],
            "number": 3,
            "started": 1.0,
            "ended": 2.0,
            "status": "ok",
        }
    }


def test_the_executed_notebook(runs):
    import nbformat

    steps = {
        "a": records(start(number=3), out(stream("hi")), END),
        # The same cell again in a later step, where it is only replayed.
        "b": Step(records(start(number=3), END).code, after=["a"], leaves={"cells": "x"}),
    }
    status = runs.run(steps, notebook=NOTEBOOK)
    executed = executed_notebook(status.id, home=runs.home)
    nbformat.validate(executed)
    markdown, bound, never, ran = executed["cells"]
    assert markdown == NOTEBOOK["cells"][0]
    assert bound == {**NOTEBOOK["cells"][1], "execution_count": 1}
    assert never == {**NOTEBOOK["cells"][2], "outputs": [], "execution_count": None}
    assert ran == {**NOTEBOOK["cells"][3], "outputs": [stream("hi")], "execution_count": 3}
    assert executed["metadata"] == NOTEBOOK["metadata"]


def test_outputs_are_there_while_the_step_runs(runs):
    runs.fifo("go")
    lines = json.dumps(start()) + "\n" + json.dumps(out(stream("so far"))) + "\n"
    code = f"leave(artifacts={{'cells': {lines!r}}}); cell('start', 'c'); meet('go', 'rb')"
    run_id = runs.start({"a": Step(code, leaves={"cells": "system.Artifact"})})
    runs.until(run_id, lambda status: status.step("a").cell == "c")
    found = cell_outputs(run_id, "a", home=runs.home)["c"]
    (runs.shared / "go").open("wb").close()
    assert (found["outputs"], found["status"]) == ([stream("so far")], "running")


def test_a_log_in_windows(runs):
    text = "grün ✓\n" * 3
    status = runs.run({"a": Step(f"sys.stdout.buffer.write({text!r}.encode())")})
    for limit in (1, 5, 7, 1000):
        offset, found, complete = 0, "", False
        while not complete:
            window = read_log(status.id, "a", offset, limit, home=runs.home)
            assert window.offset == offset
            found += window.text
            offset, complete = window.end, window.complete
        assert found == text
        assert offset == len(text.encode())


def test_a_log_before_there_is_one(runs):
    status = runs.run({"a": Step("sys.exit(1)"), "b": Step("", after=["a"])})
    window = read_log(status.id, "b", home=runs.home)
    assert (window.text, window.end, window.complete) == ("", 0, True)


@pytest.mark.parametrize("call", [cell_outputs, read_log])
def test_what_is_missing_is_named(runs, call):
    status = runs.run({"a": Step("")})
    for run_id, task, code in ((status.id, "b", "step-missing"), ("x", "a", "run-missing")):
        with pytest.raises(KfpExtError) as caught:
            call(run_id, task, home=runs.home)
        assert caught.value.code == code


def test_following_a_log(runs):
    import asyncio

    runs.fifo("go")
    run_id = runs.start({"a": Step("print('one'); meet('go', 'rb'); print('two')")})

    async def read():
        found = ""
        async for text in runs.engine.log(run_id, "a", follow=True):
            found += text
            if found == "one\n":
                await asyncio.to_thread(lambda: (runs.shared / "go").open("wb").close())
        return found

    assert asyncio.run(read()) == "one\ntwo\n"


def test_a_long_log_is_folded_in_time_that_grows_with_its_length():
    piece = "x" * 10_000
    lines = [start(), *(out(stream(piece)) for _ in range(10_000))]
    before = time.process_time()
    [output] = fold_cells(lines)["c"].outputs
    # Adding text to text took a minute for these 100 MB.
    assert time.process_time() - before < 10
    assert output["text"] == piece * 10_000
