"""`jupyter kfp clean`: removes old runs, results, code and environments, having shown them."""

import argparse
import sys
from typing import Any

from ..errors import Code, Problem
from .output import MisuseError, print_json


def run(args: argparse.Namespace) -> int:
    """Say what is older than asked for, ask whoever sits there, and remove it."""
    from ..runs.cleaning import clean_all

    if args.namespace and not args.connection:
        message = "--namespace says where on a cluster, and no cluster is named."
        raise MisuseError(
            Problem(Code.USAGE, message, "Name it by --connection.", option="namespace")
        )
    where = (args.connection, args.namespace)
    asks = not args.json and not args.yes and sys.stdin.isatty()
    if args.dry_run or asks:
        found = clean_all(args.older_than, *where, dry_run=True)
        _tell(found, args, "Would remove")
        if args.dry_run or input("Remove? [y/N] ").strip().lower() not in ("y", "yes"):
            return 0
    _tell(clean_all(args.older_than, *where), args, "Removed")
    return 0


def _tell(found: dict[str, Any], args: argparse.Namespace, verb: str) -> None:
    if args.json:
        print_json({**found, "removed": verb == "Removed"})
        return
    if there := found.get("cluster"):
        sizes = there["sizes"]
        space = f" ({there['namespace']})" if there["namespace"] else ""
        print(
            f"{verb} on {there['connection']}{space}: {len(there['config_maps'])} ConfigMaps "
            f"({_megabytes(sizes['config_maps'])}), {len(there['bundles'])} code bundles "
            f"({_megabytes(sizes['bundles'])}) and {len(there['values'])} values "
            f"({_megabytes(sizes['values'])}) on claims, {len(there['pods'])} pods, "
            f"{len(there['claims'])} claims ({_megabytes(sizes['claims'])}) and "
            f"{len(there['snapshots'])} snapshots of volumes "
            f"({_megabytes(sizes['snapshots'])})."
        )
    print(
        f"{verb} {len(found['runs'])} runs, {found['results']} kept results, {found['bundles']} "
        f"code bundles and {found['environments']} environments: {_megabytes(found['bytes'])}."
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
