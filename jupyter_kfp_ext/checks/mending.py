"""Fixes for problems: proposed by code, tried on the notebook, and offered only where they hold."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ..analysis.plan import Plan
from ..edits import Fix
from ..errors import Code, Problem, Severity
from ..notation.editing import StaleFixError, apply_fix
from ..notation.notebook import Notebook
from .name_fixes import undefined_name, used_too_early
from .reading import Reading
from .step_fixes import give_role, join_with_users, make_repeatable, name_packages

Proposals = Callable[[Reading, Problem], Iterator[Fix]]
Look = Callable[[Notebook], Iterable[Problem]]

PROPOSALS: dict[Code, Proposals] = {
    Code.NAME_UNDEFINED: undefined_name,
    Code.METRIC_UNDEFINED: undefined_name,
    Code.NAME_USED_BEFORE: used_too_early,
    Code.VALUE_CANNOT_CROSS: join_with_users,
    Code.NOT_REPEATABLE: make_repeatable,
    Code.STEP_IDLE: give_role,
    Code.PACKAGE_INSTALLED: name_packages,
}

SECONDS = 1.0
"""How long fixes are tried: the panel asks after each pause in typing."""

_NUMBER = re.compile(r"\d+")


def with_fixes(
    problems: Iterable[Problem],
    plan: Plan,
    folder: Path | None,
    look: Look,
    seconds: float = SECONDS,
) -> tuple[Problem, ...]:
    """Return the problems, each with the fixes that mend it.

    `look` returns the problems of a notebook. A fix is one only where the problem is gone after
    it and no error or warning has come. What is not tried after `seconds` is not offered.
    """
    before = tuple(problems)
    reading = Reading(plan, folder)
    notebook = plan.model.notebook
    until = time.monotonic() + seconds
    told: set[Fix] = set()
    found = []
    for problem in before:
        good = []
        for fix in PROPOSALS.get(problem.code, _nothing)(reading, problem):
            if time.monotonic() > until:
                break
            if fix in told or _mends(notebook, fix, problem, before, look):
                told.add(fix)
                good.append(fix)
        found.append(replace(problem, fixes=tuple(good)))
    return tuple(found)


def _nothing(reading: Reading, problem: Problem) -> Iterator[Fix]:
    return iter(())


def _mends(
    notebook: Notebook, fix: Fix, problem: Problem, before: tuple[Problem, ...], look: Look
) -> bool:
    try:
        after = Counter(map(_key, look(apply_fix(notebook, fix))))
    except StaleFixError:
        return False
    earlier = Counter(map(_key, before))
    came = [key for key in after - earlier if key[1] is not Severity.INFO]
    return not came and after[_key(problem)] < earlier[_key(problem)]


def _key(problem: Problem) -> tuple[Code, Severity, str]:
    """Return what makes a problem the same one after an edit: not its cell's number or line."""
    return problem.code, problem.severity, _NUMBER.sub("#", problem.message)
