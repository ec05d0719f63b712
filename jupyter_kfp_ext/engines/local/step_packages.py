"""Which packages the environments of a run's steps get; wheels of the bundle lie in files here."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from ...compiler.compiled import CompiledPipeline
from ...runtime.step.place import WHEELS
from ...storage import write_atomically
from .record import StepRecord


def with_packages(
    home: Path, compiled: CompiledPipeline, steps: tuple[StepRecord, ...]
) -> tuple[StepRecord, ...]:
    """Return the steps with all that they install: what they say, and mature helper modules.

    Raises `KfpExtError` (`storage-failed`).
    """
    wheels = {
        path: str(_kept(home, path, content))
        for path, content in compiled.code.files.items()
        if path.startswith(WHEELS)
    }
    return tuple(
        replace(
            step,
            packages=tuple(
                wheels.get(each, each) for each in compiled.packages.get(step.task, step.packages)
            ),
        )
        for step in steps
    )


def _kept(home: Path, path: str, content: bytes) -> Path:
    """Return the place of a wheel: by its content, which names the environments that have it."""
    file = home / "code" / "wheels" / sha256(content).hexdigest()[:32] / path[len(WHEELS) :]
    if not file.exists():
        write_atomically(file, content)
    return file
