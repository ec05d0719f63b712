"""Plans a run anew: `python -m jupyter_kfp_ext.runs.replan RUN_FOLDER`, called by the runner.

Reads what the run's steps found wrong with its plan, compiles the run's notebook and files as they
were submitted with it, and writes the answer to the run's folder (`docs/local-engine.md`).
"""

import sys
from pathlib import Path
from typing import Any

from ..analysis.graph import make_plan
from ..engines.local.bundles import keep_bundle
from ..engines.local.layout import RunFolder
from ..engines.local.record import RunRecord
from ..engines.local.status import read_record
from ..engines.model import Broken
from ..errors import KfpExtError
from ..notation.marks import read_marks
from ..notation.notebook import Notebook
from ..notation.reader import parse_notebook
from ..storage import read_json, write_json
from .chain import compile_made
from .code_before import code_before
from .learned import (
    broken_in_words,
    keep_learned,
    observed_in,
    read_learned,
    read_observed,
)


def main(argv: list[str]) -> int:
    """Answer the request in a run's folder; returns 0 once an answer is written."""
    folder = RunFolder(Path(argv[0]))
    try:
        answer = {"problem": "", **_new_plan(folder)}
    except KfpExtError as error:
        answer = {"problem": f"planning anew with what it did fails: {error}"}
    write_json(folder.new_plan, answer)
    return 0


def _new_plan(folder: RunFolder) -> dict[str, Any]:
    record = read_record(folder)
    broken = [Broken.from_json(each) for each in read_json(folder.broken)]
    model = read_marks(_notebook(folder, record), split=record.split)
    before = set(read_observed(folder.learned))
    found = set(observed_in(model, broken))
    known = before | found | set(read_learned(model.notebook.path, folder.home))
    if found <= before:
        return {"problem": "the plan knew this already"}
    plan = make_plan(model, sorted(known))
    compiled = compile_made(plan, lambda now: code_before(folder, record, plan, now))
    if compiled.bundle_hash == _bundle_before(folder, record):
        return {"problem": "no other plan follows from it"}
    keep_bundle(folder.home, compiled.bundle, compiled.bundle_hash)
    keep_learned(model, found, folder.home)
    return {
        "bundle": compiled.bundle_hash,
        "pipeline": {"pipeline_spec": compiled.spec, "platform_spec": compiled.platform},
        "observed": [each.to_json() for each in sorted(before | found)],
        "words": broken_in_words(model, broken),
    }


def _notebook(folder: RunFolder, record: RunRecord) -> Notebook:
    name = Path(record.notebook).name if record.notebook else "notebook"
    return parse_notebook(read_json(folder.notebook), name=name, path=record.notebook)


def _bundle_before(folder: RunFolder, record: RunRecord) -> str:
    """Return the hash of the code that the run has now: of its last plan."""
    try:
        return str(read_json(folder.plan)["bundle"])
    except FileNotFoundError:
        return record.bundle


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
