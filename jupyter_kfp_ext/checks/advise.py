"""All rules, in one call: the advice on a notebook beside the problems that stop it."""

from collections.abc import Callable, Iterator
from pathlib import Path

from ..analysis.plan import Plan
from ..errors import Problem
from .hidden_order import hidden_order
from .idle import idle_steps
from .literals import big_literals, secrets
from .places import not_portable
from .reading import Reading
from .repeatable import not_repeatable
from .surroundings import installations, questions, shadowed_modules

Rule = Callable[[Reading], Iterator[Problem]]

RULES: tuple[Rule, ...] = (
    questions,
    secrets,
    big_literals,
    not_repeatable,
    not_portable,
    installations,
    shadowed_modules,
    idle_steps,
    hidden_order,
)


def advise(plan: Plan, folder: Path | None) -> tuple[Problem, ...]:
    """Return warnings and hints on a plan; nothing in it stops a run.

    `folder` is the notebook's (None: it was never saved); only the names in it are looked at.
    """
    reading = Reading(plan, folder)
    return tuple(problem for rule in RULES for problem in rule(reading))
