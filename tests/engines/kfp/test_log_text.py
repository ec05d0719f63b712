"""What is left of a pod's log: all that the program wrote, and nothing else."""

import itertools
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordings import recording

from jupyter_kfp_ext.engines.kfp.log_text import executor_output, own_text, without_events
from jupyter_kfp_ext.runtime.step.record import log_lines

ARGO = b'time=2026-11-22T06:41:38.219Z level=INFO msg="capturing logs" argo=true\n'
LAUNCHER = b"I1122 06:41:38.254030      17 main.go:139] Setting log level to: '1'\n"
WARNING = b"W1122 06:41:38.278012      17 launcher_v2.go:590] Could not determine retry index\n"
OUTPUT = {"parameterValues": {"metric_total": 6.0}, "artifacts": {"m": {"artifacts": [{}]}}}
PRINTED = (
    b"I1122 06:41:50.100000      17 launcher_v2.go:151] ExecutorOutput: "
    + json.dumps(OUTPUT, indent=2).encode()
    + b"\n"
)
SHORT = b"I1122 06:41:50.100000      17 launcher_v2.go:151] ExecutorOutput: {}\n"


def cleaned(*pieces):
    return b"".join(own_text(pieces))


@pytest.mark.parametrize(
    ("log", "text"),
    [
        (b"", b""),
        (b"hello\n", b"hello\n"),
        (b"no end", b"no end"),
        (ARGO + LAUNCHER + b"hello\n" + PRINTED, b"hello\n"),
        (LAUNCHER + b"a\n" + SHORT + b"b\n", b"a\nb\n"),
        (b"a\n" + PRINTED + WARNING, b"a\n"),
        (b"time flies\nIn the end\nI1 is a name\n", b"time flies\nIn the end\nI1 is a name\n"),
        (b"\r10%\r20%\n", b"\r10%\r20%\n"),
        (b"{\n}\n", b"{\n}\n"),
    ],
)
def test_lines_of_others_are_left_out(log, text):
    assert cleaned(log) == text


def test_a_recorded_log():
    record = recording("logs")
    for log in (record["pod_log"], record["endpoint_after_pod_gone"][1]):
        text = cleaned(log.encode()).decode()
        assert text.startswith("out 0 1795329698.295\nerr 0 1795329698.295\n\r0%out 1")
        assert "launcher" not in text
        assert "argo=true" not in text


def test_a_line_that_is_not_whole_is_shown_at_once_where_it_can_be():
    shown = []
    pieces = [b"epoch 1: ", b"10%", b" 20%"]
    stream = own_text(each for each in pieces)
    shown = [next(stream) for _ in pieces]
    assert shown == pieces


LINES = st.lists(
    st.sampled_from([ARGO, LAUNCHER, WARNING, PRINTED, SHORT, b"x\n", b"\n", b"time\n", b"I\n"])
    | st.binary(max_size=12).map(lambda each: each.replace(b"\n", b"") + b"\n"),
    max_size=8,
)


@given(lines=LINES, cuts=st.lists(st.integers(0, 400), max_size=10), end=st.binary(max_size=5))
def test_how_a_log_comes_in_pieces_changes_nothing(lines, cuts, end):
    log = b"".join(lines) + end
    places = sorted({0, len(log), *(cut for cut in cuts if cut < len(log))})
    pieces = [log[a:b] for a, b in itertools.pairwise(places)]
    assert cleaned(*pieces) == cleaned(log)


@pytest.mark.parametrize(
    ("log", "output"),
    [
        (b"", {}),
        (ARGO + b"hello\n" + PRINTED + WARNING, OUTPUT),
        (SHORT, {}),
        (SHORT + PRINTED, OUTPUT),
        (PRINTED[:-20], {}),
        (b"ExecutorOutput: {}\n", {}),
    ],
)
def test_the_executor_output_is_read(log, output):
    assert executor_output(log) == output


def taken(*pieces):
    events = []
    text = b"".join(without_events(pieces, events.append))
    return text, events


EVENT = st.binary(max_size=60).map(lambda each: b'{"a": "%b"}\n' % each.hex().encode())
PARTS = st.lists(
    EVENT.map(lambda each: (each, True))
    | st.binary(max_size=8).map(lambda each: (each, False))
    | st.sampled_from([b"\x1e", b"\x1ek", b"\x1f\n", b"kfp."]).map(lambda each: (each, False)),
    max_size=8,
)


@given(parts=PARTS, cuts=st.lists(st.integers(0, 400), max_size=10))
def test_events_come_out_of_the_log_and_the_text_stays(parts, cuts):
    log = b"".join(b"".join(log_lines(each)) if event else each for each, event in parts)
    places = sorted({0, len(log), *(cut for cut in cuts if cut < len(log))})
    pieces = [log[a:b] for a, b in itertools.pairwise(places)]
    text = b"".join(each for each, event in parts if not event)
    if b"\x1ekfp" not in text:
        assert taken(*pieces) == (text, [each for each, event in parts if event])


def test_a_large_event_is_several_lines_that_a_pipe_takes_whole():
    event = random.Random(1).randbytes(50_000).hex().encode() + b"\n"
    lines = log_lines(event)
    assert len(lines) > 10
    assert all(len(line) <= 4096 and line.count(b"\n") == 1 for line in lines)
    assert taken(b"a", *lines, b"b") == (b"ab", [event])
    assert log_lines(random.Random(1).randbytes(5 << 20)) == []


@pytest.mark.parametrize("log", [b"\x1ekfp.!!\x1f\nx", b"\x1ekfp.QQ==\x1f\nx"])
def test_a_damaged_event_is_passed_over(log):
    assert taken(log) == (b"x", [b""])


def test_a_beginning_without_an_end_is_text():
    log = b"\x1ekfp." + b"x" * 10_000
    assert taken(log, b"y")[0] == log + b"y"
