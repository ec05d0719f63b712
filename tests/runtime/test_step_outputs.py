"""What cells print and show in a step is what a real kernel makes of them, run by nbclient."""

import re

import nbformat
import pytest
from step_output_cases import CASES, ERRORS, INTERLEAVED
from step_process import add_output, cell, make_slice, run_step

from tests.support.kernel_client import KernelClient


@pytest.fixture(scope="module")
def kernel_outputs(tmp_path_factory):
    """First cell number, sources and outputs of each case, all run by one kernel."""
    cases = {
        **{f"ok {k}": v for k, v in CASES.items()},
        **{f"bad {k}": v for k, v in ERRORS.items()},
        # The kernel's timer may still run for the text of an earlier cell: it is waited for.
        **{f"mixed {k}": ["import time\ntime.sleep(0.3)", v] for k, v in INTERLEAVED.items()},
    }
    notebook = nbformat.v4.new_notebook()
    places = {}
    number = 1
    for name, sources in cases.items():
        sources = [source.replace("{0}", str(number)) for source in sources]
        places[name] = (number, sources)
        notebook.cells += [nbformat.v4.new_code_cell(source) for source in sources]
        number += len(sources)
    KernelClient(
        notebook,
        allow_errors=True,
        coalesce_streams=False,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path_factory.mktemp("kernel"))}},
    ).execute()
    return {
        name: (
            first,
            sources,
            [each.outputs for each in notebook.cells[first - 1 :][: len(sources)]],
        )
        for name, (first, sources) in places.items()
    }


def normal(outputs):
    """Outputs without what differs from run to run; the kernel's order between its two text
    streams depends on its timing, so each stream is one text here."""
    merged = []
    for output in outputs:
        add_output(merged, dict(output))
    streams = {}
    rest = []
    for output in merged:
        if output["output_type"] == "stream":
            streams[output["name"]] = streams.get(output["name"], "") + output["text"]
        else:
            rest.append(output)
    text = repr([sorted(streams.items()), [plain(each) for each in rest]])
    text = re.sub(r"/tmp/ipykernel_\d+/", "<cells>/", text)
    text = re.sub(r"[^\s']*/bad\.py", "<script>", text)
    text = re.sub(r"[\d.]+(e[+]\d+)? [nmμ]?s\b", "<time>", text)  # `%time` writes 1e+03 ns too
    return re.sub(r"0x[0-9a-f]{6,}", "<address>", text)


def plain(value):
    if isinstance(value, dict):
        return {key: plain(each) for key, each in sorted(value.items())}
    return [plain(each) for each in value] if isinstance(value, list) else value


def run_case(tmp_path, first, sources):
    cells = [cell(source, number) for number, source in enumerate(sources, first)]
    return run_step(tmp_path, make_slice(*cells))


@pytest.mark.parametrize("name", CASES)
def test_outputs_are_the_kernels(name, kernel_outputs, tmp_path):
    first, sources, expected = kernel_outputs[f"ok {name}"]
    step = run_case(tmp_path, first, sources)
    assert step.code == 0, step.stderr
    for number, outputs in enumerate(expected, first):
        assert normal(step.outputs(number)) == normal(outputs), sources[number - first]


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_the_kernels(name, kernel_outputs, tmp_path):
    first, sources, expected = kernel_outputs[f"bad {name}"]
    step = run_case(tmp_path, first, sources)
    assert step.code == 1
    last = first + len(sources) - 1
    assert normal(step.outputs(last)) == normal(expected[-1])
    error = expected[-1][-1] if expected[-1][-1]["output_type"] == "error" else None
    assert step.error["cell"] == last
    if error:
        assert step.error["name"] == error["ename"]
        assert error["evalue"].startswith(step.error["message"])


@pytest.mark.parametrize("name", INTERLEAVED)
def test_streams_lie_between_each_other_as_in_a_kernel(name, kernel_outputs, tmp_path):
    number, [_, source], [_, expected] = kernel_outputs[f"mixed {name}"]
    step = run_case(tmp_path, number + 1, [source])
    merged = []
    for output in expected:
        add_output(merged, dict(output))
    assert kinds(step.outputs(number + 1)) == kinds(merged)


def kinds(outputs):
    """Which streams and outputs follow each other; text without the place of the process."""
    return [
        (each.get("name", each["output_type"]), re.sub(r"_\d+/", "/", each.get("text", "")))
        for each in outputs
    ]


def test_input_raises_what_a_kernel_without_a_frontend_raises(tmp_path):
    step = run_step(tmp_path, make_slice("input('name? ')"))
    assert step.error["name"] == "StdinNotImplementedError"
    assert step.error["message"] == (
        "raw_input was called, but this frontend does not support input requests."
    )


CHILDREN = {
    "os.system('echo from c')": [("stdout", "from c\n")],
    "subprocess.run(['sh', '-c', 'echo out; echo err >&2'])": [
        ("stdout", "out\n"),
        ("stderr", "err\n"),
    ],
    "os.write(1, b'descriptor\\n')": [("stdout", "descriptor\n")],
    "print('a'); os.system('echo b'); print('c')": [("stdout", "a\nb\nc\n")],
    "sys.__stdout__.write('below\\n')": [("stdout", "below\n")],
    "os.write(1, b'x' * 3_000_000)": [("stdout", "x" * 3_000_000)],
    "pid = os.fork()\nif not pid:\n    print('child')\n    os._exit(0)\n"
    "os.waitpid(pid, 0)\nprint('parent')": [("stdout", "child\nparent\n")],
}


@pytest.mark.parametrize("source", CHILDREN)
def test_text_of_child_processes_and_descriptors_belongs_to_the_cell(source, tmp_path):
    slice_ = make_slice(f"import os, subprocess, sys\n{source};", "print('next')")
    step = run_step(tmp_path, slice_)
    assert [(each["name"], each["text"]) for each in step.outputs()] == CHILDREN[source]
    assert step.outputs(2)[0]["text"] == "next\n"
    for name, text in CHILDREN[source]:
        assert text in (step.stdout if name == "stdout" else step.stderr)
