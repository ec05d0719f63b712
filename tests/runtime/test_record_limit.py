"""A cell that prints or shows without end: its record keeps beginning and end, below the limit."""

import pytest
from step_process import make_slice, run_step

from jupyter_kfp_ext.engines.local.log_limit import LIMIT, log_limit
from jupyter_kfp_ext.runtime.step.record_limit import CellLimit, output_limit


@pytest.mark.parametrize("said", ["", "0", "1000", "64Ki", "2Mi", "1Gi", " 5 ", "x", "1.5Mi", "-1"])
def test_it_is_the_limit_of_logs(said, monkeypatch):
    monkeypatch.setenv(LIMIT, said)
    assert output_limit() == log_limit()


def stream(text):
    return {"event": "output", "output": {"output_type": "stream", "name": "stdout", "text": text}}


def shown(name):
    return {"event": "output", "output": {"output_type": "display_data", "data": {"x": name}}}


def texts(events):
    return [each["output"].get("text", each["output"].get("data")) for each in events]


def test_nothing_is_left_out_below_the_limit():
    limit = CellLimit(100)
    for event, size in ((stream("a" * 50), 50), (shown("b"), 25)):
        assert limit.admit(event, size) is event
    assert limit.rest("c") == []
    assert CellLimit(0).admit(event, 1 << 40) is event


def test_the_last_of_what_is_beyond_is_kept():
    limit = CellLimit(100)
    assert limit.admit(stream("a" * 70), 70)
    first = limit.admit(stream("12345" + "b" * 10), 15)
    assert first == stream("12345")
    held = [stream("c" * 10), shown("d"), stream("e" * 10)]
    assert [limit.admit(each, 10) for each in held] == [None] * 3
    said, *tail = texts(limit.rest("c"))
    assert said == f"\n[20 characters of this cell were left out ({LIMIT})]\n"
    assert tail == [{"x": "d"}, "e" * 10]


def test_of_a_long_text_the_end_is_kept_and_of_a_display_the_last_update():
    limit = CellLimit(100)
    first = limit.admit(stream("a" * 1075 + "end"), 1078)
    assert first == stream("a" * 75)
    for number in range(50):
        assert not limit.admit({"event": "update", "display_id": "d", "output": number}, 10)
    said, tail, update = limit.rest("c")
    assert "978 characters" in said["output"]["text"]
    assert tail["output"]["text"] == "a" * 22 + "end"
    assert update["output"] == 49


def test_what_was_cleared_is_not_left_out():
    limit = CellLimit(100)
    limit.admit(stream("a" * 1000), 1000)
    limit.admit({"event": "clear", "cell_id": "c", "wait": False}, 10)
    limit.admit(stream("after"), 5)
    clear, after = limit.rest("c")
    assert (clear["event"], after["output"]["text"]) == ("clear", "after")


def test_the_record_of_a_step_stays_small_and_later_cells_are_whole(tmp_path):
    cells = "for n in range(20_000):\n    print('line', n)", "print('the next cell')"
    step = run_step(tmp_path, make_slice(*cells), env={LIMIT: "64Ki"})
    texts = {each["name"]: each["text"] for each in step.outputs(1)}
    said = texts["stderr"]
    kept = "".join(each["text"] for each in step.outputs(1) if each["name"] == "stdout")
    assert kept.startswith("line 0\nline 1\n") and kept.endswith("line 19999\n")
    whole = sum(len(f"line {n}\n") for n in range(20_000))
    assert len(kept) + int(said.split()[0].strip("[")) == whole
    assert len(kept) < 70_000
    assert step.outputs(2)[0]["text"] == "the next cell\n"
    assert (tmp_path / "artifacts" / "cells").stat().st_size < 80_000
    assert step.stdout.count("\n") == 20_001
