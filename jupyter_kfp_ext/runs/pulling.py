"""Values of a step of a run: into a file, or into the namespace of a kernel."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engines.local.layout import RunFolder, StepFolder, bundle_path
from ..engines.local.log_part import split_iteration
from ..engines.local.logs import state_of
from ..engines.local.lookup import existing_run, read_known
from ..engines.local.record import RunRecord
from ..engines.protocol import Bringing
from ..errors import Code, KfpExtError, Problem
from ..storage import home as default_home
from ..storage import read_json, write_atomically
from .again import find_step, run_record
from .engines import open_engine
from .pulled_value import NOT_READ

_CHILD = Path(__file__).with_name("pulled_value.py")


@dataclass(frozen=True)
class Outputs:
    """What a step of a run has left."""

    run: RunFolder
    record: RunRecord
    task: str
    """The task that ran its cells."""
    folder: StepFolder
    """Of the step, or of the iteration."""
    places: dict[str, Path]
    """The artifact folder of each value, by name."""
    files: dict[str, Path]
    """Artifacts that are no values: files and folders of components of others."""
    numbers: dict[str, Any]
    """Output parameters and metrics."""

    @property
    def bundle(self) -> Path:
        """The code of the run, by the plan that it ended with."""
        try:
            name = str(read_json(self.run.plan)["bundle"])
        except OSError:
            name = self.record.bundle
        return bundle_path(self.run.home, name)

    @property
    def slice(self) -> str:
        """The name of the task in the code: of a run of others, folders have that of its path."""
        return self.task.rpartition(".")[2]


def outputs_of(run_id: str, step: str) -> Outputs:
    """Return what a step (`train`, or an iteration, `train[2]`) has left.

    Raises `KfpExtError`: `run-missing`, `step-missing`.
    """
    run = existing_run(default_home(), run_id)
    record = run_record(run_id)
    name, key = split_iteration(step)
    task = find_step(record.steps, name).task
    state_of(read_known(run), f"{task}[{key}]" if key else task)
    engine = open_engine(record.engine)
    if isinstance(engine, Bringing):
        engine.bring(record.id, task, key)
    folder = run.step(task).part("", key)
    places: dict[str, Path] = {}
    files: dict[str, Path] = {}
    for artifact in _artifacts(folder):
        index = artifact / "index.json"
        if index.is_file():
            places.update((each, artifact) for each in read_json(index)["names"])
        elif artifact.name not in ("cells", "metrics"):
            files[artifact.name] = artifact
    return Outputs(run, record, task, folder, places, files, _numbers(folder))


def _artifacts(folder: StepFolder) -> Iterator[Path]:
    try:
        yield from sorted(folder.artifacts.iterdir())
    except FileNotFoundError:
        return


def _numbers(folder: StepFolder) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        said = read_json(folder.executor_output)
        found.update(said.get("parameterValues", {}))
        for path in folder.parameters.iterdir():
            found.setdefault(path.name, path.read_text())
    except (OSError, ValueError):
        pass
    return {name.removeprefix("metric_"): value for name, value in found.items()}


def pull_to_file(run_id: str, step: str, name: str, target: Path) -> str:
    """Write an output of a step to a file; return what it is: `value`, `artifact`, `parameter`.

    The suffix says the form of a value: `.json`, `.csv`, `.parquet`, `.npy`, `.txt`, else a
    pickle. Raises `KfpExtError`: `usage` where there is no such output, `value-cannot-cross` where
    it has no such form, `storage-failed`.
    """
    outputs = outputs_of(run_id, step)
    if name in outputs.places:
        _bring_values(outputs, step, [name])
        _write_value(outputs, name, target)
        return "value"
    if name in outputs.files:
        source = outputs.files[name]
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target)
        return "artifact"
    if name in outputs.numbers:
        text = json.dumps(outputs.numbers[name], indent=1)
        write_atomically(target.absolute(), f"{text}\n", private=False)
        return "parameter"
    raise _no_output(outputs, [name])


def _bring_values(outputs: Outputs, step: str, names: list[str]) -> None:
    """Have values that stayed elsewhere, by reference, lie in the run's folder."""
    engine = open_engine(outputs.record.engine)
    if isinstance(engine, Bringing):
        key = split_iteration(step)[1]
        engine.bring_values(outputs.record.id, outputs.task, key, names)


def _write_value(outputs: Outputs, name: str, target: Path) -> None:
    arguments = [outputs.bundle, outputs.slice, outputs.places[name], name, target.absolute()]
    done = subprocess.run(
        [outputs.record.python or sys.executable, str(_CHILD), *map(str, arguments)],
        capture_output=True,
        text=True,
    )
    if done.returncode == NOT_READ:
        why, remedy = done.stderr.strip().splitlines()[-2:]
        raise KfpExtError(Problem(Code.VALUE_CANNOT_CROSS, why, remedy, step=outputs.task))
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["the interpreter ended"])[-1]
        message = f"{name} cannot be written to {target}: {reason}."
        remedy = "Choose another suffix; any other than .json, .csv, .parquet, .npy is a pickle."
        raise KfpExtError(Problem(Code.VALUE_CANNOT_CROSS, message, remedy, step=outputs.task))


def pull_into(
    namespace: MutableMapping[str, Any], run_id: str, step: str, names: Iterable[str]
) -> None:
    """Bind values of a step in a namespace; what is one object there is one object here.

    The namespace is that of a kernel's `__main__`, which has the notebook's definitions. Raises
    `KfpExtError`: `usage` where there is no such value, `value-cannot-cross`, and what
    `outputs_of` raises.
    """
    outputs = outputs_of(run_id, step)
    names = list(names)
    if missing := [each for each in names if each not in outputs.places | outputs.numbers]:
        raise _no_output(outputs, missing)
    _bring_values(outputs, step, [each for each in names if each in outputs.places])
    found: dict[str, Any] = {}
    sys.path.insert(0, str(outputs.bundle))
    try:
        from kfp_step.definitions import State, put_states
        from kfp_step.failure import StepFailure
        from kfp_step.loading import Loader

        loader = Loader()
        for place in dict.fromkeys(
            outputs.places[each] for each in names if each in outputs.places
        ):
            wanted = [each for each in names if outputs.places.get(each) == place]
            try:
                found.update(loader.load(str(place), wanted))
            except StepFailure as failure:
                problem = Problem(Code.VALUE_CANNOT_CROSS, failure.message, failure.remedy)
                raise KfpExtError(problem) from failure
    finally:
        sys.path.remove(str(outputs.bundle))
    states = {name for name, value in found.items() if isinstance(value, State)}
    values = put_states(dict(namespace), found, states)
    values.update({name: outputs.numbers[name] for name in names if name not in found})
    namespace.update(values)


def _no_output(outputs: Outputs, names: list[str]) -> KfpExtError:
    known = sorted({*outputs.places, *outputs.files, *outputs.numbers})
    return KfpExtError(
        Problem(
            Code.USAGE,
            f"Step {outputs.task} of run {outputs.record.id} has kept no {', '.join(names)}.",
            f"It has kept: {', '.join(known) or 'nothing'}; values that no later step needs are"
            " not kept.",
            step=outputs.task,
        )
    )
