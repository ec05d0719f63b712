"""`jupyter kfp demo`: writes the examples into a folder and runs the first of them."""

import argparse
import sys
from pathlib import Path

from .output import FAILED


def run(args: argparse.Namespace) -> int:
    """Write what is missing, keep what was changed, run the first example and say what is next."""
    from ..runs.examples import FIRST, examples_folder, write_examples
    from .main import main

    target = Path(args.directory)
    for path in write_examples(examples_folder(), target):
        print(f"Kept {path} as it is: it differs from the example.", file=sys.stderr)
    notebook = target / FIRST
    print(f"The examples are in {target}. Running {FIRST} as a pipeline:\n", flush=True)
    code = main(["run", str(notebook), "--output-notebook", str(_result_of(notebook))])
    if code not in (0, FAILED):
        return code
    print()
    if _result_of(notebook).exists():
        print(f"With the outputs of the run: {_result_of(notebook)}")
    print(f"Open it in JupyterLab:       {args.open_with or f'jupyter lab {notebook}'}")
    return code


def _result_of(notebook: Path) -> Path:
    return notebook.with_name(f"{notebook.stem}.run.ipynb")
