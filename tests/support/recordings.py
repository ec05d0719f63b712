"""Runs that a real Kubeflow Pipelines made, and what our code says of them."""

import json
from pathlib import Path

from container_specs import submission

from jupyter_kfp_ext.engines.kfp.truth import Seen, observe
from jupyter_kfp_ext.engines.local.record import RunRecord
from jupyter_kfp_ext.engines.local.spec_reader import read_pipeline
from jupyter_kfp_ext.engines.local.step_records import step_records

FOLDER = Path(__file__).parents[1] / "recordings"
NAMES = sorted(path.stem for path in (FOLDER / "runs").glob("*.json"))


def recording(name):
    return json.loads((FOLDER / "runs" / f"{name}.json").read_text())


def spec_of(name):
    """Return the pipeline of a recording; of those that were not kept, a chain of its tasks."""
    record = recording(name)
    return record.get("spec") or chain(*tasks_in(record))


def tasks_in(record):
    """Return the tasks right below the root, in the order of their start."""
    start = f"{record['workflow']['metadata']['name']}.root."
    nodes = sorted(record["workflow"]["status"]["nodes"].values(), key=lambda n: n["startedAt"])
    ends = [n["name"].removeprefix(start) for n in nodes if n["name"].startswith(start)]
    return [end for end in ends if "." not in end and not end.endswith("-driver")]


def chain(*names):
    """Return a spec of containers that run one after another."""
    return {
        "pipelineInfo": {"name": "chain"},
        "root": {
            "dag": {
                "tasks": {
                    name: {
                        "componentRef": {"name": f"comp-{name}"},
                        "taskInfo": {"name": name},
                        "dependentTasks": list(names[max(0, n - 1) : n]),
                    }
                    for n, name in enumerate(names)
                }
            }
        },
        "components": {f"comp-{name}": {"executorLabel": f"exec-{name}"} for name in names},
        "deploymentSpec": {
            "executors": {
                f"exec-{name}": {"container": {"image": "python:3.11", "command": ["true"]}}
                for name in names
            }
        },
        "schemaVersion": "2.1.0",
    }


def pipeline_of(name):
    return read_pipeline(spec_of(name), {})


def record_of(pipeline):
    plan = submission({}, {}).compiled.plan
    steps = step_records(pipeline, plan)
    return RunRecord("20261122-063439-000000", "p", None, 0.0, {}, "python", None, "", steps)


def seen_of(name, part=None, workflow=True, pods=True):
    record = recording(name)
    there = record[part] if part else record
    return Seen(
        there["run"],
        there["workflow"] if workflow else None,
        tuple(there["pods"]) if pods else (),
    )


def observed(name, part=None, workflow=True, pods=True, asked=False):
    """Return our status of a recorded run, at its end or while it waited."""
    pipeline = pipeline_of(name)
    record = record_of(pipeline)
    seen = seen_of(name, part, workflow, pods)
    return observe(record.first_status(), record.steps, pipeline, seen, asked)
