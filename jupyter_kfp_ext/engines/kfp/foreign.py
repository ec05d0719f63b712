"""A run that was started elsewhere, by anybody: its plan is made of what KFP tells of it."""

import base64
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...analysis.plan import Plan
from ...compiler.bundle_place import BUNDLE_KEY
from ...compiler.compiled import CompiledPipeline, Form
from ...compiler.mounted_code import kubernetes_settings
from ...compiler.parts import CODE_FOLDER
from ...compiler.pipeline_file import code_in_commands, of_specification
from ...compiler.ways import Places
from ...errors import Code, KfpExtError, Problem
from ..local.bundles import keep_bundle
from ..local.record import RunRecord
from ..local.spec import Pipeline
from ..local.spec_reader import read_pipeline
from ..protocol import Submission
from .access import open_api, open_cluster
from .api import KfpApi
from .attaching import attach_new, known_here
from .connection import Connection
from .foreign_steps import steps_of_others
from .intent import Delivery, Intent

Json = dict[str, Any]


def attach_foreign(home: Path, connection: Connection, remote_id: str, plan: Plan | None) -> str:
    """Keep a run of a cluster here and return its id here; once kept, always the same.

    With the plan of a notebook, steps of the same names are shown at its cells. Raises
    `KfpExtError`: `run-missing`, and where the cluster does not answer.
    """
    api = open_api(connection)
    row = api.run(remote_id)
    if row is None:
        message = f"There is no run {remote_id} on {connection.name}."
        remedy = "`jupyter kfp runs --connection` lists them."
        raise KfpExtError(Problem(Code.RUN_MISSING, message, remedy))
    known = known_here(home, row)
    if known:
        return known
    experiment = api.experiment_by_id(str(row.get("experiment_id") or ""))
    if connection.namespace and experiment.get("namespace"):
        connection = replace(connection, namespace=experiment["namespace"])
    form = _form(api, row)
    pipeline = read_pipeline(form.spec, form.platform)
    path = Path(f"{pipeline.name}.yaml")
    compiled = of_specification(form, _code(form, connection, path), path)
    if compiled.bundle:
        keep_bundle(home, compiled.bundle, compiled.bundle_hash)
    compiled = _with_cells(compiled, plan, pipeline)
    defaults = {each.name: each.default for each in compiled.plan.parameters}
    given = (row.get("runtime_config") or {}).get("parameters") or {}
    notebook = plan.model.notebook if plan else None
    record = RunRecord(
        id="",
        name=pipeline.name,
        notebook=notebook.path if notebook else None,
        created=time.time(),
        parameters={**defaults, **given},
        python="",
        folder=str(Path(notebook.path).parent) if notebook and notebook.path else None,
        bundle=compiled.bundle_hash,
        steps=steps_of_others(pipeline, compiled.plan),
        engine="kfp",
        split=plan.model.split if plan else None,
    )
    delivery = Delivery((), "auto", (), (), Places())
    name = str(experiment.get("display_name") or "")
    intent = Intent(connection, remote_id, name, delivery, True, "", adopted=True)
    raw = compiled.plan.model.notebook.raw
    submission = Submission(compiled, raw, given, "", record.folder)
    return attach_new(home, record, intent, submission, row)


def _code(form: Form, connection: Connection, path: Path) -> bytes:
    """Return the code of our own steps, as far as it is to be had: its values need it here.

    It is in the commands, or in a ConfigMap, which may be gone.
    """
    try:
        for settings in kubernetes_settings(form.platform).values():
            for mount in settings.get("configMapAsVolume", ()):
                cluster = open_cluster(connection)
                if mount["mountPath"] != CODE_FOLDER or cluster is None:
                    continue
                found = cluster.config_map(mount["configMapName"]) or {}
                return base64.b64decode(found.get("binaryData", {}).get(BUNDLE_KEY, ""))
        return code_in_commands(form.spec, path)
    except KfpExtError:
        return b""


def _form(api: KfpApi, row: Json) -> Form:
    """Return what a run runs: its own specification, or that of its version."""
    told: Json = row.get("pipeline_spec") or {}
    if not told:
        version = row.get("pipeline_version_reference") or {}
        ids = version.get("pipeline_id", ""), version.get("pipeline_version_id", "")
        told = api.version_by_id(*ids).get("pipeline_spec") or {}
    return Form(told.get("pipeline_spec") or told, told.get("platform_spec") or {})


def _with_cells(
    compiled: CompiledPipeline, plan: Plan | None, pipeline: Pipeline
) -> CompiledPipeline:
    """Return the pipeline with those steps of a notebook that it has, too."""
    if plan is None:
        return compiled
    there = {leaf.name for leaf in pipeline.root.leaves()}
    steps = tuple(
        step
        for step in plan.steps
        if step.task in there and (not step.part_of or step.part_of in there)
    )
    return replace(compiled, plan=replace(compiled.plan, model=plan.model, steps=steps))
