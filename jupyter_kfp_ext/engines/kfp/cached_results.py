"""What Kubeflow's cache answered, from the run here that made it: metrics, log, outputs, places.

The API says of such a step that it was cached, and no more. The answer is that of the run that did
the same work with the cache on, since any later one would have been answered, too. Runs that took
steps from others are left out, on both sides: their steps have other artifacts for inputs.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...compiler.compiled import Form
from ...errors import KfpExtError
from ..local.layout import RunFolder
from ..local.lookup import notebook_index
from ..local.record import RunRecord
from ..local.status import read_record
from ..model import Reuse, RunStatus, State
from .earlier import Earlier, kept_form, results_in
from .intent import Intent, read_intent

_LOOKED_AT = 50
"""Runs of the notebook that are looked at, the newest first."""
_UNREADABLE = (KfpExtError, OSError, ValueError, KeyError, TypeError)


def with_cached_results(
    folder: RunFolder, record: RunRecord, intent: Intent, status: RunStatus
) -> RunStatus:
    """Return an ended run with what its cached steps gave, as far as the maker is known here.

    Their logs and outputs lie in the run's folder from then on.
    """
    wanted = {
        step.task
        for step in status.steps
        if step.state is State.SUCCEEDED and step.cached and step.cached_from is None
    }
    if record.reuse != Reuse():
        return status
    metrics: dict[str, float] = {}
    curves: dict[str, Any] = {}
    makers: dict[str, str] = {}
    for earlier, run in _runs_before(folder, record, intent) if wanted else ():
        made = {task for task in wanted if earlier.made(task)}
        earlier.copy_steps(folder, made)
        for task in made:
            makers[task] = run
            more, shown = results_in(folder.step(task))
            metrics |= more
            curves |= shown
        wanted -= made
        if not wanted:
            break
    return replace(
        status,
        steps=tuple(
            replace(step, cached_from=makers[step.task]) if step.task in makers else step
            for step in status.steps
        ),
        metrics={**metrics, **status.metrics},
        classification={**curves, **status.classification},
    )


def _runs_before(
    folder: RunFolder, record: RunRecord, intent: Intent
) -> Iterator[tuple[Earlier, str]]:
    """Yield the runs of the notebook whose results the cache may have, the newest first."""
    if record.notebook is None:
        return
    form = kept_form(folder)
    index = notebook_index(folder.home, record.notebook)
    names = sorted((each.name for each in index.iterdir()), reverse=True) if index.is_dir() else []
    for name in [each for each in names if each < record.id][:_LOOKED_AT]:
        earlier = _earlier(folder, name, (record, intent), form)
        if earlier is not None:
            yield earlier, name


def _earlier(
    folder: RunFolder, name: str, now: tuple[RunRecord, Intent], form: Form
) -> Earlier | None:
    """Return a run that filled the same cache; None where it did not, or is being removed."""
    before = RunFolder(folder.path.with_name(name))
    try:
        if _same_cache(read_record(before), read_intent(before.path), *now):
            return Earlier(folder.home, now[0], form, Reuse(run=name))
    except _UNREADABLE:
        pass  # a run of this machine has no such files
    return None


def _same_cache(before: RunRecord, then: Intent, record: RunRecord, now: Intent) -> bool:
    """Whether a run filled the cache that another one asks: of a pipeline in a namespace."""
    there, here = then.connection, now.connection
    same_cache = (there.name, there.pods_in, before.name) == (here.name, here.pods_in, record.name)
    return same_cache and before.reuse == Reuse() and then.cache and not then.adopted
