import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_kfp_ext.engines.local.fold import as_lost, fold, parse_events
from jupyter_kfp_ext.engines.local.record import RunRecord, StepRecord
from jupyter_kfp_ext.engines.model import RunStatus, State, StepError

RECORD = RunRecord(
    id="20260101-000000-000000",
    name="p",
    notebook="/n.ipynb",
    created=1.0,
    parameters={"lr": 0.1},
    python="/usr/bin/python3",
    folder=None,
    bundle="0",
    steps=tuple(StepRecord(name, name, name, ("c",), ()) for name in "ab"),
)
ERROR = {"name": "ValueError", "message": "no", "traceback": ["one", "two"]}

# A busy machine draws slowly; nothing here depends on time.
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

bodies = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("run"), "state": st.sampled_from([s.value for s in State])},
        optional={"message": st.text(), "metrics": st.dictionaries(st.text(), st.integers())},
    ),
    st.fixed_dictionaries(
        {"type": st.just("step"), "task": st.sampled_from(["a", "b", "unknown"])},
        optional={
            "state": st.sampled_from([s.value for s in State]),
            "cell": st.one_of(st.none(), st.text()),
            "attempt": st.integers(),
            "error": st.one_of(st.none(), st.just(ERROR)),
            "from_a_later_version": st.integers(),
        },
    ),
)
journals = st.lists(bodies).map(
    lambda found: [{"seq": number, "time": 0.0, **body} for number, body in enumerate(found, 1)]
)


@relaxed
@given(journals, st.integers(min_value=0), st.integers(min_value=0))
def test_folding_in_parts_is_folding_all(events, cut, overlap):
    cut = min(cut, len(events))
    first = RECORD.first_status()
    whole = fold(first, events)
    # Events that were already folded may be read again.
    rest = events[max(0, cut - overlap) :]
    assert fold(fold(first, events[:cut]), rest) == whole
    assert whole.seq == len(events)


@relaxed
@given(journals, st.integers(min_value=0))
def test_a_torn_last_line_waits_for_its_rest(events, cut):
    data = b"".join(json.dumps(each).encode() + b"\n" for each in events)
    cut = min(cut, len(data))
    some, taken = parse_events(data[:cut])
    rest, more = parse_events(data[taken:])
    assert [*some, *rest] == events
    assert taken + more == len(data)


def test_a_damaged_line_is_passed_over():
    data = b'{"seq": 1}\n\0\0\0\n[1]\n{"seq": "x"}\n{"seq": 2}\n'
    events, taken = parse_events(data)
    assert [each["seq"] for each in events] == [1, 2]
    assert taken == len(data)


def test_fields_get_their_types():
    run = fold(
        RECORD.first_status(),
        [
            {"seq": 1, "type": "step", "task": "a", "state": "FAILED", "error": ERROR},
            {"seq": 2, "type": "run", "state": "FAILED", "id": "another", "notes": ["n"]},
        ],
    )
    assert run.step("a").state is State.FAILED
    assert run.step("a").error == StepError("ValueError", "no", traceback=("one", "two"))
    assert (run.id, run.state, run.notes) == (RECORD.id, State.FAILED, ("n",))


@relaxed
@given(journals)
def test_the_wire_form_holds_everything(events):
    run = fold(RECORD.first_status(), events)
    assert RunStatus.from_json(json.loads(json.dumps(run.to_json()))) == run


@pytest.mark.parametrize(
    ("state", "becomes"),
    [
        (State.PENDING, State.CANCELED),
        (State.RUNNING, State.FAILED),
        (State.SUCCEEDED, State.SUCCEEDED),
        (State.SKIPPED, State.SKIPPED),
        (State.FAILED, State.FAILED),
    ],
)
def test_a_lost_run_has_ended(state, becomes):
    event = {"seq": 1, "type": "step", "task": "a", "state": state.value, "cell": "c"}
    run = as_lost(fold(RECORD.first_status(), [event]), 5.0)
    step = run.step("a")
    assert (run.state, step.state) == (State.FAILED, becomes)
    assert "runner-lost" in run.message
    if state is State.RUNNING:
        assert (step.error.name, step.error.cell_id, step.ended) == ("runner-lost", "c", 5.0)
