"""Say whether a run gave a notebook's outputs, by the evidence of several kernel runs.

What two runs of the plain kernel give alike must be alike to the byte. Where they differ (times,
addresses, unseeded random numbers, the order of two streams), the same differences are allowed to
the run, and no others: each way of comparing is used only if all kernel runs agree under it.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Cell = dict[str, Any]

_NUMBER = re.compile(r"0x[0-9a-fA-F]+|[-+]?(\d[\d_,]*\.?\d*|\.\d+)(e[-+]?\d+)?")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SLOWEST = re.compile(r"The slowest run took .* cached\.\s*")
"""What `%timeit` says where the machine was busy for a moment."""
_UNIT = re.compile(r"# ?(ns|µs|μs|us|ms|s|min|h)\b")


@dataclass(frozen=True)
class Verdict:
    """How one cell compares: the way that the kernel runs allow, and whether the run agrees."""

    way: str
    """A name of `WAYS`, or "nothing" where the kernel does not even give the same kinds twice."""
    same: bool


def compare(kernels: Sequence[Cell], run: Cell) -> Verdict:
    """Compare a code cell of the run (nbformat v4) with the same cell in several kernel runs."""
    for name, way in WAYS.items():
        wanted = {json.dumps(way(cell)) for cell in kernels}
        if len(wanted) == 1:
            return Verdict(name, json.dumps(way(run)) in wanted)
    return Verdict("nothing", True)


def _exact(cell: Cell) -> list[Any]:
    """Everything but metadata; pieces of one stream that follow each other are one."""
    found: list[Any] = [["count", cell.get("execution_count")]]
    for output in cell.get("outputs", ()):
        kind = output["output_type"]
        if kind == "stream":
            last = found[-1]
            if last[0] == kind and last[1] == output["name"]:
                last[2] += _text(output["text"])
            else:
                found.append([kind, output["name"], _text(output["text"])])
        elif kind == "error":
            trace = _COLOUR.sub("", "\n".join(output["traceback"]))
            found.append([kind, output["ename"], output["evalue"], trace])
        else:
            data = {mime: _text(value) for mime, value in sorted(output["data"].items())}
            found.append([kind, output.get("execution_count"), data])
    return found


def _streams_apart(cell: Cell) -> list[Any]:
    """Take standard output and error each as a whole: a kernel sends them by two threads."""
    found = _exact(cell)
    streams = {"stdout": "", "stderr": ""}
    for item in found:
        if item[0] == "stream":
            streams[item[1]] += item[2]
    return [*(item for item in found if item[0] != "stream"), streams]


def _numbers_masked(cell: Cell) -> list[Any]:
    return [_masked(item) for item in _streams_apart(cell)]


def _kinds(cell: Cell) -> list[Any]:
    """Which outputs there are, not what they say."""
    return [
        sorted(item[2]) if item[0] in ("display_data", "execute_result") else item[:2]
        for item in _exact(cell)
    ]


WAYS: dict[str, Callable[[Cell], list[Any]]] = {
    "exact": _exact,
    "streams apart": _streams_apart,
    "numbers masked": _numbers_masked,
    "kinds": _kinds,
}
"""From the strictest to the most lenient."""


def _text(value: Any) -> Any:
    return "".join(value) if isinstance(value, list) else value


def _masked(value: Any, mime: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _masked(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if not isinstance(value, str) or mime.startswith("image/"):
        return value
    text = _UNIT.sub("#", _NUMBER.sub("#", _SLOWEST.sub("", value)))
    # Numbers are padded and signed to fit each other, so what stands around them goes with them.
    return re.sub(r"\s+", " ", re.sub(r"[\s-]*#[\s#-]*", "#", text)).strip()
