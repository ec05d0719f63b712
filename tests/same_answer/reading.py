"""Reads the table: small notebooks as plain text, many in a file (`cases/*.txt`).

    == what the case is about
    :refused value-cannot-cross  the reason that the notebook has no answer cut into steps
    a = [1]
    ---
    a.append(2)
    --- {"role": "parameters"}
    lr = 0.1
    --- {"unmarked": true}
    count = 2
    --- file helper.py
    VALUE = 3

A cell has the mark of a step, unless it has a role, is `unmarked`, or says its step itself, in its
marks or by a line `%%component`; with such a line, a first cell, which the pipeline skips, loads
the extension.

Lines that start with `:` stand directly below the title:

| `:refused CODE  reason` | the check refuses it before it runs, one step a cell (or not at all) |
| `:stops CODE  reason` | a run stops with this error, in words, rather than give another answer |
| `:differs REGEX  reason` | this much of the text differs between any two runs of a kernel |
| `:not-shown NAME ...  reason` | the last values of these names cannot be shown by another step |
| `:skips STEP ...` | a run skips these steps, because of their condition |
| `:metrics JSON` | the run has these metrics, no more |
| `:needs MODULE` | skipped where this is not installed |
| `:wrong  reason` | known to be wrong: fails the table once it is right |
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

CASES = Path(__file__).with_name("cases")
_SEPARATOR = re.compile(r"^---(?: (?P<more>.*))?$")


@dataclass(frozen=True)
class CaseCell:
    """A code cell, with what its `kfp` metadata says besides its step."""

    source: str
    marks: dict = field(default_factory=dict)

    @property
    def says_its_step(self):
        return "step" in self.marks or self.source.startswith("%%component ")


LOADING = CaseCell("%load_ext jupyter_kfp_ext", {"role": "skip"})


@dataclass(frozen=True)
class Case:
    """A notebook, and what is said about its answer."""

    clause: str
    title: str
    cells: tuple[CaseCell, ...]
    files: dict[str, str]
    said: dict[str, str]

    @property
    def id(self) -> str:
        return f"{self.clause}: {self.title}"

    @property
    def sources(self):
        return [cell.source for cell in self.cells]

    @property
    def refused(self):
        """The code of the check that refuses it, or None."""
        return self.said["refused"].split()[0] if "refused" in self.said else None

    @property
    def stops(self):
        """The code with which its run stops, or None."""
        return self.said["stops"].split()[0] if "stops" in self.said else None

    @property
    def not_shown(self):
        return set(self.said.get("not-shown", "").partition("  ")[0].split())

    @property
    def skips(self):
        """The names of steps that a run skips."""
        return self.said.get("skips", "").partition("  ")[0].split()

    @property
    def metrics(self):
        """The metrics of a run by name, or None where the case says nothing about them."""
        return json.loads(self.said["metrics"]) if "metrics" in self.said else None

    @property
    def differs(self):
        return self.said.get("differs", "").partition("  ")[0]


def read_cases(folder=CASES):
    """Return the cases of all files, in the order of their names."""
    cases = [case for path in sorted(folder.glob("*.txt")) for case in _read_file(path)]
    doubled = {case.id for case in cases if [each.id for each in cases].count(case.id) > 1}
    assert not doubled, f"two cases of one title: {doubled}"
    return cases


def _read_file(path):
    parts = re.split(r"^== (.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for title, text in zip(parts[1::2], parts[2::2], strict=True):
        yield read_case(path.stem, title.strip(), text)


def read_case(clause, title, text):
    """Return a case from the text below its title."""
    lines = text.strip("\n").split("\n")
    said = {}
    while lines and (match := re.match(r":([a-z-]+)(?: +(.*))?$", lines[0])):
        said[match[1]] = match[2] or ""
        lines.pop(0)
    known = {"refused", "stops", "differs", "not-shown", "skips", "metrics", "needs", "wrong"}
    assert said.keys() <= known, f"{title}: {said.keys() - known}"
    cells, files = [], {}
    kind, body = "", []
    for line in [*lines, "---"]:
        separator = _SEPARATOR.match(line)
        if separator is None:
            body.append(line)
            continue
        content = "\n".join(body).strip("\n")
        if kind.startswith("file "):
            files[kind.removeprefix("file ").strip()] = content + "\n"
        elif content:
            cells.append(CaseCell(content, json.loads(kind) if kind else {}))
        kind, body = separator["more"] or "", []
    loading = [LOADING] if any(cell.source.startswith("%%component ") for cell in cells) else []
    return Case(clause, title, (*loading, *cells), files, said)
