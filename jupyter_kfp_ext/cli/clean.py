"""`jupyter kfp clean`: removes old runs, results, code and environments."""

import argparse
from dataclasses import asdict

from .output import print_json


def run(args: argparse.Namespace) -> int:
    """Remove what is older than asked for, and say what was removed."""
    from ..runs.cleaning import clean_home

    cleaned = clean_home(args.older_than)
    if args.json:
        print_json(asdict(cleaned))
        return 0
    print(
        f"Removed {len(cleaned.runs)} runs, {cleaned.results} kept results, {cleaned.bundles} code "
        f"bundles and {cleaned.environments} environments: {cleaned.bytes / 1e6:.1f} MB."
    )
    return 0
