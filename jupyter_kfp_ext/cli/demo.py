"""`jupyter kfp demo`: writes the examples into a folder and runs the first of them."""

import argparse
import filecmp
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from ..errors import Code, KfpExtError, Problem
from .output import FAILED

FIRST = "digits.ipynb"

_NOT_COPIED = frozenset({"__pycache__", ".ipynb_checkpoints"})


def run(args: argparse.Namespace) -> int:
    """Write what is missing, keep what was changed, run the first example and say what is next."""
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


def examples_folder() -> Path:
    """Return where the examples are: in the installed package, or beside it in a source tree."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "examples", package.parent / "examples"):
        if (folder / FIRST).is_file():
            return folder
    raise KfpExtError(
        Problem(
            Code.STORAGE_FAILED,
            "The examples are not part of this installation.",
            "Install jupyter-kfp-ext again.",
        )
    )


def write_examples(source: Path, target: Path) -> list[Path]:
    """Copy the examples; returns the files that are there with other content and were kept.

    Raises `KfpExtError` (`storage-failed`).
    """
    from ..storage import storage_error

    kept = []
    for path in _files(source):
        copy = target / path.relative_to(source)
        if copy.exists():
            if not filecmp.cmp(path, copy, shallow=False):
                kept.append(copy)
            continue
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        except OSError as error:
            raise storage_error(copy, error) from error
    return kept


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not _NOT_COPIED.intersection(path.relative_to(folder).parts):
            yield path


def _result_of(notebook: Path) -> Path:
    return notebook.with_name(f"{notebook.stem}.run.ipynb")
