"""The KFP executor input of a step, and its placeholders in the command.

The shapes are those of KFP's launcher (`ExecutorInput` in pipeline_spec.proto), the placeholders
those of the SDK (`kfp.dsl.placeholders`) and of the driver's constants.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .dataflow import Inputs, artifact_values, parameter_values
from .layout import StepFolder
from .spec import Constant, Task
from .values import as_text


@dataclass(frozen=True)
class RunFacts:
    """What placeholders may say about the run."""

    run_id: str
    pipeline: str
    created: str
    """RFC 3339, UTC."""
    root: str
    """Folder of the run's steps."""
    workspace: str = ""
    """Folder that all its steps may write to; empty where the pipeline asks for none."""


def build_executor_input(
    task: Task, folder: StepFolder, inputs: Inputs, facts: RunFacts
) -> dict[str, Any]:
    """Return the `ExecutorInput` of a task as JSON; `inputs` are what its DAG can give it."""
    values = parameter_values(task, inputs)
    constants = {
        name: source.value
        for name, source in task.parameters.items()
        if isinstance(source, Constant) and isinstance(source.value, str) and "{{$" in source.value
    }
    document = {
        "inputs": {
            "parameterValues": values,
            "artifacts": {
                name: {"artifacts": list(artifacts)}
                for name, artifacts in artifact_values(task, inputs).items()
            },
        },
        "outputs": {
            "parameters": {
                name: {"outputFile": f"{folder.parameters}{os.sep}{name}"}
                for name in task.output_parameters
            },
            "artifacts": {
                name: {"artifacts": [new_artifact(name, kind, folder)]}
                for name, kind in task.output_artifacts.items()
            },
            "outputFile": str(folder.executor_output),
        },
    }
    if constants:
        # One may name other inputs of its task: that is how the SDK writes f-strings.
        known = placeholders(task, document, facts)
        for name, text in constants.items():
            values[name] = fill_in(text, known)
    return document


def new_artifact(name: str, kind: Mapping[str, Any], folder: StepFolder) -> dict[str, Any]:
    """Return the artifact that a step is to write."""
    return {
        "name": name,
        "uri": f"{folder.artifacts}{os.sep}{name}",
        "type": dict(kind),
        "metadata": {},
    }


def placeholders(task: Task, document: Mapping[str, Any], facts: RunFacts) -> dict[str, str]:
    """Return the text of each placeholder that the executor input gives a meaning."""
    inputs, outputs = document["inputs"], document["outputs"]
    known = {
        "$": json.dumps(document, separators=(",", ":"), ensure_ascii=False),
        "$.pipeline_job_name": facts.pipeline,
        "$.pipeline_job_resource_name": facts.run_id,
        "$.pipeline_job_uuid": facts.run_id,
        "$.pipeline_task_name": task.name,
        "$.pipeline_task_uuid": f"{facts.run_id}-{task.name}",
        "$.pipeline_job_create_time_utc": facts.created,
        "$.pipeline_job_schedule_time_utc": facts.created,
        "$.pipeline_root": facts.root,
        "$.outputs.output_file": outputs["outputFile"],
    }
    if facts.workspace:
        known["$.workspace_path"] = facts.workspace
    # An f-string of the SDK names outputs of other tasks that the component does not declare.
    for name in dict.fromkeys((*task.parameter_types, *task.parameters)):
        value = inputs["parameterValues"].get(name)
        known[f"$.inputs.parameters['{name}']"] = "" if value is None else as_text(value)
    for side, artifacts in (("inputs", inputs["artifacts"]), ("outputs", outputs["artifacts"])):
        for name, listed in artifacts.items():
            if len(listed["artifacts"]) != 1:
                continue  # of a loop: there is no one place
            artifact = listed["artifacts"][0]
            place = f"$.{side}.artifacts['{name}']"
            known[f"{place}.uri"] = known[f"{place}.path"] = artifact["uri"]
            for key, value in artifact["metadata"].items():
                known[f"{place}.metadata['{key}']"] = as_text(value)
    for name, listed in outputs["parameters"].items():
        known[f"$.outputs.parameters['{name}'].output_file"] = listed["outputFile"]
    return known


_PLACEHOLDER = re.compile(r"\{\{(\$[^{}]*)\}\}")


def fill_in(text: str, known: Mapping[str, str]) -> str:
    """Replace the placeholders that are known; others stay as they are, as in KFP's launcher."""
    return _PLACEHOLDER.sub(lambda found: known.get(found[1].strip(), found[0]), text)
