"""What is true of steps that share a pod, by the pod and what its log tells."""

import pytest

from jupyter_kfp_ext.engines.kfp.facts import Fact
from jupyter_kfp_ext.engines.kfp.shared_pods import Told, fact_of_step, output_of_step
from jupyter_kfp_ext.engines.local.record import StepRecord
from jupyter_kfp_ext.engines.model import State

CHAIN = ("a", "b", "c")
STARTED, DONE, FAILED = Told(1.0), Told(1.0, 2.0, done=True), Told(1.0, 2.0)
TOLD = {
    "nothing": {},
    "first runs": {"a": STARTED},
    "between": {"a": DONE},
    "second runs": {"a": DONE, "b": STARTED},
    "second failed": {"a": DONE, "b": FAILED},
    "all": dict.fromkeys(CHAIN, DONE),
}


@pytest.mark.parametrize(
    ("pod", "told", "states"),
    [
        ("PENDING", "nothing", "PENDING PENDING PENDING"),
        ("PENDING", "second failed", "PENDING PENDING PENDING"),  # the next attempt comes
        ("RUNNING", "nothing", "RUNNING PENDING PENDING"),
        ("RUNNING", "first runs", "RUNNING PENDING PENDING"),
        ("RUNNING", "between", "SUCCEEDED RUNNING PENDING"),
        ("RUNNING", "second runs", "SUCCEEDED RUNNING PENDING"),
        ("RUNNING", "all", "SUCCEEDED SUCCEEDED SUCCEEDED"),
        ("FAILED", "second failed", "SUCCEEDED FAILED SKIPPED"),
        ("FAILED", "second runs", "SUCCEEDED FAILED SKIPPED"),  # killed
        ("FAILED", "nothing", "FAILED SKIPPED SKIPPED"),
        ("CANCELED", "second runs", "SUCCEEDED CANCELED CANCELED"),
        ("SUCCEEDED", "nothing", "SUCCEEDED SUCCEEDED SUCCEEDED"),
        ("SKIPPED", "nothing", "SKIPPED SKIPPED SKIPPED"),
    ],
)
def test_states(pod, told, states):
    fact = Fact(State(pod), 0.5, 9.0)
    found = [fact_of_step(_record(task), fact, TOLD[told]) for task in CHAIN]
    assert " ".join(each.state.value for each in found) == states


def test_all_are_done_and_the_pod_failed():
    """KFP's launcher could not keep what they left: the last one says so."""
    fact = Fact(State.FAILED, 0.5, 9.0)
    found = [fact_of_step(_record(task), fact, TOLD["all"]).state.value for task in CHAIN]
    assert found == ["SUCCEEDED", "SUCCEEDED", "FAILED"]


def test_a_step_has_its_own_artifacts_and_metrics():
    said = {
        "parameterValues": {"metric_loss": 0.5, "metric_gr_u00f6_u00dfe": 2.0},
        "artifacts": {
            "fit_it__model": {"artifacts": [{"uri": "m"}]},
            "fit_it__metrics": {"artifacts": [{"metadata": {"loss": 0.5}}]},
            "fit__metrics": {"artifacts": [{"metadata": {"größe": 2.0}}]},
        },
    }
    fit_it, fit = output_of_step("fit-it", said), output_of_step("fit", said)
    assert (set(fit_it["artifacts"]), fit_it["parameterValues"]) == (
        {"model", "metrics"},
        {"metric_loss": 0.5},
    )
    assert (set(fit["artifacts"]), fit["parameterValues"]) == (
        {"metrics"},
        {"metric_gr_u00f6_u00dfe": 2.0},
    )


def _record(task):
    return StepRecord(task, task, task, (), (), chain=CHAIN)
