"""The code of a pipeline as files that people can read and change: the export's `bundle/`.

A step's slice is JSON with the source of its cells in it. Here the sources stand in a file of
their own, as editors know cells (`# %%`); `packing.py`, which goes along, puts both together
again.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ...runtime.step.place import slice_path

_STEPS = slice_path("")[: -len(".json")]


def readable_files(bundle: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a bundle with the cells of each step in a file beside its slice."""
    files: dict[str, bytes] = {}
    for path, content in bundle.items():
        if path.startswith(_STEPS):
            files |= _step(path, json.loads(content))
        else:
            files[path] = content
    return files


def _step(path: str, said: dict[str, Any]) -> dict[str, bytes]:
    mark = _mark(said)
    cells = "\n".join(f"{mark} {title}\n{source}\n" for title, source in _sources(said))
    for part in (*said["prelude"], *said["cells"]):
        del part["source"]
    description = (json.dumps(said, indent=2, sort_keys=True) + "\n").encode("ascii")
    if not cells:
        return {path: description}
    return {
        path: description,
        f"{path.removesuffix('.json')}.py": cells.encode("utf-8", "surrogatepass"),
    }


def _sources(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the title and the source of each cell, in the order in which they run."""
    for part in said["prelude"]:
        yield f"what the step uses of cell {part['number']}", part["source"]
    for part in said["cells"]:
        yield f"cell {part['number']}", part["source"]


def _mark(said: Mapping[str, Any]) -> str:
    """Return what begins a cell: `# %%`, longer where a source has such a line itself."""
    lines = [line for _, source in _sources(said) for line in source.split("\n")]
    mark = "# %%"
    while any(line.startswith(f"{mark} ") for line in lines):
        mark += "%"
    return mark
