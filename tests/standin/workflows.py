"""All Workflows of the stand-in, and what KFP's persistence agent makes of them."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .execution import Execution, Memory, Runner
from .processes import Processes
from .times import EPOCH, now
from .workflow import Workflow

Json = dict[str, Any]


class Workflows:
    """Those of one run may be several, as on the real one.

    `publish`, where given, is called with each new Workflow before it begins.
    """

    def __init__(
        self,
        config_maps: Mapping[str, Mapping[str, bytes]],
        execute: bool,
        runner: Callable[[threading.Condition], Runner] | None = None,
        publish: Callable[[Workflow], None] | None = None,
    ) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.all: list[Workflow] = []
        processes = Processes(config_maps, self.changed)
        self.claims: dict[str, Path] = processes.claims
        self._runner = runner(self.changed) if runner else processes
        self._publish = publish
        self._execute = execute
        self._memory = Memory()
        self._executions: dict[str, Execution] = {}

    def start(self, run: Json, spec: Json, parameters: Mapping[str, Any]) -> str:
        workflow = Workflow(run, spec, self.changed)
        if self._publish:
            self._publish(workflow)
        with self.changed:
            self.all.append(workflow)
            self.changed.notify_all()
        if self._execute:
            execution = Execution(workflow, parameters, self._runner, self._memory)
            self._executions[workflow.name] = execution
            execution.start()
        return workflow.name

    def of(self, run_id: str) -> list[Workflow]:
        return [each for each in self.all if each.run_id == run_id]

    def stop(self, run_id: str) -> None:
        for each in self.of(run_id):
            each.stop()

    def retry(self, run_id: str) -> bool:
        """Run again what failed; whether there was something to retry."""
        there = [each for each in self.of(run_id) if each.phase in ("Failed", "Error")]
        for each in there:
            self._executions[each.name].retry()
        return bool(there)

    def delete(self, name: str) -> bool:
        for each in self.all:
            if each.name == name:
                each.stop()
                with self.changed:
                    self.all.remove(each)
                return True
        return False

    def end_all(self) -> None:
        for each in list(self.all):
            each.stop()
        for execution in self._executions.values():
            execution.join()

    def wait_for(self, condition: Callable[[], bool], seconds: float = 300) -> None:
        """Wait until something holds; fails after some time."""
        with self.changed:
            if not self.changed.wait_for(condition, seconds):
                raise TimeoutError("never came true")

    def rows_of(self, run: Json) -> Json:
        """Return a run as the persistence agent would have written it by now."""
        there = self.of(run["run_id"])
        if not there or not there[0].phase:
            return run
        workflow = there[0]
        if run["state"] == "PENDING":
            run["state"] = "RUNNING"
            run["state_history"].append({"update_time": now(), "state": "RUNNING"})
        if workflow.has_ended and run["state"] in ("RUNNING", "CANCELING"):
            run["state"] = "SUCCEEDED" if workflow.phase == "Succeeded" else "FAILED"
            run["state_history"].append({"update_time": now(), "state": run["state"]})
            run["finished_at"] = workflow.ended
        shown = {**run, "run_details": {"task_details": workflow.rows()}}
        assert shown["finished_at"] != EPOCH or run["state"] in ("RUNNING", "CANCELING")
        return shown
