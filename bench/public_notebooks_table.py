"""Print the results of `bench/public_notebooks.py` as the table of docs/public-notebooks.md.

python bench/public_notebooks_table.py bench/public_notebooks.tsv WORK
"""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from public_notebooks import SPLITS, Entry, judge, read_list

HEAD = """| notebook | commit | subject | cells | one step a cell | by headings | compared |
|---|---|---|---|---|---|---|"""


def widest(plan: list[dict[str, Any]]) -> int:
    """Return the most steps of one rank: so many can run at once."""
    ranks: dict[str, int] = {}
    for step in plan:  # in an order in which each step comes after those it waits for
        ranks[step["task"]] = 1 + max((ranks[each] for each in step["after"]), default=0)
    return max(Counter(ranks.values()).values(), default=0)


def outcome(verdict: dict[str, Any], run: dict[str, Any]) -> str:
    """Return what a table cell says of one run."""
    if verdict["result"] == "refused":
        answer = run["answer"]
        problems = answer.get("problems", ()) if isinstance(answer, dict) else ()
        codes = sorted({each["code"] for each in problems if each["severity"] == "error"})
        return f"refused: {', '.join(codes)}" if codes else "not judged"
    steps, width = len(run["plan"]), widest(run["plan"])
    return f"{verdict['result']}, {steps} steps" + (f", {width} at once" if width > 1 else "")


def row(entry: Entry, work: Path, totals: dict[str, Counter[str]]) -> str | None:
    """Return the table row of a notebook that was run in all ways, and count it."""
    place = work / entry.place
    files = [place / f"{name}.json" for name in ("kernel-1", "kernel-2", *SPLITS)]
    if not all(file.exists() for file in files):
        return None
    kernels = [json.loads(file.read_bytes()) for file in files[:2]]
    said, ways = [], Counter[str]()
    for split, file in zip(SPLITS, files[2:], strict=True):
        run = json.loads(file.read_bytes())
        verdict = judge(kernels, run)
        said.append(outcome(verdict, run))
        totals[split][said[-1].partition(",")[0].partition(":")[0]] += 1
        ways = ways or Counter(verdict.get("ways", {}))
    cells = sum(cell["cell_type"] == "code" for cell in kernels[0]["cells"])
    lenient = ", ".join(f"{count} {way}" for way, count in ways.items() if way != "exact")
    name = f"{entry.repository}: {entry.path}".replace("|", "\\|")
    compared = f"exact but {lenient}" if lenient else "exact" if ways else ""
    columns = (name, entry.commit[:9], entry.subject, str(cells), *said, compared)
    return f"| {' | '.join(columns)} |"


def main() -> None:
    """Print the table, then the totals of each way to cut."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("list", type=Path)
    parser.add_argument("work", type=Path)
    args = parser.parse_args()
    totals: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    print(HEAD)
    for entry in read_list(args.list):
        line = row(entry, args.work, totals)
        if line:
            print(line)
    for split, counts in totals.items():
        print(f"\n{split}: " + ", ".join(f"{count} {what}" for what, count in counts.items()))


if __name__ == "__main__":
    main()
