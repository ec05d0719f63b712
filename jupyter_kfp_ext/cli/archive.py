"""`jupyter kfp archive` and `unarchive`: which runs are in the lists."""

import argparse

from .output import print_json


def run(args: argparse.Namespace) -> int:
    """Put runs aside, or take them back."""
    from ..runs.cleaning import archive_run
    from ..runs.registry import Registry

    archived = args.command == "archive"
    ids = [Registry().resolve(each) for each in args.run_ids]
    for run_id in ids:
        archive_run(run_id, archived)
    if args.json:
        print_json([{"run_id": each, "archived": archived} for each in ids])
    else:
        print(f"{'Archived' if archived else 'Taken back'}: {', '.join(ids)}.")
    return 0
