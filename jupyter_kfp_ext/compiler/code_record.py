"""The user's code in a pipeline as data: what is shown before a run, and remembered of one."""

from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..analysis.plan import Plan
from ..errors import Code, KfpExtError, Problem
from ..helpers.find import Helpers
from ..helpers.git import git_state
from .compiled import CompiledPipeline

_MOST_NAMED = 5
"""Files that a message names."""


HASH_LENGTH = 16
"""Hex digits of a file's sha-256 by which what was shown is compared with what is sent."""


def code_record(compiled: CompiledPipeline) -> dict[str, Any]:
    """Return the code of a pipeline (docs/api.md, `Code`); asks git for its state."""
    found = found_code(compiled.plan, compiled.code)
    return {**found, "bundle": compiled.bundle_hash, "bytes": len(compiled.bundle)}


def found_code(plan: Plan, code: Helpers) -> dict[str, Any]:
    """Return the code of a plan that need not compile: a record without a bundle."""
    notebook = plan.model.notebook.path
    files = code_files(code)
    sources = [each["source"] for each in files if each["source"]]
    listed = [*sources, *([notebook] if notebook else [])]
    git = git_state(Path(notebook).parent, listed) if notebook else None
    return {
        "bundle": "",
        "bytes": 0,
        "files": files,
        "steps": [_step(each.task, each.name, code.by_step, code.uses) for each in plan.steps],
        "git": asdict(git) if git else None,
    }


def code_files(code: Helpers) -> list[dict[str, Any]]:
    """Return the user's files with place, size and hash, sorted by path in the bundle."""
    return [
        {
            "path": path,
            "source": code.sources.get(path, ""),
            "bytes": len(content),
            "sha256": sha256(content).hexdigest(),
        }
        for path, content in code.files.items()
    ]


def refuse_what_was_not_shown(code: Helpers, shown: Mapping[str, str]) -> None:
    """Raise `KfpExtError` (`code-changed`) where files are not those that someone was shown.

    `shown`: the first `HASH_LENGTH` hex digits of each file's sha-256 by its path in the bundle.
    What was shown and is not needed any more is no difference of what is sent.
    """
    differing = [
        each["path"] for each in code_files(code) if shown.get(each["path"]) != _short(each)
    ]
    if differing:
        named = ", ".join(path.split("/", 1)[1] for path in differing[:_MOST_NAMED])
        more = len(differing) - _MOST_NAMED
        raise KfpExtError(
            Problem(
                Code.CODE_CHANGED,
                f"Not what was shown: {named}{f' and {more} more' if more > 0 else ''} changed "
                "since then.",
                "Look at what is sent now, and run it again.",
            )
        )


def shown_files(code: Helpers) -> list[dict[str, Any]]:
    """Return the files as they are shown before a run: with the short form of their hash."""
    return [
        {
            "path": each["path"],
            "source": each["source"],
            "bytes": each["bytes"],
            "hash": _short(each),
        }
        for each in code_files(code)
    ]


def _short(file: Mapping[str, Any]) -> str:
    return str(file["sha256"])[:HASH_LENGTH]


def _step(
    task: str, name: str, by_step: Mapping[str, Any], uses: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "name": name,
        "task": task,
        "files": list(by_step.get(task, ())),
        "modules": [asdict(each) for each in uses.get(task, ())],
    }
