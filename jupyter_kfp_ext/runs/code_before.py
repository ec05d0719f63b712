"""The user's files of a run as they were when it was submitted, for planning it again.

Helper files may have been edited since: what the run's steps get must stay what was sent.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..analysis.plan import Plan, StepPlan
from ..engines.local.layout import RunFolder, bundle_path
from ..engines.local.record import RunRecord
from ..helpers.bundle import bundle_files
from ..helpers.find import Helpers
from ..runtime.step.place import slice_path
from ..storage import read_json


@dataclass(frozen=True)
class _Before:
    """What the submitted bundle says of one step."""

    files: tuple[str, ...]
    entries: tuple[str, ...]
    above: tuple[str, ...]
    carried: tuple[str, ...]
    modules: frozenset[str]
    """Modules that it was seen to need."""


def code_before(folder: RunFolder, record: RunRecord, plan: Plan, now: Helpers) -> Helpers:
    """Return the files for a new plan of a run; `now` is what lies on the disk for it.

    That itself, where nothing of it was changed since the run was submitted. Otherwise the files
    that were sent: to each step those that it had, and to a step that takes something from another
    one it did not take from before, those of that one, too.
    """
    bundle = bundle_files(bundle_path(folder.home, record.bundle).read_bytes())
    code = read_json(folder.code)
    sent = {each["path"]: bundle[each["path"]] for each in code["files"]}
    if _is_as_sent(now, sent, record.created):
        return now
    before = {each["task"]: _step(bundle, each) for each in code["steps"]}
    upstream = {each.task: set(each.after) for each in record.steps}
    merged: dict[str, _Before] = {}
    tasks = {step.name: step.task for step in plan.steps}
    for step in plan.steps:
        own = before.get(step.task) or _Before((), (), (), (), frozenset())
        takes = {tasks[each.step] for each in step.inputs} - upstream.get(step.task, set())
        givers = [merged[task] for task in sorted(takes) if task in merged]
        merged[step.task] = _joined(own, givers, _who_has(step, own, before))
    return replace(
        now,
        files=sent,
        by_step={task: each.files for task, each in merged.items()},
        entries={task: each.entries for task, each in merged.items()},
        above={task: each.above for task, each in merged.items()},
        carried={task: each.carried for task, each in merged.items()},
        sources={each["path"]: each["source"] for each in code["files"]},
        made=_made(bundle),
        problems=(),
    )


def _is_as_sent(now: Helpers, sent: Mapping[str, bytes], created: float) -> bool:
    """Tell whether files are those that were sent, and what comes in addition is older."""
    if any(now.files.get(path, content) != content for path, content in sent.items()):
        return False
    if not now.files.keys() >= sent.keys():
        return False
    new = [Path(now.sources[path]) for path in now.files.keys() - sent.keys()]
    return all(each.stat().st_ctime < created for each in new)


def _step(bundle: Mapping[str, bytes], code: Mapping[str, Any]) -> _Before:
    content = json.loads(bundle[slice_path(code["task"])])
    return _Before(
        tuple(code["files"]),
        tuple(content.get("path", ())),
        tuple(content.get("above", ())),
        tuple(content.get("carried", ())),
        frozenset(each["module"] for each in code["modules"]),
    )


def _who_has(step: StepPlan, own: _Before, before: Mapping[str, _Before]) -> list[_Before]:
    """Return steps that had modules which a step is only now seen to import."""
    missing = set(step.modules) - own.modules
    found = []
    for other in before.values():
        if missing & other.modules:
            missing -= other.modules
            found.append(other)
    return found


def _joined(own: _Before, givers: list[_Before], sharers: list[_Before]) -> _Before:
    others = (*givers, *sharers)
    files = {path for each in (own, *others) for path in each.files}
    imported = {*own.files} - {*own.carried} | {path for each in sharers for path in each.files}
    entries = [entry for each in (own, *others) for entry in each.entries or ("",)]
    return _Before(
        tuple(sorted(files)),
        tuple(dict.fromkeys(entries)) if files else own.entries,
        max((each.above for each in (own, *others)), key=len),
        tuple(sorted(files - imported)),
        own.modules,
    )


def _made(bundle: Mapping[str, bytes]) -> tuple[str, ...]:
    slices = [json.loads(content) for path, content in bundle.items() if path.startswith("steps/")]
    return tuple(sorted({name for each in slices for name in each.get("own_made", ())}))
