"""Whether the programs of a pipeline's containers are on this machine: said before anything runs.

Steps run as processes, not in their images. Our own steps need only the notebook's Python; a
container component may name what only its image has.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ...errors import Code, KfpExtError, Problem
from .spec import Container, Pipeline


def check_programs(pipeline: Pipeline, python: str) -> None:
    """Refuse what cannot be started here; `python` is the interpreter of the steps.

    Raises `KfpExtError` (`option-unsupported`) naming each task and its program.
    """
    problems = tuple(_problems(pipeline, python))
    if problems:
        raise KfpExtError(problems)


def _problems(pipeline: Pipeline, python: str) -> Iterator[Problem]:
    for leaf in pipeline.root.leaves():
        container = leaf.container
        if container is None or (container.command and _is_here(container, python)):
            continue
        if container.command:
            what = f"runs {container.command[0]}, which is not on this machine: it may be in its"
            what += f" image, {container.image}"
        else:
            what = f"has no command; that of its image ({container.image}) is not known here"
        yield Problem(
            Code.OPTION_UNSUPPORTED,
            f"Step {leaf.name} {what}.",
            "Give it a command that this machine has, or run the pipeline on a cluster.",
            step=leaf.name,
        )


def _is_here(container: Container, python: str) -> bool:
    program = container.command[0]
    if program in ("python", "python3") or "{{$" in program:
        return True
    if os.sep in program:
        # Another path than an absolute one leads from the step's own folder.
        return not Path(program).is_absolute() or os.access(program, os.X_OK)
    said = container.env.get("PATH")
    usual = os.pathsep.join((str(Path(python).parent), os.environ.get("PATH", "")))
    return shutil.which(program, path=said or usual) is not None
