"""By which way the code of a run reaches its steps: what was said, what fits, what is at hand.

Nothing is called here. What the cluster does not allow shows when the code is delivered; with
`auto` the next way of the list is taken then.
"""

from dataclasses import dataclass
from typing import Literal

from ...compiler.budget import WORKFLOW_LIMIT, Budget, Verdict, measure
from ...compiler.compiled import CompiledPipeline
from ...compiler.ways import WAYS, Places, Shipping, Way, places_of, shipping
from ...errors import Code, KfpExtError, Problem, errors_in
from .access import has_cluster
from .connection import Connection
from .intent import Delivery


@dataclass(frozen=True)
class Choice:
    """How the code is to reach the steps, and what a run takes then."""

    delivery: Delivery
    budget: Budget
    """Of the first way."""

    @property
    def size(self) -> str:
        """What a run takes, in words."""
        return (
            f"about {self.budget.plain // 1000} kB of the {WORKFLOW_LIMIT // 1000} kB that a run "
            "may have"
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth knowing before the run."""
        places = self.delivery.places
        live = (
            f"NOT REPRODUCIBLE: steps import from {places.live} on the claim {places.claim} as it "
            "is when they run (`live` in `helpers_volume`), and nothing comes from the cache."
        )
        large = [] if self.budget.verdict is Verdict.FITS else self.budget.problems()
        return (*([live] if places.live else ()), *map(str, large))


def choose_ways(compiled: CompiledPipeline, connection: Connection) -> Choice:
    """Return the ways by which the code of a pipeline can go on a connection.

    Raises `KfpExtError`: `too-big` where none holds it, `option-invalid` where the way that was
    said cannot be taken on this connection.
    """
    if not compiled.bundle:
        return _without_code(compiled)
    settings = compiled.plan.model.settings
    said: Way | Literal["auto"] = settings.helpers or "auto"
    places = places_of(settings, connection.store)
    mounted = settings.helpers_volume.mounted if settings.helpers_volume else ""
    tried = {way: _tried(compiled, way, places, connection, mounted) for way in WAYS}
    fitting = [way for way, each in tried.items() if isinstance(each, Shipping) and each.fits]
    if said != "auto":
        found = tried[said]
        if isinstance(found, str):
            message = f"The code cannot go by `{said}`: {found}."
            problem = Problem(Code.OPTION_INVALID, message, _instead(fitting), option="helpers")
            raise KfpExtError(problem)
        if not found.fits:
            raise KfpExtError(errors_in(found.problems))
        others = tuple(way for way in fitting if way != said)
        return Choice(Delivery((said,), said, (), others, places, mounted), found.budget)
    first = tried[fitting[0]] if fitting else ""
    if isinstance(first, str):
        raise KfpExtError(_none_fits(tried))
    passed = [
        f"{way}: {each if isinstance(each, str) else each.problems[0].message}"
        for way, each in tried.items()
        if way not in fitting
    ]
    delivery = Delivery(tuple(fitting), said, tuple(passed), (), places, mounted)
    return Choice(delivery, first.budget)


def _without_code(compiled: CompiledPipeline) -> Choice:
    """Return the choice for a pipeline of another tool, which is submitted as it is."""
    budget = measure(compiled)
    if errors := errors_in(budget.problems()):
        raise KfpExtError(errors)
    return Choice(Delivery(("embed",), "auto", (), (), Places()), budget)


def _tried(
    compiled: CompiledPipeline, way: Way, places: Places, connection: Connection, mounted: str
) -> Shipping | str:
    """Return the pipeline in the form of a way, or why that way is not at hand."""
    if missing := places.missing(way):
        return missing
    if way == "configmap" and not has_cluster(connection):
        return "the connection gives no access to the Kubernetes API (--kubeconfig)"
    if way == "volume" and not mounted and not has_cluster(connection):
        return (
            "the claim is not mounted here (`mounted` in `helpers_volume`), and the connection "
            "gives no access to the Kubernetes API (--kubeconfig)"
        )
    return shipping(compiled, compiled.bundle, way, places)


def _instead(fitting: list[Way]) -> str:
    if not fitting:
        return "Set `helpers` to `auto` to see what each way needs."
    return f"Set `helpers` to {' or '.join(f'`{way}`' for way in fitting)}, or to `auto`."


def _none_fits(tried: dict[Way, Shipping | str]) -> list[Problem]:
    """Return the errors of the ways that were at hand, and what the others would need."""
    errors = [
        error
        for each in tried.values()
        if isinstance(each, Shipping)
        for error in errors_in(each.problems)
    ]
    lacking = [f"{way}: {each}" for way, each in tried.items() if isinstance(each, str)]
    if not lacking or not errors:
        return errors
    last = errors[-1]
    remedy = f"{last.remedy} Not at hand: {'; '.join(lacking)}."
    return [*errors[:-1], Problem(last.code, last.message, remedy)]
