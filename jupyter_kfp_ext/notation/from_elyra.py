"""An Elyra pipeline turned into one notebook: a step for each of its notebooks and scripts.

The form: elyra-ai/elyra, `elyra/pipeline/pipeline_definition.py`, versions 3 to 8 of
`app_data.version`. Files that one node makes for another need no list here: they travel by
themselves.
"""

import json
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import Code, KfpExtError, Problem, Severity
from .elyra_options import Json, at, objects, options_of
from .from_kale import Converted, settings_json, without_marks
from .names import LONGEST, clean_name
from .options import PipelineSettings, as_json
from .reader import parse_notebook, read_notebook

_KINDS = {"execute-notebook-node": "notebook", "execute-python-node": "script"}


@dataclass(frozen=True)
class _Node:
    """A notebook or script of the pipeline."""

    id: str
    kind: str
    name: str
    """Of the step, unique."""
    file: str
    parameters: Json
    after: tuple[str, ...]
    """Ids of the nodes before it."""


def from_elyra(path: Path) -> Converted:
    """Return the notebook that does what an Elyra pipeline (`.pipeline`) does.

    Nodes follow each other as they depend on each other, else as they stand in the file. Raises
    `KfpExtError`: `notebook-missing`, `notebook-unreadable` where the file is no such pipeline or
    a file of it cannot be read, `option-unsupported` for nodes that are no notebook or script,
    `cycle`.
    """
    flow = _read(path)
    properties = at(flow, "app_data", "properties")
    nodes = _in_order(_nodes(flow), path)
    problems: list[Problem] = []
    defaults = options_of(at(properties, "pipeline_defaults"), path.name, problems)
    settings = PipelineSettings(
        name=properties.get("name") or path.stem,
        description=properties.get("description") or None,
        defaults=defaults,
    )
    names = {node.id: node.name for node in nodes}
    cells: list[dict[str, Any]] = []
    changes: list[str] = []
    parameters = _parameters(properties)
    if parameters:
        cells.append(_code(parameters, {"kfp": {"role": "parameters"}}))
        changes.append("The pipeline's parameters became a cell with the role `parameters`.")
    metadata: Json = {}
    for node in nodes:
        options = options_of(node.parameters, node.name, problems)
        after = tuple(names[each] for each in node.after)
        mark = {"step": node.name, **as_json(options)}
        if after:
            mark["after"] = list(after)
        own, theirs = _cells_of(node, path.parent, problems)
        metadata = metadata or own
        cells.append(_text(f"## {node.name}"))
        cells += _marked([*_environment(node), *theirs], mark)
        changes.append(f"{node.file} became the step `{node.name}`{_after_words(after)}.")
    raw = {
        "cells": [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells)],
        "metadata": {**metadata, "kfp": settings_json(settings)},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    notebook = parse_notebook(raw, name=f"{path.stem}.ipynb")
    return Converted(notebook, tuple(changes), tuple(problems))


def _read(path: Path) -> Json:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        message = f"There is no file {path}."
        raise KfpExtError(Problem(Code.NOTEBOOK_MISSING, message, "Check the path.")) from error
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(f"{path.name} is not JSON: {error}.") from error
    flows = document.get("pipelines") if isinstance(document, dict) else None
    if not isinstance(flows, list) or not flows or not isinstance(flows[0], dict):
        raise _unreadable(f"{path.name} is no pipeline of Elyra: it has no `pipelines`.")
    primary = document.get("primary_pipeline")
    return next((each for each in flows if each.get("id") == primary), flows[0])


def _nodes(flow: Json) -> list[_Node]:
    found: list[_Node] = []
    unknown: list[Problem] = []
    taken: set[str] = set()
    for node in flow.get("nodes") or ():
        data = at(node, "app_data")
        # Before version 4 the parameters stood in `app_data` itself.
        parameters = at(data, "component_parameters") or data
        kind = _KINDS.get(str(node.get("op")))
        label = str(data.get("label") or at(data, "ui_data").get("label") or "")
        file = str(parameters.get("filename") or "")
        if kind is None or not file:
            unknown.append(_no_such_node(label or str(node.get("op") or node.get("type"))))
            continue
        stem = PurePosixPath(file).stem
        name = _unique(clean_name(label) if label not in ("", file) else stem, taken)
        links = [
            str(link.get("node_id_ref"))
            for port in node.get("inputs") or ()
            for link in port.get("links") or ()
        ]
        found.append(_Node(str(node["id"]), kind, name, file, parameters, tuple(links)))
    if unknown:
        raise KfpExtError(unknown)
    if not found:
        raise _unreadable("The pipeline has no nodes.")
    return found


def _unique(name: str, taken: set[str]) -> str:
    name = PurePosixPath(name).stem if name.endswith((".ipynb", ".py")) else name
    base, number = name[: LONGEST - 4] or "step", 2
    name = base
    while name.casefold() in taken:
        name, number = f"{base} {number}", number + 1
    taken.add(name.casefold())
    return name


def _no_such_node(what: str) -> Problem:
    return Problem(
        Code.OPTION_UNSUPPORTED,
        f"The node `{what}` is neither a notebook nor a Python script.",
        "Remove it from a copy of the pipeline, and write what it does in a cell.",
    )


def _in_order(nodes: list[_Node], path: Path) -> list[_Node]:
    """Return the nodes so that each comes after those that it depends on."""
    places = {node.id: number for number, node in enumerate(nodes)}
    sorter = TopologicalSorter(
        {node.id: [each for each in node.after if each in places] for node in nodes}
    )
    try:
        sorter.prepare()
    except CycleError as error:
        message = f"The nodes of {path.name} depend on each other in a circle."
        raise KfpExtError(Problem(Code.CYCLE, message, "Remove one of the links.")) from error
    found: list[_Node] = []
    ready: set[str] = set()
    while sorter.is_active():
        ready.update(sorter.get_ready())
        first = min(ready, key=places.__getitem__)
        ready.remove(first)
        sorter.done(first)
        found.append(nodes[places[first]])
    return found


def _parameters(properties: Json) -> str:
    """Return assignments of the pipeline's parameters with their defaults."""
    lines = []
    for each in objects(properties.get("pipeline_parameters")):
        default = each.get("default_value")
        value = default.get("value") if isinstance(default, dict) else default
        lines.append(f"{each.get('name')} = {value!r}")
    return "\n".join(lines)


def _environment(node: _Node) -> list[dict[str, Any]]:
    """Return what gives a node the parameters that it names: Elyra sets them as variables."""
    names = node.parameters.get("pipeline_parameters")
    if not isinstance(names, list) or not names:
        return []
    lines = ["import os", "", *(f'os.environ["{name}"] = str({name})' for name in names)]
    return [_code("\n".join(lines), {})]


def _cells_of(
    node: _Node, folder: Path, problems: list[Problem]
) -> tuple[Json, list[dict[str, Any]]]:
    """Return a node's notebook metadata and its cells."""
    path = folder / node.file
    if PurePosixPath(node.file).parent != PurePosixPath():
        problems.append(
            Problem(
                Code.PATH_NOT_PORTABLE,
                f"{node.file} is in another folder than the pipeline; relative paths in it now "
                "start from the pipeline's.",
                "Look at the paths in its cells.",
                severity=Severity.WARNING,
                step=node.name,
            )
        )
    if node.kind == "script":
        try:
            return {}, [_code(path.read_text(encoding="utf-8"), {})]
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(f"The script {node.file} cannot be read: {error}.") from error
    notebook = read_notebook(path)
    cells = []
    for cell in notebook.cells:
        made = _code(cell.source, {}) if cell.kind == "code" else _text(cell.source, cell.kind)
        cells.append({**made, "metadata": dict(without_marks(cell))})
    kept = {key: notebook.metadata[key] for key in ("kernelspec",) if key in notebook.metadata}
    return kept, cells


def _marked(cells: list[dict[str, Any]], mark: Json) -> list[dict[str, Any]]:
    """Mark the first cell that runs; those after it belong to its step."""
    for cell in cells:
        if cell["cell_type"] == "code" and "".join(cell["source"]).strip():
            cell["metadata"] = {**cell["metadata"], "kfp": dict(mark)}
            return cells
    return [*cells, _code("pass", {"kfp": dict(mark)})]


def _code(source: str, metadata: Json) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": dict(metadata),
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }


def _text(source: str, kind: str = "markdown") -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True)}


def _after_words(after: tuple[str, ...]) -> str:
    return f" after {', '.join(f'`{each}`' for each in after)}" if after else ""


def _unreadable(message: str) -> KfpExtError:
    return KfpExtError(Problem(Code.NOTEBOOK_UNREADABLE, message, "Open it in Elyra and save it."))
