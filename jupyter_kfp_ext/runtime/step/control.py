"""Loops, conditions and the exit inside a step: its item, its decision, and what is not there."""

from __future__ import annotations

import os

from .executor import Request, convert, decode
from .failure import StepFailure
from .jsontext import dumps, loads
from .record import Cell

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

EMPTY = -1
"""The one index of a list without items: KFP cannot gather what a loop without iterations left."""
_LABEL = 40
_SUCCEEDED = ("COMPLETE", "CACHED")
"""States of KFP's metadata store that mean that a DAG succeeded."""


class PipelineStatus:
    """How the run ended, for the step at the exit: the fields of `dsl.PipelineTaskFinalStatus`."""

    def __init__(self, given: dict[str, Any] | None = None) -> None:
        given = given or {}
        error = given.get("error") or {}
        state = str(given.get("state") or "SUCCEEDED")
        self.state = "SUCCEEDED" if state in _SUCCEEDED else state
        self.pipeline_job_resource_name = str(given.get("pipelineJobResourceName") or "")
        self.pipeline_task_name = str(given.get("pipelineTaskName") or "")
        self.error_code = error.get("code")
        self.error_message = error.get("message")

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"PipelineStatus({fields})"


def take_item(namespace: dict[str, Any], target: str, item: Any) -> None:
    """Bind the names of a loop's target to an item."""
    namespace["_kfp_item"] = item
    try:
        exec(compile(f"{target} = _kfp_item", "<for_each>", "exec"), namespace)
    finally:
        del namespace["_kfp_item"]


def label(item: Any) -> str:
    """Return an item in short, in letters that KFP passes on unchanged."""
    text = item if isinstance(item, str) else repr(item)
    text = text.encode("ascii", "backslashreplace").decode()
    text = "".join(char if char.isprintable() and char not in "${}" else "?" for char in text)
    return text if len(text) <= _LABEL else text[: _LABEL - 3] + "..."


def skipped_line(condition: str) -> str:
    """Return what a skipped cell says, in a kernel and in a run alike."""
    return f"Skipped: `{condition}` is not true."


class Control:
    """What the slice says of the step's loop, condition, decision and exit."""

    def __init__(self, request: Request, slice_: dict[str, Any]) -> None:
        self._request = request
        self._slice = slice_
        self._item = ""
        self.idle = False
        """No cell is to run: the list of the loop is empty."""
        self.hands_on = True
        """Whether the step's outputs are to be written."""
        self.missing: dict[str, str] = {}
        """Names that a step before could have set and has not, and why."""

    def begin(self, namespace: dict[str, Any]) -> None:
        """Bind the loop's item, or the status of the run."""
        loop = self._slice.get("loop")
        if loop:
            self._take_item(loop, namespace)
        status = self._slice.get("status")
        if status:
            given = self._request.parameters.get(status["parameter"])
            namespace[status["name"]] = PipelineStatus(_struct(given))

    def _take_item(self, loop: dict[str, Any], namespace: dict[str, Any]) -> None:
        value = self._request.parameters.get(loop["parameter"])
        if not loop.get("items"):
            item = convert(decode(value), loop["type"])
        else:
            items = namespace.pop(loop["items"])
            index = int(_struct(value).get("index", EMPTY))
            self.idle = index == EMPTY
            if self.idle:
                return
            item = items[index]
        try:
            take_item(namespace, loop["target"], item)
        except Exception as error:
            raise StepFailure(
                type(error).__name__,
                f"{error} (for_each: {loop['target']} = {label(item)})",
                "Let `for_each` name what each item holds.",
            ) from None
        self._item = f"{loop['target']} = {label(item)}"

    def explain(self, failure: StepFailure) -> StepFailure:
        """Return a failure of a cell with what the step knows: the item, why a name is missing."""
        name = _undefined_name(failure)
        if name in self.missing:
            failure.message += f": {self.missing[name]}"
            failure.remedy = f"Give {name} a value before that step, or let this one do without it."
        if self._item:
            failure.message += f" ({self._item})"
        decision = self._slice.get("decides")
        if decision:
            # The line around the user's expression is not the user's.
            option = "for_each" if decision["kind"] == "items" else "when"
            failure.source, failure.traceback = decision["text"], failure.traceback[-1:]
            failure.message += f" ({option}: {decision['text']})"
        return failure

    def say(self, record: Any) -> None:
        """Record that the cell is skipped, as a kernel says it."""
        decision = self._slice.get("decides")
        if decision and decision["kind"] == "when" and self.hands_on:
            record.start(Cell({**decision, "source": ""}))
            record.text("stdout", skipped_line(decision["text"]) + "\n")
            record.end()

    def decide(self, namespace: dict[str, Any]) -> dict[str, Any]:
        """Return the output parameters of what the step decides on another."""
        decision = self._slice.get("decides")
        found: dict[str, Any] = {}
        if decision and decision["kind"] == "items":
            items = namespace[decision["name"]]
            named = [{"index": number, "item": label(each)} for number, each in enumerate(items)]
            found[decision["parameter"]] = named or [{"index": EMPTY, "item": ""}]
        elif decision:
            runs = bool(namespace[decision["name"]])
            found[decision["parameter"]] = runs
            self.hands_on = not runs
        place = self._slice.get("place")
        if place:
            artifact = self._request.outputs[place["artifact"]]
            found[place["parameter"]] = str(artifact.get("uri", ""))
        return found

    def reason(self, name: str) -> str:
        """Return why a name that should be left has no value."""
        decision = self._slice.get("decides")
        if name in self.missing:
            return self.missing[name]
        if decision:
            return f"step {decision['step']!r} was skipped, as `{decision['text']}` is not true"
        if self._slice.get("loop"):
            return f"the loop of step {self._slice['step']!r} leaves it unset for {self._item}"
        return f"step {self._slice['step']!r} leaves it unset"

    def note_missing(self, folder: str, names: list[str]) -> None:
        """Write beside the values of a slot which of its names have none, and why."""
        reasons = {name: self.reason(name) for name in names}
        if reasons or self.idle:
            with open(os.path.join(folder, "missing.json"), "w", encoding="ascii") as file:
                file.write(dumps({"names": reasons, "empty": self.idle}))


def _struct(value: Any) -> dict[str, Any]:
    """Return a struct, which may come as JSON text."""
    found: dict[str, Any] = loads(value) if isinstance(value, str) else value or {}
    return found


def _undefined_name(failure: StepFailure) -> str:
    if failure.name not in ("NameError", "UnboundLocalError"):
        return ""
    parts = failure.message.split("'")
    return parts[1] if len(parts) > 2 else ""


def read_missing(folder: str) -> tuple[dict[str, str], bool]:
    """Return the names of a slot without a value, and whether it is of an empty loop."""
    try:
        with open(os.path.join(folder, "missing.json"), "rb") as file:
            found = loads(file.read())
    except FileNotFoundError:
        return {}, False
    return found["names"], bool(found["empty"])


def gather(folders: list[str], names: list[str], loaders: dict[int, Any]) -> dict[str, list[Any]]:
    """Return the lists of names over the iterations of a loop, in the order of the items.

    `loaders` holds a loader an iteration: what is one object in an iteration is one here, and equal
    things of two are two. A name that an iteration has not set is left out.
    """
    from .loading import Loader

    found: dict[str, list[Any]] = {name: [] for name in names}
    for number, folder in enumerate(folders):
        if read_missing(folder)[1]:
            continue
        loader = loaders.setdefault(number, Loader())
        values = loader.load(folder, [name for name in names if name[0] != "@"])
        for name in list(found):
            if name in values:
                found[name].append(values[name])
            else:
                del found[name]
    return found
