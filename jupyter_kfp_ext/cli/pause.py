"""`jupyter kfp pause`: has a run of this machine stand still."""

import argparse

from .output import print_json


def run(args: argparse.Namespace) -> int:
    """Ask; `resume` has it go on."""
    from ..runs.chain import pause
    from ..runs.registry import Registry

    status = Registry().get(args.run_id)
    pause(status)
    if args.json:
        print_json({"run_id": status.id, "paused": True})
    else:
        print(f"Paused {status.id}; `jupyter kfp resume {status.id}` has it go on.")
    return 0
