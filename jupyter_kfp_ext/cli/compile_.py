"""`jupyter kfp compile`: the pipeline as KFP v2 YAML (the name `compile` is a built-in's)."""

import argparse
import sys
from pathlib import Path

from .output import explain


def run(args: argparse.Namespace) -> int:
    """Write the YAML to standard output or to the file of `-o`, and say what was written."""
    from ..compiler.package import write_package
    from ..notation.reader import read_notebook
    from ..runs.chain import build, one_text

    compiled = build(read_notebook(Path(args.notebook)), args.split)
    explain((*compiled.plan.problems, *compiled.problems), args.notebook)
    if args.output is None:
        text, note = one_text(compiled)
        sys.stdout.write(text)
        if note:
            print(note, file=sys.stderr)
        return 0
    package = write_package(compiled, Path(args.output).absolute())
    explain(package.problems, args.notebook)
    for path in package.files:
        print(f"Wrote {path}", file=sys.stderr)
    print(package.reason, file=sys.stderr)
    return 0
