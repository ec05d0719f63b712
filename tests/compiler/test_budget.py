"""The budget against what was measured on KFP 2.17 with Argo Workflows v4."""

import pytest
from plan_builder import digits_plan, make_plan, step

from jupyter_kfp_ext.compiler.budget import Budget, StepCost, Verdict, measure
from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.inline import inlined
from jupyter_kfp_ext.errors import Code

KIB = 1024
FITS, STALE, TOO_BIG = Verdict.FITS, Verdict.STALE, Verdict.TOO_BIG
RUNTIME = 3_000
"""The measured steps carried a runtime of 3 KB beside their payload."""

# (steps, bytes of payload a step, does it compress?), and what became of the run
MEASURED = [
    ((1, 60 * KIB, False), FITS),
    ((1, 120 * KIB, False), FITS),
    ((1, 126 * KIB, False), TOO_BIG),
    ((1, 131_071, True), TOO_BIG),
    ((10, 30 * KIB, False), TOO_BIG),
    ((10, 60 * KIB, False), TOO_BIG),
    ((10, 100 * KIB, False), TOO_BIG),
    ((24, 30 * KIB, False), TOO_BIG),
    ((24, 30 * KIB, True), TOO_BIG),
    ((16, 12 * KIB, True), STALE),
    ((40, 4 * KIB, True), STALE),
    ((4, 100 * KIB, False), TOO_BIG),
]


def run_of(count, payload, compresses, executor_input=1_500):
    container = payload + RUNTIME
    cost = StepCost("s", container, executor_input, 0 if compresses else payload)
    return Budget((cost,) * count, {"the command of step 's'": container})


@pytest.mark.parametrize(("run", "verdict"), MEASURED)
def test_measured_runs(run, verdict):
    budget = run_of(*run)
    assert budget.verdict is verdict
    codes = {problem.code for problem in budget.problems()}
    assert codes == (set() if verdict is FITS else {Code.TOO_BIG})


def test_forty_five_small_steps_took_856_kb():
    budget = Budget((StepCost("s", container=1_000, executor_input=1_700),) * 45, {})
    assert budget.plain == pytest.approx(856_000, rel=0.05)
    assert budget.verdict is FITS


def test_one_bundle_step_of_70_kib_and_two_users_took_539_kb():
    bundle = StepCost("b", 70 * KIB * 4 // 3 + RUNTIME, 800, payload=70 * KIB * 4 // 3)
    user = StepCost("u", RUNTIME, 1_000)
    budget = Budget((bundle, user, user), {})
    assert budget.plain == pytest.approx(539_000, rel=0.05)
    assert budget.verdict is FITS


def test_a_compiled_pipeline_is_measured_in_the_form_that_it_has():
    mounted = measure(compile_plan(digits_plan(), None))
    inline = measure(inlined(compile_plan(digits_plan(), None)))
    assert {cost.task for cost in mounted.steps} == {"load", "train", "judge-it"}
    for with_map, whole in zip(mounted.steps, inline.steps, strict=True):
        assert 900 < with_map.container < 1_600
        assert with_map.payload == 0 < with_map.platform
        assert whole.platform == 0
        assert 15_000 < whole.payload < whole.container < whole.payload + 1_600
        assert with_map.executor_input == whole.executor_input > 500
    assert mounted.plain < inline.plain


def test_fifty_steps_fit_one_run():
    steps = [step(f"s{number}", outputs=(f"v{number}",)) for number in range(50)]
    assert measure(compile_plan(make_plan(*steps), None)).verdict is FITS


@pytest.mark.parametrize("size", [100_000, 140_000])
def test_a_parameter_that_no_argument_can_carry(size):
    plan = make_plan(step("a", parameters=("p",)), parameters=[("p", "str", "x" * size)])
    budget = measure(compile_plan(plan, None))
    expected = set() if size < 131_072 else {"the parameters with their defaults"}
    assert expected <= set(budget.too_long)
    assert (budget.verdict is TOO_BIG) is bool(expected)
