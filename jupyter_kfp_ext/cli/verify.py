"""`jupyter kfp verify`: runs each step twice with the same inputs and compares."""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..engines.model import RunStatus
from .output import FAILED, print_json
from .progress import make_view, print_outcome
from .run import parameters_of, wait_for
from .style import Style

INTERRUPTED = 130


def run(args: argparse.Namespace) -> int:
    """Run twice and report what differs."""
    from ..notation.reader import read_notebook
    from ..runs.chain import build
    from ..runs.verify import verify

    compiled = build(read_notebook(Path(args.notebook)), args.split)
    stream = sys.stderr if args.json else sys.stdout
    interrupted = False

    def wait(run_id: str) -> RunStatus:
        nonlocal interrupted
        print(f"Run {run_id} of {args.notebook}", file=stream, flush=True)
        status, stopped = wait_for(run_id, make_view(stream, compiled.plan.cell_numbers), stream)
        interrupted = interrupted or stopped
        print_outcome(status, Style.of(stream), stream)
        return status

    parameters = parameters_of(compiled.plan, args.parameters)
    found = verify(compiled, args.step, wait, parameters, args.ignore_resources)
    if args.json:
        said: dict[str, Any] = {
            "repeatable": found.repeatable,
            "runs": [each.id for each in found.runs],
            "states": [each.state.value for each in found.runs],
            "differences": [asdict(each) for each in found.differences],
            "unchecked": list(found.unchecked),
        }
        print_json(said)
    else:
        for each in found.differences:
            what = f"{each.kind} {each.name}".strip()
            print(f"{each.step}: {what}: {each.first or 'nothing'} -> {each.second or 'nothing'}")
        if found.unchecked:
            print(f"Not compared: {', '.join(found.unchecked)}")
        if found.repeatable:
            print("Every step gave the same twice.")
    if interrupted:
        return INTERRUPTED
    return 0 if found.repeatable else FAILED
