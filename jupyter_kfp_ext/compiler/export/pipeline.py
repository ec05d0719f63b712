"""A compiled pipeline as `pipeline.py`: plain Python that the kfp SDK compiles to the same spec.

The SDK's own form is described at https://www.kubeflow.org/docs/components/pipelines/user-guides/;
how it writes specs, in kfp/compiler/pipeline_spec_builder.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..names import ascii_text
from ..ways import Way
from .components import component, needs_renaming, renaming
from .python_names import Names, find_names
from .tasks import condition_function, condition_writing, pipeline_function
from .tree import Node, walk

OUTPUT = "pipeline.yaml"
BESIDE: dict[Way, str] = {"configmap": "pipeline.configmap.yaml", "volume": "pipeline.code.zip"}
"""What is written beside the pipeline, for the ways that need something there."""
_WRITERS: dict[Way, str] = {"configmap": "write_config_map", "volume": "write_bundle"}


@dataclass(frozen=True)
class Pipeline:
    """What `pipeline.py` is made of."""

    info: Mapping[str, str]
    """`pipelineInfo` of the spec."""
    parameters: Mapping[str, Mapping[str, Any]]
    """The declarations of its parameters, in the order of the notebook."""
    nodes: tuple[Node, ...]
    titles: Mapping[str, str]
    """The notebook's names of the steps, by task."""
    way: Way
    """How the code gets to the steps."""


def pipeline_text(pipeline: Pipeline) -> str:
    """Return the Python text for a pipeline."""
    names = find_names(pipeline.info["name"], pipeline.parameters, pipeline.nodes)
    nodes = list(walk(pipeline.nodes))
    steps = [each for each in nodes if each.is_step]
    conditions = [each for each in nodes if each.kind == "condition"]
    functions = [
        *([renaming(names)] if any(map(needs_renaming, steps)) else []),
        *(_step(each, names, pipeline.titles) for each in steps),
        *([condition_writing(names)] if conditions else []),
        *(condition_function(each, names) for each in conditions),
        pipeline_function(pipeline.info, pipeline.parameters, pipeline.nodes, names),
        _main(names, pipeline.way),
    ]
    body = "\n\n".join(functions)
    imports = _imports(body, names, any(each.settings for each in nodes))
    return f"{_HEAD}\n{imports}\n\n{body}"


_HEAD = '''\
"""The pipeline, for the kfp SDK. `python pipeline.py` compiles it; README.md says more."""
'''


def _step(node: Node, names: Names, titles: Mapping[str, str]) -> str:
    about = "# The code that runs the steps, for all of them."
    if node.name in titles:
        title = ascii_text(titles[node.name])
        shown = "" if title == node.name else f' "{title}"'
        about = f"# The step{shown}: bundle/steps/{node.name}.py"
    return f"{about}\n{component(node, names)}"


def _main(names: Names, way: Way) -> str:
    path, compiler = names.imported["Path"], names.imported["compiler"]
    lines = [
        'if __name__ == "__main__":',
        f"    here = {path}(__file__).parent",
        f'    {compiler}.Compiler().compile({names.pipeline}, str(here / "{OUTPUT}"))',
    ]
    if way in BESIDE:
        lines.append(f'    {names.imported["packing"]}.{_WRITERS[way]}(here / "{BESIDE[way]}")')
    return "\n".join(lines) + "\n"


def _imports(body: str, names: Names, kubernetes: bool) -> str:
    """Return the imports that a text needs."""

    def of(module: str, wanted: Iterable[str]) -> str:
        owned = [(name, names.imported[name]) for name in wanted]
        found = [name if own == name else f"{name} as {own}" for name, own in owned]
        return f"from {module} import {', '.join(found)}\n" if found else ""

    packing = names.imported["packing"]
    own = "import packing\n" if packing == "packing" else f"import packing as {packing}\n"
    typing = [
        name
        for name, mark in (("List", "["), ("NamedTuple", "("), ("Optional", "["))
        if f"{names.imported[name]}{mark}" in body
    ]
    sdk = ["compiler", "dsl", *(["kubernetes"] if kubernetes else [])]
    return f"{of('pathlib', ['Path'])}{of('typing', typing)}\n{own}{of('kfp', sdk)}"
