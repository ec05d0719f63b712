"""A run as one JSON object, the same for every command and for scripts that read it."""

from dataclasses import asdict
from typing import Any

from ..engines.model import RunStatus, StepStatus


def run_report(run: RunStatus) -> dict[str, Any]:
    """Return what `run --json` and `show --json` print (docs/command-line.md).

    Times are seconds since the epoch, `seconds` is how long it took so far or in all; None where
    it has not started or has not ended.
    """
    return {
        **run_summary(run),
        "message": run.message,
        "notes": list(run.notes),
        "phases": [asdict(each) for each in run.phases],
        "remote": dict(run.remote),
        "steps": [_step_report(step) for step in run.steps],
    }


def run_summary(run: RunStatus) -> dict[str, Any]:
    """Return what `runs --json` prints for each run: the report without its steps."""
    return {
        "run_id": run.id,
        "name": run.name,
        "notebook": run.notebook,
        "engine": run.engine,
        "state": run.state.value,
        "created": run.created,
        "started": run.started,
        "ended": run.ended,
        "seconds": elapsed(run.started, run.ended),
        "parameters": dict(run.parameters),
        "metrics": dict(run.metrics),
        "classification": dict(run.classification),
    }


def _step_report(step: StepStatus) -> dict[str, Any]:
    return {
        "name": step.name,
        "task": step.task,
        "state": step.state.value,
        "cached": step.cached,
        "cached_from": step.cached_from,
        "attempt": step.attempt,
        "started": step.started,
        "ended": step.ended,
        "seconds": elapsed(step.started, step.ended),
        "peak_memory_bytes": step.peak_memory_bytes,
        "cpu_seconds": step.cpu_seconds,
        "gpu_memory_bytes": step.gpu_memory_bytes,
        "bytes_in": step.bytes_in,
        "bytes_out": step.bytes_out,
        "requests": dict(step.requests),
        "suggested": dict(step.suggested),
        "reason": step.reason,
        "snapshots": list(step.snapshots),
        "snapshot_seconds": step.snapshot_seconds,
        "error": asdict(step.error) if step.error else None,
        "iterations": [asdict(each) for each in step.iterations],
    }


def elapsed(started: float | None, ended: float | None) -> float | None:
    """Return the seconds between two times; None where one of them is not known."""
    if started is None or ended is None:
        return None
    return round(max(0.0, ended - started), 3)
