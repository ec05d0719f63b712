"""Runs side by side as a table of the kernel: a column each, what they have in rows."""

from collections.abc import Mapping
from typing import Any


def as_table(told: Mapping[str, Any]) -> Any:
    """Return a comparison (docs/api.md, `Comparison`) as a DataFrame with the rows `(kind, name)`.

    Without pandas it is a dict of dicts: run id, then `kind name`.
    """
    runs = [each["run_id"] for each in told["runs"]]
    rows: dict[tuple[str, str], list[Any]] = {
        ("run", "state"): [each["state"] for each in told["runs"]],
        ("run", "seconds"): [each["seconds"] for each in told["runs"]],
    }
    for kind, one in (("parameters", "parameter"), ("metrics", "metric")):
        rows |= {(one, each["name"]): each["values"] for each in told[kind]}
    for step in told["steps"]:
        rows[f"step {step['name']}", "state"] = step["state"]
        rows[f"step {step['name']}", "seconds"] = step["seconds"]
    try:
        from pandas import DataFrame, MultiIndex
    except ImportError:
        return {
            run: {" ".join(key): values[column] for key, values in rows.items()}
            for column, run in enumerate(runs)
        }
    index = MultiIndex.from_tuples(rows, names=["kind", "name"])
    return DataFrame(list(rows.values()), index=index, columns=runs, dtype=object)
