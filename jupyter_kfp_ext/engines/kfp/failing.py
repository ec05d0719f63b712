"""Why a step on a cluster failed, in the user's terms.

The runtime's own words come through the pod's termination message, which Argo repeats in the
node's message (`main: Error (exit code 1): {...}`). The exit code says nothing: KFP's launcher
makes each a 1.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from ...errors import Code
from ..local.crash import parse_crash
from ..model import StepError

Json = Mapping[str, Any]
_LOG_REMEDY = "Read the step's log."
_CODE = re.compile(r"^\w[\w-]*: (\w+) \(exit code (\d+)\)(?:: (.*))?$", re.DOTALL)
DEADLINE = "Step exceeded its deadline"
"""What Argo says of a step that it ended because the run was terminated."""


def step_error(message: str, pod: Json | None) -> StepError:
    """Return why a step failed, by its node's message and its pod (None: not known any more)."""
    told = _termination_message(pod) or message
    own = _own_words(told)
    if own is not None:
        return own
    status = (pod or {}).get("status") or {}
    main = main_state(pod).get("terminated") or {}
    if main.get("reason") == "OOMKilled" or "OOMKilled" in message:
        return _out_of_memory(pod)
    if status.get("reason") == "DeadlineExceeded" or "longer than the specified deadline" in (
        message
    ):
        return _timed_out(pod)
    if status.get("reason") in _POD_ENDS:
        said = f" ({status['message']})" if status.get("message") else ""
        return StepError(
            Code.STEP_KILLED.value,
            f"{_POD_ENDS[status['reason']]}{said}.",
            remedy="Run it again; `retries` does so by itself.",
        )
    if message == "pod deleted":
        return StepError(
            Code.STEP_KILLED.value,
            "Its pod was deleted while it ran.",
            remedy="Run it again; `retries` does so by itself.",
        )
    shape = _CODE.match(told)
    line, traceback = parse_crash((shape[3] if shape else None) or told)
    if traceback:
        words = "It crashed: compiled code ended the process."
        return StepError(Code.STEP_CRASHED.value, words, line=line, traceback=traceback)
    return _of_code(message)


_POD_ENDS = {
    "Evicted": "Its node ran short of memory or disk, and put its pod out",
    "NodeLost": "The node that it ran on was lost",
    "NodeShutdown": "The node that it ran on was shut down",
    "Terminated": "The node that it ran on was shut down",
    "Preempting": "A pod of higher priority took its place",
    "Shutdown": "The node that it ran on was shut down",
}


def driver_error(name: str, message: str) -> StepError:
    """Return the error of a step whose driver failed: KFP's own preparation of the step."""
    return StepError(
        Code.CLUSTER_FAILED.value,
        f"Kubeflow could not prepare the step ({name}): {message or 'it does not say why'}.",
        remedy="Its log has more: jupyter kfp logs RUN STEP --container driver.",
    )


def _own_words(text: str) -> StepError | None:
    at = text.find('{"v"')
    if at < 0:
        return None
    try:
        said, _ = json.JSONDecoder().raw_decode(text[at:])
        return StepError.from_json(said["error"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def main_state(pod: Json | None) -> Json:
    """Return the state of a pod's own container; empty where it is not known."""
    status = (pod or {}).get("status") or {}
    for container in status.get("containerStatuses") or []:
        if container.get("name") == "main":
            state: Json = container.get("state") or {}
            return state
    return {}


def _termination_message(pod: Json | None) -> str:
    return str((main_state(pod).get("terminated") or {}).get("message") or "")


def _limit(pod: Json | None) -> str:
    for container in ((pod or {}).get("spec") or {}).get("containers") or []:
        if container.get("name") == "main":
            limits = (container.get("resources") or {}).get("limits") or {}
            return str(limits.get("memory") or "")
    return ""


def _out_of_memory(pod: Json | None) -> StepError:
    limit = _limit(pod)
    return StepError(
        Code.STEP_KILLED.value,
        "It used more memory than its container may"
        + (f" ({limit})" if limit else "")
        + " and was killed (OOMKilled).",
        remedy="Give the step more `memory`, or let it use less.",
    )


def _timed_out(pod: Json | None) -> StepError:
    limit = ((pod or {}).get("spec") or {}).get("activeDeadlineSeconds")
    told = f" of {limit} s" if limit else ""
    return StepError(
        Code.STEP_TIMED_OUT.value,
        f"It ran longer than its timeout{told} and was stopped. On a cluster the time to wait for "
        "its image counts, too.",
        remedy="Give the step a longer `timeout`, or less to do.",
    )


def _of_code(message: str) -> StepError:
    found = _CODE.match(message)
    if found is None:
        words = f"It failed: {message}." if message else "It failed; KFP's API does not say why."
        return StepError(Code.STEP_FAILED.value, words, remedy=_LOG_REMEDY)
    reason, code, rest = found.groups()
    said = f": {rest}" if rest else ""
    if reason != "Error":
        said = f" ({reason}){said}"
    return StepError(
        Code.STEP_FAILED.value,
        f"Its container ended with exit code {code}{said}"
        + (" (KFP makes each exit code a 1)." if code == "1" else "."),
        remedy=_LOG_REMEDY,
    )
