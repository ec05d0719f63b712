"""The process that starts one run on a cluster and watches it to its end.

`python -m jupyter_kfp_ext.engines.kfp.keeper RUN_FOLDER [LOCK]`: detached from whoever submitted
the run. If it is killed, whoever looks at the run next starts another one, which goes on: all it
needs is in the run's folder and on the cluster.
"""

import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import FrameType

from ...errors import KfpExtError
from ..local import lock
from ..local.journal import FolderGoneError, Journal
from ..local.layout import RunFolder
from ..local.status import read_record
from ..model import RunStatus, State
from .access import open_api, open_cluster
from .attaching import note_adopted
from .cached_results import with_cached_results
from .earlier import settle
from .following import Follower
from .intent import read_intent
from .keeper_process import WAKE
from .retrying import RefusedError, Retrier
from .run_claims import remove_claims
from .starting import CanceledError, Starter


def main(argv: list[str]) -> int:
    """Keep the run of a folder; a second argument is the descriptor of its held lock."""
    os.chdir("/")
    folder = RunFolder(Path(argv[0]))
    descriptor = int(argv[1]) if len(argv) > 1 else lock.take(folder.lock)
    os.set_inheritable(descriptor, False)
    if folder.result.exists():
        return 0
    wake = threading.Event()

    def hear(_number: int, _frame: FrameType | None) -> None:
        wake.set()

    # Of a cancel: the request itself is on disk.
    signal.signal(WAKE, hear)
    # By SIGTERM it ends as by any death: whoever looks at the run next has it watched again.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    lock.write_pid(descriptor)
    journal = Journal(folder)
    try:
        journal.become(_keep(folder, journal, wake))
        journal.finish()
    except FolderGoneError:
        return 1
    return 0


def _keep(folder: RunFolder, journal: Journal, wake: threading.Event) -> RunStatus:
    """Return how the run ended."""
    try:
        intent = read_intent(folder.path)
        record = read_record(folder)
        api = open_api(intent.connection)
        cluster = open_cluster(intent.connection)
        if intent.taken or record.reuse.left_out:
            settle(journal, record, intent.taken)
        if intent.adopted:
            note_adopted(intent, journal)
        else:
            Starter(folder, record, intent, api, cluster, journal).start()
        if folder.retry.exists():
            retrier = Retrier(folder, intent, api, journal)
            try:
                retrier.retry()
            except RefusedError as error:
                return retrier.before(journal.status, str(error))
        follower = Follower(folder, record, intent, api, cluster, journal, wake)
        follower.follow()
        ended = with_cached_results(folder, record, intent, follower.ending())
        return _tidied(folder, ended)
    except CanceledError:
        status = _ended(journal.status, State.CANCELED, "Canceled before it was started.")
        return _tidied(folder, status)
    except KfpExtError as error:
        return _tidied(folder, _ended(journal.status, State.FAILED, str(error)))
    except FolderGoneError:
        raise
    except Exception as error:
        sys.excepthook(type(error), error, error.__traceback__)
        words = f"{type(error).__name__}: {error} (more in runner.log)."
        words = f"Watching the run failed; it may go on in Kubeflow. {words}"
        return _ended(journal.status, State.FAILED, words)


def _tidied(folder: RunFolder, status: RunStatus) -> RunStatus:
    """Remove the claims of a run that has ended; what stays is in its notes."""
    try:
        intent = read_intent(folder.path)
        cluster = open_cluster(intent.connection) if intent.claims else None
    except (KfpExtError, OSError, ValueError, KeyError):
        return status  # the run never got so far as to have any
    return replace(
        status, notes=(*status.notes, *remove_claims(cluster, intent.claims, intent.run_id))
    )


def _ended(status: RunStatus, state: State, message: str) -> RunStatus:
    """Return the end of a run that could not be started, or watched on."""
    steps = tuple(
        step
        if step.state.ended
        else replace(step, state=State.CANCELED, reason="the run did not go on", cell=None)
        for step in status.steps
    )
    return replace(status, state=state, ended=time.time(), message=message, steps=steps)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
