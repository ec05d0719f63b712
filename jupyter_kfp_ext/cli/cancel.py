"""`jupyter kfp cancel`: asks a run to end."""

import argparse

from .output import print_json


def run(args: argparse.Namespace) -> int:
    """Ask; the run ends as CANCELED a moment later."""
    from ..runs.chain import cancel
    from ..runs.registry import Registry

    status = Registry().get(args.run_id)
    cancel(status)
    if args.json:
        print_json({"run_id": status.id, "canceled": True})
    else:
        print(f"Asked {status.id} to end.")
    return 0
