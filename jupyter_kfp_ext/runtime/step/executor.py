"""What KFP hands to a step and takes from it: executor input, local paths, executor output."""

from __future__ import annotations

import os

from .failure import StepFailure
from .jsontext import dumps, loads

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_MARK = "json:"
_MOUNTS = (("minio://", "/minio/"), ("s3://", "/s3/"), ("gs://", "/gcs/"), ("file://", ""))


class Request:
    """The executor input, read: parameter values, and the local path of each artifact."""

    def __init__(self, data: dict[str, Any]) -> None:
        inputs = data.get("inputs") or {}
        outputs = data.get("outputs") or {}
        self.parameters: dict[str, Any] = inputs.get("parameterValues") or {}
        self.inputs = {name: local_path(artifact) for name, artifact in _artifacts(inputs)}
        self.lists = {
            name: [local_path(each) for each in listed.get("artifacts") or ()]
            for name, listed in (inputs.get("artifacts") or {}).items()
        }
        """All paths of each input: of a loop there is one an iteration."""
        self.outputs = dict(_artifacts(outputs))
        self.output_file: str = outputs.get("outputFile") or ""

    def output_path(self, name: str) -> str:
        """Return where an output artifact is written; its folder exists afterwards."""
        if name not in self.outputs:
            raise StepFailure(
                "code-changed",
                f"The executor input names no output {name!r}.",
                "Compile the pipeline again: its specification and its code do not match.",
            )
        path = local_path(self.outputs[name])
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        return path

    def input_path(self, name: str) -> str:
        """Return where an input artifact lies."""
        if name not in self.inputs:
            raise StepFailure(
                "code-changed",
                f"The executor input names no input {name!r}.",
                "Compile the pipeline again: its specification and its code do not match.",
            )
        return self.inputs[name]

    def write_output(self, parameters: dict[str, Any], metadata: dict[str, dict[str, Any]]) -> None:
        """Write the executor output file: parameter values, and metadata of the artifacts."""
        artifacts = {
            name: {
                "artifacts": [
                    {
                        "name": artifact.get("name", name),
                        "uri": artifact.get("uri", ""),
                        "metadata": metadata.get(name, {}),
                    }
                ]
            }
            for name, artifact in self.outputs.items()
        }
        output: dict[str, Any] = {"artifacts": artifacts}
        if parameters:
            output["parameterValues"] = parameters
        os.makedirs(os.path.dirname(self.output_file) or ".", exist_ok=True)
        with open(self.output_file, "wb") as file:
            file.write(dumps(output).encode())


def read_request(text: str) -> Request:
    """Read the executor input: JSON text, or `@path` of a file that holds it."""
    return Request(read_document(text))


def read_document(text: str) -> dict[str, Any]:
    """Return the executor input as KFP's JSON; see `read_request`."""
    if text.startswith("@"):
        with open(text[1:], encoding="utf-8") as file:
            text = file.read()
    document: dict[str, Any] = loads(text)
    return document


def _artifacts(part: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    named = part.get("artifacts") or {}
    return [(name, each["artifacts"][0]) for name, each in named.items() if each.get("artifacts")]


def local_path(artifact: dict[str, Any]) -> str:
    """Return where the KFP launcher puts an artifact (`LocalPathForURI` in its Go source)."""
    custom = artifact.get("customPath") or artifact.get("custom_path")
    if custom:
        return str(custom)
    uri = str(artifact.get("uri", ""))
    for scheme, mount in _MOUNTS:
        if uri.startswith(scheme):
            return mount + uri[len(scheme) :]
    return uri


def bind_parameters(slice_: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return name and value of each pipeline parameter that a step reads; absent ones are None."""
    bound = {}
    for key, declared in (slice_.get("parameters") or {}).items():
        name = declared.get("name", key)
        value = decode(values.get(key))
        try:
            bound[name] = convert(value, declared["type"])
            if "whole" in declared and bound[name] == declared["whole"]:
                bound[name] = declared["whole"]
        except (TypeError, ValueError, OverflowError):
            raise StepFailure(
                "parameter-invalid",
                f"Parameter {name!r} is {value!r}, but its type is {declared['type']}.",
                f"Give it a value of type {declared['type']}.",
            ) from None
    return bound


def decode(value: Any) -> Any:
    """Undo the mark `json:` of `compiler.encoding.encode_parameter`, in lists and dicts too."""
    if isinstance(value, str):
        return loads(value[len(_MARK) :]) if value.startswith(_MARK) else value
    if isinstance(value, list):
        return [decode(each) for each in value]
    if isinstance(value, dict):
        # Pairs under the bare mark: a dict whose order or keys KFP would not keep.
        pairs = value[_MARK] if list(value) == [_MARK] else value.items()
        return {decode(key): decode(each) for key, each in pairs}
    return value


def convert(value: Any, declared: str) -> Any:
    """Return a decoded value in its declared type; KFP sends every number as a double.

    Raises `ValueError` where it has another type.
    """
    if value is None:
        return None
    if declared == "int" and _is_number(value) and value == int(value):
        return int(value)
    if declared == "float" and _is_number(value):
        return float(value)
    kinds = {"str": str, "bool": bool, "list": list, "dict": dict}
    if declared in kinds and isinstance(value, kinds[declared]):
        return value
    raise ValueError(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def output_key(name: str) -> str:
    """Return the ASCII key of a parameter or metric name (docs/architecture.md)."""
    return "".join(char if ord(char) < 128 else f"_u{ord(char):04x}" for char in name)


def _shown(value: Any) -> str:
    try:
        return str(value)[:80]
    except ValueError:  # more digits than Python writes
        return "of very many digits"


def metric_values(names: list[str], namespace: dict[str, Any]) -> dict[str, float]:
    """Return the number of each metric; raises `StepFailure` where one is no finite number."""
    return {name: _metric(name, namespace) for name in names}


def _metric(name: str, namespace: dict[str, Any]) -> float:
    if name not in namespace:
        raise StepFailure(
            "metric-undefined",
            f"The metric {name!r} has no value at the end of the step.",
            f"Assign {name} in a cell of this step, or take it out of the metrics cell.",
        )
    value = namespace[name]
    try:
        number = float("nan") if isinstance(value, (str, bytes)) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if number != number or number in (float("inf"), float("-inf")):
        raise StepFailure(
            "metric-undefined",
            f"The metric {name!r} is no finite number: it is {type(value).__name__}"
            f" {_shown(value)!r}.",
            f"Make {name} a finite number; Kubeflow Pipelines can hold no other metric.",
        )
    return number
