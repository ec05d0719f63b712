"""Hands values from one step process to another, and looks at them in both.

A row is `name: (make, look)`: statements that assign `v`, and an expression on `v` whose value must
be the same in the process that made it (which is what a kernel shows) and in the next one.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from step_process import Outcome, cell, make_slice, run_step

Rows = Mapping[str, tuple[str, str]]


def looks(rows: Rows) -> str:
    """Return a cell that prints a JSON object: what each row's expression gives, or its error."""
    return "\n".join(
        [
            "import json, re",
            "def plain(each): return re.sub(r'0x[0-9a-f]{6,}', '0x', repr(each))",
            "seen = {}",
            *(
                f"def look(v):\n    return plain({look})\n"
                f"try: seen[{name!r}] = look(v{number})\n"
                f"except Exception as error: seen[{name!r}] = 'failed: ' + plain(error)"
                for number, (name, (_, look)) in enumerate(rows.items())
            ),
            "print(json.dumps(seen))",
        ]
    )


def names_of(rows: Rows) -> list[str]:
    return [f"v{number}" for number in range(len(rows))]


def cross(
    folder: Path, rows: Rows, prelude: str = "", read: Rows | None = None, **options: object
) -> tuple[dict[str, str], dict[str, str], Outcome]:
    """Return what is seen of each row in the step that makes it, and in the next.

    `read` are the same rows with other expressions, for the next step.
    """
    names = names_of(rows)
    slots = [{"artifact": "values", "names": names}]
    before = [cell(prelude, 1, record=False)] if prelude else []
    makes = [
        cell(f"{make}\nv{number} = v", number + 2) for number, (make, _) in enumerate(rows.values())
    ]
    show = cell(looks(rows), len(rows) + 2)
    first = make_slice(*makes, show, prelude=before, outputs=slots)
    made = run_step(folder / "first", first, **options)
    assert made.code == 0, made.stderr
    inputs = [{"artifact": "first__values", "names": names}]
    last = cell(looks(read or rows), len(rows) + 3)
    second = make_slice(last, prelude=before, inputs=inputs)
    place = {"first__values": made.artifact("values")}
    used = run_step(folder / "second", second, inputs=place, **options)
    assert used.code == 0, used.stderr
    return _seen(made), _seen(used), used


def _seen(outcome: Outcome) -> dict[str, str]:
    return json.loads(outcome.stdout.splitlines()[-1])
