"""`jupyter kfp delete`: removes runs, after it has shown what goes."""

import argparse
import sys
from dataclasses import asdict

from ..engines.model import LeftThere, RunStatus
from ..errors import Code, Problem
from .output import MisuseError, print_json


def run(args: argparse.Namespace) -> int:
    """Show what goes, ask where that is possible, and remove it."""
    from ..runs.cleaning import delete_run, left_there, refuse_active
    from ..runs.registry import Registry

    if args.artifacts and not args.cluster:
        message = "--artifacts are on the cluster: the run there must go, too."
        raise MisuseError(Problem(Code.USAGE, message, "Say --cluster.", option="artifacts"))
    runs = [Registry().get(each) for each in dict.fromkeys(args.run_ids)]
    for each in runs:
        refuse_active(each)
    there = [left_there(each) if args.cluster else None for each in runs]
    if not args.json:
        for each, left in zip(runs, there, strict=True):
            print(_words(each, left, args))
    if not args.dry_run and (args.yes or _agreed(args)):
        there = [delete_run(each.id, args.cluster, args.artifacts) for each in runs]
        removed = True
    else:
        removed = False
    if args.json:
        listed = [
            {"run_id": each.id, "cluster": asdict(left) if left else None}
            for each, left in zip(runs, there, strict=True)
        ]
        print_json({"removed": removed, "runs": listed})
    else:
        print(f"Removed {len(runs)} runs." if removed else "Nothing was removed.")
    return 0


def _words(run: RunStatus, left: LeftThere | None, args: argparse.Namespace) -> str:
    parts = ["its record, logs, outputs and values here"]
    if left and left.run_id:
        parts.append(f"the run {left.run_id} in Kubeflow Pipelines ({left.connection})")
    if left and left.claims:
        parts.append(f"the claims {', '.join(left.claims)} with what is on them")
    if left and left.snapshots:
        parts.append(f"the snapshots {', '.join(left.snapshots)}")
    if left and args.artifacts and left.artifacts:
        parts.append(
            f"{left.artifacts} objects in {left.place} (Kubeflow's cache does not know: later "
            "runs that it answers with them need --no-cache)"
        )
    elif left and left.artifacts:
        parts.append(f"not its {left.artifacts} objects in {left.place} (--artifacts)")
    return f"{run.id}  {run.name}: {'; '.join(parts)}."


def _agreed(args: argparse.Namespace) -> bool:
    """Ask whoever sits there; raises `MisuseError` where nobody does."""
    if args.json or not sys.stdin.isatty():
        message = "Nobody can be asked whether these runs are to go."
        raise MisuseError(Problem(Code.USAGE, message, "Say --yes, or --dry-run to only look."))
    return input("Remove? [y/N] ").strip().lower() in ("y", "yes")
