"""When two answers are the same: nothing may differ but addresses, times and file names."""

import json
import re

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
_FILE = re.compile(r"(/[\w./-]*)?/ipykernel_\d+/\d+\.py")


def comparable(outputs, differs=""):
    """Return a cell's outputs without what differs between any two runs of a kernel."""
    texts = []
    for output in _fold_streams(outputs):
        text = json.dumps(output, sort_keys=True, ensure_ascii=False)
        text = _FILE.sub("FILE", _ADDRESS.sub("0x", text))
        texts.append(re.sub(differs, "DIFFERS", text) if differs else text)
    return texts


def _fold_streams(outputs):
    """Join what was written to each stream until something else was shown.

    A kernel sends it in pieces, and both streams in either order, as its timer has it.
    """
    found = []
    for output in outputs:
        if output["output_type"] != "stream":
            found.append(_plain(output))
            continue
        if not found or "written" not in found[-1]:
            found.append({"written": {}})
        written = found[-1]["written"]
        written[output["name"]] = written.get(output["name"], "") + _joined(output["text"])
    return found


def _plain(output):
    kind = output["output_type"]
    if kind == "error":
        trace = _ANSI.sub("", "\n".join(output["traceback"]))
        return {"error": output["ename"], "value": output["evalue"], "trace": trace}
    data = {key: _joined(value) for key, value in output["data"].items()}
    return {
        "kind": kind,
        "data": data,
        "metadata": output.get("metadata", {}),
        "count": output.get("execution_count"),
    }


def _joined(text):
    return "".join(text) if isinstance(text, list) else text


def failed(outputs):
    """Tell whether a cell of a kernel ended in an error; IPython shows a group of them as text."""
    return any(
        each["output_type"] == "error"
        or "Exception Group Traceback" in _joined(each.get("text", ""))
        for each in outputs
    )


def differences(expected, given, differs=""):
    """Return cells whose outputs differ, as text: `(number, of the kernel, of the pipeline)`."""
    pairs = zip(expected, given, strict=False)
    return [
        (number, comparable(one, differs), comparable(other, differs))
        for number, (one, other) in enumerate(pairs, 1)
        if comparable(one, differs) != comparable(other, differs)
    ]
