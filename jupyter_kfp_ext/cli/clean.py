"""`jupyter kfp clean`: removes old runs, results, code and environments."""

import argparse
from dataclasses import asdict

from .output import print_json


def run(args: argparse.Namespace) -> int:
    """Remove what is older than asked for, and say what was removed."""
    from ..runs.cleaning import clean_connection, clean_home

    # First the cluster: the runs here say which claims hold code of theirs.
    there = clean_connection(args.connection, args.older_than) if args.connection else None
    cleaned = clean_home(args.older_than)
    if args.json:
        print_json({**asdict(cleaned), **({"cluster": asdict(there)} if there else {})})
        return 0
    if there:
        print(
            f"Removed {len(there.config_maps)} ConfigMaps, {len(there.bundles)} code bundles and "
            f"{len(there.values)} values on claims, {len(there.pods)} pods and "
            f"{len(there.claims)} claims on {there.connection}."
        )
    print(
        f"Removed {len(cleaned.runs)} runs, {cleaned.results} kept results, {cleaned.bundles} code "
        f"bundles and {cleaned.environments} environments: {cleaned.bytes / 1e6:.1f} MB."
    )
    return 0
