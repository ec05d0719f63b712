"""What an exported project says of itself: its README and its requirements."""

import json
from collections.abc import Collection

from ...analysis.plan import Plan, StepPlan
from ...helpers.bundle import bundle_files
from ...runtime.step.place import slice_path
from ..compiled import CompiledPipeline
from ..components import SDK_VERSION, executor_label
from ..encoding import MARK
from ..parameters import root_inputs
from ..ways import Shipping, places_of
from .components import BOOTSTRAP_FILE, HAND_OUT_RUNTIME

_VERSION = SDK_VERSION.removeprefix("kfp-")
_ABOUT = {
    "pipeline.py": "the pipeline: a component for each step, how they are wired, their options",
    "bundle/steps/<step>.py": "the cells that a step runs, as editors know cells (`# %%`); lines "
    "that begin with `%` or `!` are the notebook's",
    "bundle/steps/<step>.json": "what goes with them: which variables come in and go out (by which "
    "artifact), metrics, files, packages",
    "bundle/helpers/": "modules that the cells import, as they lay beside the notebook "
    "(`@parent`: one folder up)",
    "bundle/files/": "data files that came along",
    "bundle/kfp_step.py": "runs the cells of a step and hands variables on; standard library only",
    "packing.py": "packs `bundle/` into the commands of the steps when the pipeline is compiled",
    BOOTSTRAP_FILE: "the command of each step: finds the code and starts `kfp_step.py`",
    HAND_OUT_RUNTIME: "the command of the task that gives all steps `kfp_step.py`",
    "export.json": "the files as they were exported, so that a second export finds changes by hand",
}
"""What each file is, if it is there."""
_SOMETIMES = {"bundle/helpers/": "helpers/", "bundle/files/": "files/"}
"""Folders that a bundle may lack, by their paths in it."""


def requirements(compiled: CompiledPipeline, kubernetes: bool) -> str:
    """Return `requirements.txt`: what compiles the pipeline; `kubernetes`: with pod settings."""
    lines = ["# What `python pipeline.py` needs:", f"kfp=={_VERSION}"]
    if kubernetes:
        lines.append(f"kfp-kubernetes=={_VERSION}")
    files = bundle_files(compiled.bundle)
    slices = {step.task: json.loads(files[slice_path(step.task)]) for step in compiled.plan.steps}
    said = [
        f"# {task}: {', '.join(slice_['packages'])}"
        for task, slice_ in slices.items()
        if "packages" in slice_
    ]
    if said:
        lines += ["", "# What steps install when they start, where their image lacks it:", *said]
    return "\n".join(lines) + "\n"


def readme(
    compiled: CompiledPipeline, shipping: Shipping, source_hash: str, files: Collection[str]
) -> str:
    """Return `README.md`.

    `source_hash` is the sha-256 of the notebook's file, `files` are those beside it and those in
    `bundle/`, by their paths from there.
    """
    plan = compiled.plan
    executors = shipping.form.spec["deploymentSpec"]["executors"]
    images = {
        step.task: executors[executor_label(step.task)]["container"]["image"] for step in plan.steps
    }
    info = shipping.form.spec["pipelineInfo"]
    title = _plain(info.get("displayName", info["name"]))
    about = f"{_plain(info['description'])}\n\n" if "description" in info else ""
    described = "".join(
        f"| `{name}` | {text} |\n" for name, text in _ABOUT.items() if _is_there(name, files)
    )
    steps = "".join(_row(step, plan, images[step.task]) for step in plan.steps)
    return f"""\
# {title}

{about}A Kubeflow pipeline, exported from the notebook `{_plain(plan.model.notebook.name)}` \
(sha-256 `{source_hash}`) by jupyter-kfp-ext, which is not needed any more.

## Compile and run

```sh
pip install -r requirements.txt
python pipeline.py
```

writes `pipeline.yaml`, which Kubeflow Pipelines {_VERSION.rpartition(".")[0]} takes: upload it in \
its interface, or

```python
import kfp

kfp.Client().create_run_from_pipeline_package("pipeline.yaml", arguments={{}})
```

{_delivery(compiled, shipping)}
## What is what

| file | |
|---|---|
{described}
| step | after | image |
|---|---|---|
{steps}
## Changing it

Code: edit `bundle/steps/<step>.py` and the modules in `bundle/helpers/`, and compile again; each \
step's command has the hash of its files, so just the changed steps are computed anew. A variable \
that a step is to hand on, or a new cell, also needs its entry in `bundle/steps/<step>.json`, and \
a new variable its arguments in `pipeline.py`.

Options, images, order: edit `pipeline.py`.
{_parameters(plan)}"""


def _delivery(compiled: CompiledPipeline, shipping: Shipping) -> str:
    """Return how the code gets to the steps, and what is to be done for it."""
    if shipping.way == "configmap":
        return """\
The code of the steps is in a ConfigMap: it is too much for the pipeline itself. `pipeline.py` \
writes it beside the pipeline; apply it in the namespace of the runs before the first one:

```sh
kubectl apply -n NAMESPACE -f pipeline.configmap.yaml
```
"""
    if shipping.way == "volume":
        places = places_of(compiled.plan.model.settings)
        folder = f"{places.folder}/HASH".lstrip("/")
        return f"""\
The code of the steps is on the claim `{places.claim}`. `pipeline.py` writes it beside the \
pipeline; copy `pipeline.code.zip` there as `{folder}/code.zip` before the first run. HASH is in \
the `subPath` that `pipeline.yaml` says.
"""
    return "It holds the code of its steps; nothing else has to be on the cluster.\n"


def _row(step: StepPlan, plan: Plan, image: str) -> str:
    names = {each.task: each.name for each in plan.steps}
    before = dict.fromkeys([*(each.step for each in step.inputs), *map(names.get, step.after)])
    waits = ", ".join(_plain(name) for name in before if name and name != step.name)
    shown = _plain(step.name)
    task = "" if shown == step.task else f" (`{step.task}`)"
    return f"| {shown}{task} | {waits} | `{image}` |\n"


def _is_there(name: str, files: Collection[str]) -> bool:
    if name in _SOMETIMES:
        return any(path.startswith(_SOMETIMES[name]) for path in files)
    return name != HAND_OUT_RUNTIME or name in files


def _parameters(plan: Plan) -> str:
    encoded = [key for key, each in root_inputs(plan).items() if MARK in json.dumps(each)]
    if not encoded:
        return ""
    return f"""
A default that begins with `json:` (of {", ".join(f"`{key}`" for key in encoded)}) is JSON \
that the steps read: KFP would rewrite `$`, braces and letters that are not ASCII, turn `1.0` \
within a list into `1`, and sort the keys of a dictionary. A value for a run \
that has none of these can be plain.
"""


def _plain(text: str) -> str:
    """Return text that means nothing else in Markdown."""
    return " ".join(text.split()).replace("|", "/").replace("`", "'")
