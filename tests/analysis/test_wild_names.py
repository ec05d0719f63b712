"""Names that ordinary notebooks use in ways that are easily overlooked: found in public ones."""

import time

import pytest
from notebooks import codes_of, inputs_of, plan_of

# cells (one step each), what the last one replays
REPLAYED = [
    (["from numpy import *", "sum(range(5), -1)"], "from numpy import *"),
    (["import math", "math.log?"], "import math"),
    (["import math", "?math.log"], "import math"),
    (["import math", "math.log??"], "import math"),
    (["import math", "log?"], ""),
    (["import math", "int?"], ""),
]


@pytest.mark.parametrize(("cells", "wanted"), REPLAYED)
def test_a_step_replays_what_its_names_may_mean(cells: list[str], wanted: str) -> None:
    plan = plan_of(*cells)
    assert "".join(code.source for code in plan.steps[-1].prelude).strip() == wanted


@pytest.mark.parametrize("magic", ["ls", "pwd", "quickref"])
def test_a_magic_may_be_written_without_its_percent_sign(magic: str) -> None:
    assert codes_of(plan_of("x = 1", magic)) == []


def test_a_name_that_is_no_magic_is_undefined() -> None:
    assert codes_of(plan_of("x = 1", "lz")) == ["name-undefined"]


def test_calls_too_deep_to_follow_read_all_that_their_bodies_name() -> None:
    calls = "\n".join(f"def f{n}(x): return f{n - 1}(x)" for n in range(1, 40))
    plan = plan_of(f"def f0(x): return base + len(x)\n{calls}", "base = 3", "f39([1])")
    assert inputs_of(plan) == {"s3": {"s2": ["base"]}}
    assert "def f0(" in plan.steps[-1].prelude[0].source


def test_methods_that_hand_on_their_instance_cost_no_more_than_their_number():
    methods = [f"    def m{n}(self):\n        return max(self, {n}, key=len)" for n in range(12)]
    cells = ["\n".join(["class A:", *methods]), "a = A()", "print(a)", "b = max(a, a)"]
    start = time.process_time()
    plan_of(*cells)
    assert time.process_time() - start < 5  # 12! orders take years
