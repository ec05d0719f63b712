"""The comparison of public notebooks: what two kernel runs leave open, and nothing else."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
from same_outputs import compare


def cell(*outputs: dict, count: int = 1) -> dict:
    return {"execution_count": count, "outputs": list(outputs)}


def printed(text: str, name: str = "stdout") -> dict:
    return {"output_type": "stream", "name": name, "text": text}


def shown(**data: str) -> dict:
    mimes = {{"png": "image/png"}.get(key, f"text/{key}"): text for key, text in data.items()}
    return {"output_type": "display_data", "data": mimes, "metadata": {}}


# two kernel runs, the run, the way they are compared, whether it is the same
CASES = [
    ([printed("a\n")], [printed("a\n")], [printed("a\n")], "exact", True),
    ([printed("a\n")], [printed("a\n")], [printed("b\n")], "exact", False),
    ([printed("a"), printed("b")], [printed("ab")], [printed("ab")], "exact", True),
    ([printed("1 a")], [printed("2 a")], [printed("3 a")], "numbers masked", True),
    ([printed("1 a")], [printed("2 a")], [printed("3 b")], "numbers masked", False),
    ([printed("1 a")], [printed("1 a")], [printed("3 a")], "exact", False),
    ([printed("[ 1.5]")], [printed("[-1e3]")], [printed("[12]")], "numbers masked", True),
    ([printed("a"), printed("b", "stderr")], [printed("b", "stderr"), printed("a")],
     [printed("a"), printed("b", "stderr")], "streams apart", True),
    ([shown(png="x")], [shown(png="x")], [shown(png="y")], "exact", False),
    ([shown(png="x")], [shown(png="y")], [shown(png="z")], "kinds", True),
    ([shown(png="x")], [shown(png="y")], [shown(plain="z")], "kinds", False),
    ([shown(plain="x")], [printed("y")], [], "nothing", True),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second", "run", "way", "same"), CASES)
def test_a_run_may_differ_only_as_two_kernel_runs_do(first, second, run, way, same):
    verdict = compare([cell(*first), cell(*second)], cell(*run))
    assert (verdict.way, verdict.same) == (way, same)


def test_the_count_of_a_cell_is_part_of_it():
    assert not compare([cell(), cell()], cell(count=2)).same
