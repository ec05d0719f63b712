"""`jupyter kfp export`: the pipeline as a project that needs this extension no more."""

import argparse
import sys
from hashlib import sha256
from pathlib import Path

from .output import explain, print_json


def run(args: argparse.Namespace) -> int:
    """Write the project into the folder of `-o`, and say what is to be done with it."""
    from ..compiler.export.folder import write_export
    from ..compiler.export.project import export_pipeline
    from ..notation.reader import read_notebook
    from ..runs.chain import build

    path, folder = Path(args.notebook), Path(args.output).resolve()
    compiled = build(read_notebook(path), args.split)
    exported = export_pipeline(compiled, sha256(path.read_bytes()).hexdigest())
    pipeline = exported.pipeline
    write_export(exported.files, folder, compiled.plan.model.notebook.name, pipeline)
    problems = (*compiled.plan.problems, *compiled.problems, *exported.problems)
    if args.json:
        print_json(
            {
                "folder": str(folder),
                "files": list(exported.files),
                "delivery": exported.way,
                "problems": [each.to_json() for each in problems],
            }
        )
        return 0
    explain(problems, args.notebook)
    print(f"Wrote {len(exported.files)} files into {folder}", file=sys.stderr)
    print(
        f"`python pipeline.py` there writes {' and '.join(exported.made)}; README.md says more.",
        file=sys.stderr,
    )
    return 0
