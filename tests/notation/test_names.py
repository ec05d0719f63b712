"""Names of steps and their task names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_kfp_ext.errors import Code
from jupyter_kfp_ext.notation.names import LONGEST, clean_name, name_problem, task_name


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("train", "train"),
        ("Train Model", "train-model"),
        ("train_model", "train-model"),
        ("  a  b ", "a-b"),
        ("a--b!", "a-b"),
        ("Größe", "grosse"),
        ("naïve Bayes", "naive-bayes"),
        ("1. Load", "step-1-load"),
        ("_private", "private"),
    ],
)
def test_task_names(name, task):
    assert task_name(name) == task


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("数据", "训练"),
        ("train 数据", "train"),
        ("train 🚀", "train"),
        ("обучение", "оценка"),
        ("x" * 70, "x" * 71),
        ("step", "数据"),
    ],
)
def test_names_that_lose_letters_stay_apart(one, other):
    assert task_name(one) != task_name(other)


@given(st.text(min_size=1, max_size=80))
def test_a_task_name_is_valid_and_repeatable(name):
    task = task_name(name)
    assert re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", task)
    assert len(task) <= LONGEST
    assert task_name(clean_name(name)) == task


def test_composed_and_decomposed_letters_are_one_name():
    assert clean_name("Gro\u0308\u00dfe") == clean_name("Größe")
    assert task_name("Cafe\u0301") == task_name("Café")


@pytest.mark.parametrize("name", ["", "!!!", "-x", "--gpu", "x" * 64, "a\x00b", "🚀"])
def test_refused_names(name):
    problem = name_problem(name)
    assert problem.code is Code.STEP_NAME_INVALID
    assert problem.remedy


@pytest.mark.parametrize("name", ["a", "7", "数据", "train model (2)", "x" * 63, "x-1"])
def test_accepted_names(name):
    assert name_problem(name) is None
