"""Runs on the stand-in, in a home of their own."""

import os
import signal

from container_specs import pipeline, submission
from processes import until_left

from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.connections import add_connection
from jupyter_kfp_ext.engines.kfp.engine import KfpEngine
from jupyter_kfp_ext.engines.kfp.intent import read_intent
from jupyter_kfp_ext.engines.local.layout import run_folder
from jupyter_kfp_ext.runs.follow import follow_blocking


class ClusterRuns:
    """Starts hand-written pipelines on a stand-in."""

    def __init__(self, home, standin, tmp_path, kubernetes=True, **connection):
        self.home = home
        self.standin = standin
        self.shared = tmp_path / "shared"
        self.shared.mkdir()
        kubeconfig = str(standin.kubeconfig(tmp_path)) if kubernetes else ""
        made = Connection("lab", standin.url, kubeconfig=kubeconfig, **connection)
        add_connection(made, default=True)
        self.engine = KfpEngine(home)

    def start(self, steps, **more):
        return self.engine.submit(submission(*pipeline(steps, None, self.shared), **more))

    def end(self, run_id):
        """Follow a run to its end, and wait until its keeper is gone."""
        status = self.until(run_id, lambda status: status.state.ended)
        until_left(self.folder(run_id))
        return status

    def until(self, run_id, condition):
        for change in follow_blocking(run_id, home=self.home):
            if condition(change.status):
                return change.status
        raise AssertionError(f"never came true: {change.status}")

    def folder(self, run_id):
        return run_folder(self.home, run_id)

    def remote(self, run_id):
        """Return KFP's id of a run."""
        return read_intent(self.folder(run_id).path).run_id

    def workflows(self, run_id):
        return self.standin.workflows.of(self.remote(run_id))

    def kill_keeper(self, run_id, number=signal.SIGKILL):
        """Kill the process that keeps a run, and wait until it is dead."""
        folder = self.folder(run_id)
        os.kill(int(folder.lock.read_text()), number)
        until_left(folder)
