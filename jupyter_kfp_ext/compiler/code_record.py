"""The user's code in a pipeline as data: what is shown before a run, and remembered of one."""

from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..helpers.git import git_state
from .compiled import CompiledPipeline


def code_record(compiled: CompiledPipeline) -> dict[str, Any]:
    """Return the code of a pipeline (docs/api.md, `Code`); asks git for its state."""
    code = compiled.code
    notebook = compiled.plan.model.notebook.path
    files = [
        {
            "path": path,
            "source": code.sources.get(path, ""),
            "bytes": len(content),
            "sha256": sha256(content).hexdigest(),
        }
        for path, content in code.files.items()
    ]
    sources = [each["source"] for each in files if each["source"]]
    listed = [*sources, *([notebook] if notebook else [])]
    git = git_state(Path(notebook).parent, map(str, listed)) if notebook else None
    return {
        "bundle": compiled.bundle_hash,
        "bytes": len(compiled.bundle),
        "files": files,
        "steps": [
            _step(each.task, each.name, code.by_step, code.uses) for each in compiled.plan.steps
        ],
        "git": asdict(git) if git else None,
    }


def _step(
    task: str, name: str, by_step: Mapping[str, Any], uses: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "name": name,
        "task": task,
        "files": list(by_step.get(task, ())),
        "modules": [asdict(each) for each in uses.get(task, ())],
    }
