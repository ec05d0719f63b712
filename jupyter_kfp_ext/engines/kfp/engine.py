"""The engine of clusters: writes a run down and starts the process that submits and watches it."""

import json
import os
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...compiler.compiled import CompiledPipeline, Form
from ...compiler.for_clusters import for_clusters
from ...compiler.new_claims import NewClaim, new_claims
from ...compiler.snapshot_option import wanted_snapshots
from ...compiler.snapshots import with_snapshots
from ...errors import Code, KfpExtError, Problem
from ..local import lock
from ..local.bundles import keep_bundle
from ..local.create import (
    create_run,
    create_written,
    parameter_values,
    write_template,
)
from ..local.ids import new_run_id
from ..local.layout import RunFolder
from ..local.lookup import existing_run, read_known
from ..local.record import RunRecord, StepRecord
from ..local.spec import Pipeline
from ..local.spec_reader import read_pipeline
from ..local.status import read_record
from ..local.step_records import step_records
from ..model import LeftThere, Reuse, State
from ..protocol import Submission
from .access import has_cluster
from .bringing import bring_outputs
from .bringing_values import bring_referred
from .choosing import Choice, choose_ways
from .connection import Connection
from .connections import choose, known_connections
from .earlier import WHOLE, Earlier
from .intent import INTENT_FILE, Intent, connection_now, read_intent
from .keeper_process import WAKE, start_keeper
from .leaving import left_there, remove_there, store_there
from .pod_logs import PodLogs
from .restored import Restored
from .restoring import mounted_instead, refuse_twice, restored_claims, restored_notes
from .retrying import ask_to_retry
from .schedules import Schedule, Wanted, make_schedule


class KfpEngine(PodLogs):
    """Runs compiled pipelines on Kubeflow Pipelines (docs/kfp-engine.md)."""

    name = "kfp"
    uses_kernel = False
    told_by = WAKE

    def submit(self, submission: Submission) -> str:
        """Write the run down, start the process that submits it and return its id at once.

        Nothing is called yet: what goes wrong on the way is in the run's phases. Raises
        `KfpExtError`: `connection-missing`, `too-big`, `option-invalid`,
        `option-unsupported`, `parameter-invalid`,
        `storage-failed`.
        """
        planned = submission.compiled
        if submission.reuse == Reuse():
            sent = _for_clusters(submission)
            place = _place(sent)
            record = self._record(sent, planned, place)
            files: dict[str, Any] = {INTENT_FILE: _intent(sent, record, place).to_json()}
            if planned.pods or sent.compiled.snapshots:
                # What a later run compares its steps with.
                kept = {"pipeline_spec": planned.spec, "platform_spec": planned.platform}
                files[WHOLE] = kept
            create_run(self.home, record, sent, start_keeper, files)
            return record.id
        # Each step in a pod of its own: what one gave before can then be taken alone.
        submission = replace(submission, compiled=replace(planned, pods={}))
        place = _place(submission)
        record = self._record(submission, submission.compiled, place)
        form = Form(planned.spec, planned.platform)
        earlier = Earlier(self.home, record, form, submission.reuse)
        taken = earlier.taken()
        run_id = str(uuid.uuid4())
        restored = restored_claims(self.home, submission.reuse, run_id)
        _check_restored(restored, place[0])
        refuse_twice(form, record, restored, taken)
        changed = _on(restored, earlier.apply(submission, taken))
        notes = (*record.notes, *restored_notes(restored, submission.reuse.run))
        record = replace(record, steps=_with_snapshots(record.steps, changed), notes=notes)
        by = {task: earlier.made_by(task) for task in taken}
        intent = replace(
            _intent(changed, record, _place(changed)), run_id=run_id, taken=by, restored=restored
        )
        whole = mounted_instead(form, restored, without=taken)
        files = {
            INTENT_FILE: intent.to_json(),
            WHOLE: {"pipeline_spec": whole.spec, "platform_spec": whole.platform},
        }

        def write(aside: RunFolder) -> None:
            write_template(aside, record, changed, files)
            earlier.copy_steps(aside, taken)

        create_written(self.home, record, write, start_keeper)
        return record.id

    def schedule(self, submission: Submission, wanted: Wanted) -> Schedule:
        """Have a cluster start runs by itself; returns once it is there.

        Raises `KfpExtError`: as `submit`, `usage` where there is one of that name, and where the
        cluster does not answer.
        """
        if claims := new_claims(submission.compiled.plan):
            names = ", ".join(each.claim for each in claims)
            message = f"A run that is started by a schedule has nobody to make its claims ({names})"
            remedy = "Make them once, and say `volumes` without `size`."
            problem = Problem(Code.OPTION_UNSUPPORTED, f"{message}.", remedy, option="volumes")
            raise KfpExtError(problem)
        sent = _for_clusters(submission)
        place = _place(sent)
        record = self._record(sent, submission.compiled, place)
        return make_schedule(self.home, record, _intent(sent, record, place), sent, wanted)

    def _record(
        self,
        submission: Submission,
        planned: CompiledPipeline,
        place: tuple[Connection, Choice],
    ) -> RunRecord:
        """Return what is known of a run before it is started; keeps its code.

        `planned` is the pipeline before steps were put into shared pods.
        """
        compiled = submission.compiled
        pipeline = read_pipeline(compiled.spec, compiled.platform)
        if compiled.bundle:
            keep_bundle(self.home, compiled.bundle, compiled.bundle_hash)
        shown, sent = parameter_values(submission, pipeline)
        _check_letters(sent)
        now = time.time()
        return RunRecord(
            id=new_run_id(now),
            name=pipeline.name or compiled.plan.model.name,
            notebook=compiled.plan.model.notebook.path,
            created=now,
            parameters=shown,
            sent=sent,
            python="",
            folder=submission.folder,
            bundle=compiled.bundle_hash,
            steps=_with_snapshots(_steps(planned, pipeline), submission),
            notes=(*_notes(*place), *_of_shared_pods(compiled)),
            engine=self.name,
            split=compiled.plan.model.split,
            ignore_resources=submission.ignore_resources,
            reuse=submission.reuse,
            press=submission.press,
        )

    def cancel(self, run_id: str) -> None:
        """Ask the run to end, by a new keeper where nobody keeps it; returns at once.

        A run that has ended stays as it is. Raises `KfpExtError`: `run-missing`, `storage-failed`.
        """
        super().cancel(run_id)
        self.revive(run_id)

    def revive(self, run_id: str) -> None:
        """Start a new keeper where a run has not ended and nobody keeps it."""
        folder = existing_run(self.home, run_id)
        if folder.result.exists() or lock.is_held(folder.lock):
            return
        try:
            descriptor = lock.take(folder.lock)
        except BlockingIOError:
            return  # someone else was quicker
        try:
            if not folder.result.exists() and read_record(folder).engine == self.name:
                start_keeper(folder, descriptor)
        finally:
            os.close(descriptor)

    def retry(self, run_id: str) -> None:
        """Have an ended run go on with what failed of it; returns at once.

        Raises `KfpExtError`: `run-missing`, `run-active`, `usage` where nothing failed or it never
        was on the cluster, `storage-failed`.
        """
        ask_to_retry(existing_run(self.home, run_id), start_keeper)

    def archive(self, run_id: str, archived: bool) -> None:
        """Archive a run in KFP, or take it out; one that KFP does not have stays as it is.

        Raises `KfpExtError`: `run-missing`, `connection-missing`, and where the cluster refuses.
        """
        store_there(existing_run(self.home, run_id), self.status(run_id), archived)

    def left_there(self, run_id: str) -> LeftThere | None:
        """Return what a run has left on its cluster; raises as `archive` does."""
        return left_there(existing_run(self.home, run_id), self.status(run_id))

    def remove_there(self, run_id: str, artifacts: bool) -> LeftThere | None:
        """Remove a run from KFP, with `artifacts` also its objects; raises as `archive` does."""
        return remove_there(existing_run(self.home, run_id), self.status(run_id), artifacts)

    def bring(self, run_id: str, task: str, iteration: str) -> None:
        """Have what a step left lie in the run's folder, read from KFP's object store.

        Raises `KfpExtError`: `run-missing`, `usage` (a step from the cache, a connection without
        a store), `connection-missing`, `cluster-unreachable`, `cluster-denied`, `cluster-failed`.
        """
        folder = existing_run(self.home, run_id)
        known = read_known(folder).step(task)
        if known.cached and known.cached_from is None:
            raise KfpExtError(
                Problem(
                    Code.USAGE,
                    f"The step {task} of run {run_id} was answered from Kubeflow's cache: its "
                    "values lie with the run that made them, which is not known here.",
                    "Take them from that run, or run again with --no-cache.",
                    step=task,
                )
            )
        _check_pod(folder, task)
        connection = connection_now(read_intent(folder.path))
        bring_outputs(folder.step(task).part("", iteration), connection)

    def bring_values(self, run_id: str, task: str, iteration: str, names: Sequence[str]) -> None:
        """Have values that stayed on a volume lie in the run's folder, read there by a pod.

        Raises `KfpExtError`: `storage-failed` where they are gone or the pod cannot read them,
        `too-big`, `connection-missing`, and where the cluster does not answer.
        """
        folder = existing_run(self.home, run_id)
        connection = connection_now(read_intent(folder.path))
        bring_referred(folder, folder.step(task).part("", iteration), names, connection)


def _place(submission: Submission) -> tuple[Connection, Choice]:
    """Return where a pipeline goes, and how its code gets there: each way is tried for that."""
    connection = choose(submission.connection, known_connections())
    if submission.namespace:
        connection = replace(connection, namespace=submission.namespace)
    return connection, choose_ways(submission.compiled, connection)


def _intent(submission: Submission, record: RunRecord, place: tuple[Connection, Choice]) -> Intent:
    """Return how a run is to be on its cluster."""
    connection, choice = place
    return Intent(
        connection=connection,
        run_id=str(uuid.uuid4()),
        experiment=submission.experiment
        or submission.compiled.plan.model.settings.experiment
        or record.name,
        delivery=choice.delivery,
        cache=submission.cache,
        size=choice.size,
        claims=_claims(submission.compiled, connection),
    )


def _check_pod(folder: RunFolder, task: str) -> None:
    """Refuse to look for what a step has left where a later one of its pod did not end well."""
    (record,) = (each for each in read_record(folder).steps if each.task == task)
    status = read_known(folder)
    states = {each: status.step(each).state for each in record.chain}
    if states.get(task) is State.SUCCEEDED and set(states.values()) != {State.SUCCEEDED}:
        others = ", ".join(each for each in record.chain if each != task)
        raise KfpExtError(
            Problem(
                Code.USAGE,
                f"The step {task} shares its pod with {others}, and not all of them ended well: "
                "Kubeflow kept nothing of what the pod's steps left.",
                "Mend the step that failed and run it again, or run it without `fuse`.",
                step=task,
            )
        )


def _for_clusters(submission: Submission) -> Submission:
    return replace(submission, compiled=for_clusters(submission.compiled))


def _steps(compiled: CompiledPipeline, pipeline: Pipeline) -> tuple[StepRecord, ...]:
    """Return the steps as they were planned, at the tasks of `pipeline` that run them."""
    alone = read_pipeline(compiled.spec, compiled.platform)
    paths = {leaf.name: leaf.path for leaf in pipeline.root.leaves()}
    of_step = {step: pod for pod, steps in compiled.pods.items() for step in steps}
    return tuple(
        replace(
            step,
            node=paths[of_step[step.task]],
            parts=((paths[of_step[step.task]], ""),),
            chain=compiled.pods[of_step[step.task]],
        )
        if step.task in of_step
        else step
        for step in step_records(alone, compiled.plan)
    )


def _with_snapshots(
    steps: tuple[StepRecord, ...], submission: Submission
) -> tuple[StepRecord, ...]:
    """Return the steps with the tasks that take snapshots before them."""
    compiled = submission.compiled
    if not compiled.snapshots:
        return steps
    paths = {
        leaf.name: leaf.path
        for leaf in read_pipeline(compiled.spec, compiled.platform).root.leaves()
    }
    claims = {
        each.task: tuple(one.claim for one in wanted_snapshots(each.options))
        for each in compiled.plan.steps
    }
    return tuple(
        replace(step, snapshot=paths[compiled.snapshots[step.task]], snapshot_of=claims[step.task])
        if step.task in compiled.snapshots
        else step
        for step in steps
    )


def _on(restored: tuple[Restored, ...], submission: Submission) -> Submission:
    """Return the submission as clusters get it, whose steps mount claims made of snapshots."""
    compiled = submission.compiled
    form = mounted_instead(Form(compiled.spec, compiled.platform), restored)
    names = {each.claim: each.name for each in restored}
    changed = replace(compiled, spec=form.spec, platform=form.platform)
    return replace(submission, compiled=with_snapshots(changed, names))


def _check_restored(restored: tuple[Restored, ...], connection: Connection) -> None:
    """Refuse claims made of snapshots where nobody could make them."""
    if restored and not has_cluster(connection):
        names = ", ".join(each.claim for each in restored)
        what = f"The run is to have {names} as it was"
        raise _no_cluster(connection, what, "run with the data as it is now", "data")


def _of_shared_pods(compiled: CompiledPipeline) -> tuple[str, ...]:
    names = {step.task: step.name for step in compiled.plan.steps}
    return tuple(
        f"In one pod (`fuse`): {', '.join(names[step] for step in steps)}. Kubeflow caches and "
        "retries them together, and keeps what they leave once the last of them is done."
        for steps in compiled.pods.values()
    )


def _notes(connection: Connection, choice: Choice) -> tuple[str, ...]:
    if has_cluster(connection):
        return choice.notes
    return (
        *choice.notes,
        "The connection gives no access to the Kubernetes API: nothing tells why a step waits or "
        "fails, and logs come once the run has ended.",
    )


def _claims(compiled: CompiledPipeline, connection: Connection) -> tuple[NewClaim, ...]:
    """Return the claims that a run is to make; refused where nobody could make them."""
    claims = new_claims(compiled.plan)
    if claims and not has_cluster(connection):
        names = ", ".join(each.claim for each in claims)
        instead = "mount claims that are there: `volumes` without `size`"
        raise _no_cluster(connection, f"The run is to make claims ({names})", instead, "volumes")
    return claims


def _no_cluster(connection: Connection, what: str, instead: str, option: str) -> KfpExtError:
    message = f"{what}, and the connection {connection.name} gives no access to the Kubernetes API."
    remedy = f"Add the connection with --kubeconfig, or {instead}."
    return KfpExtError(Problem(Code.OPTION_UNSUPPORTED, message, remedy, option=option))


def _check_letters(sent: object) -> None:
    """Refuse letters that KFP's database cannot hold: the run would start and not be known."""
    if not json.dumps(sent, ensure_ascii=False).isascii():
        raise KfpExtError(
            Problem(
                Code.PARAMETER_INVALID,
                "A parameter of a pipeline of another tool has letters beyond ASCII, which "
                "Kubeflow may not be able to store.",
                "Use ASCII letters there.",
            )
        )
