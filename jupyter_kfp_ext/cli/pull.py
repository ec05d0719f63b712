"""`jupyter kfp pull`: writes what a step gave to a file."""

import argparse
from pathlib import Path

from ..errors import Code, Problem
from .output import MisuseError, print_json


def run(args: argparse.Namespace) -> int:
    """Write one value, artifact or parameter of a step."""
    from ..runs.pulling import pull_to_file
    from ..runs.registry import Registry

    target = Path(args.output)
    if not target.absolute().parent.is_dir():
        message = f"The folder {target.absolute().parent} does not exist."
        raise MisuseError(Problem(Code.USAGE, message, "Create it first.", option="output"))
    run_id = Registry().resolve(args.run_id)
    kind = pull_to_file(run_id, args.step, args.name, target)
    if args.json:
        said = {"run_id": run_id, "step": args.step, "name": args.name}
        print_json({**said, "kind": kind, "file": str(target.absolute())})
    else:
        print(f"Wrote {target}")
    return 0
