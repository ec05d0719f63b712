"""Projects as small trees of text, each with a notebook, and what its steps then print.

    == name of the layout
    -- path/of/a/file.py
    its text
    -- link/of/a/file -> where/it/leads
    -- nb.ipynb
    a cell
    --
    another cell (a step of its own)
    >> what the steps print, in order
    ?? codes of the problems that are told, sorted

The notebook lies where the tree says; `{root}` in texts is the project's folder.
"""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Layout:
    name: str
    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    notebook: str = ""
    cells: list[str] = field(default_factory=list)
    metadata: dict[str, object] = field(default_factory=dict)
    prints: str = ""
    told: list[str] = field(default_factory=list)


def read_layouts(text: str) -> list[Layout]:
    """Return the layouts of a table."""
    found: list[Layout] = []
    into: list[str] = []
    places: list[tuple[Layout, str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("== "):
            found.append(Layout(line[3:]))
        elif not found:
            continue
        elif line.startswith("-- ") and " -> " in line:
            link, _, target = line[3:].partition(" -> ")
            found[-1].links[link] = target
        elif line.startswith("-- "):
            into = []
            places.append((found[-1], line[3:], into))
        elif line == "--":
            into = []
            places.append((found[-1], "", into))
        elif line.startswith(">> "):
            found[-1].prints += line[3:] + "\n"
        elif line.startswith("?? "):
            found[-1].told += line[3:].split()
        elif line.startswith("kfp: "):
            import json

            found[-1].metadata = json.loads(line[5:])
        else:
            into.append(line)
    for layout, path, lines in places:
        body = "\n".join(lines).strip("\n") + "\n"
        if path.endswith(".ipynb"):
            layout.notebook = path
        if path.endswith(".ipynb") or not path:
            layout.cells.append(body)
        else:
            layout.files[path] = "" if body == "\n" else body
    return found


def lay_out(layout: Layout, root: Path) -> Path:
    """Write the files of a layout; returns the notebook's place, which is not written."""
    for path, text in layout.files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.replace("{root}", str(root)), encoding="utf-8")
    for path, target in layout.links.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)
    notebook = root / layout.notebook
    notebook.parent.mkdir(parents=True, exist_ok=True)
    return notebook
