"""Elyra runs whole notebooks: a chain of them as its pipeline file.

`python elyra_pipeline.py write FOLDER COUNT` writes it; the file is run by its command line.
"""

import json
import sys
import uuid
from pathlib import Path

_EMPTY = {"nbformat": 4, "nbformat_minor": 5, "cells": []}


def write(folder: Path, count: int) -> Path:
    """Write a pipeline of notebooks of one trivial cell; return its path."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    ids = [str(uuid.uuid4()) for _ in range(count)]
    nodes = []
    for number, node in enumerate(ids):
        cell = {"cell_type": "code", "id": f"c{number}", "metadata": {}, "source": "x = 1"}
        cell |= {"outputs": [], "execution_count": None}
        text = {**_EMPTY, "metadata": {"kernelspec": kernel}, "cells": [cell]}
        (folder / f"n{number}.ipynb").write_text(json.dumps(text))
        nodes.append(_node(node, f"n{number}.ipynb", ids[number - 1] if number else None))
    primary = str(uuid.uuid4())
    properties = {"name": "chain", "runtime": "Generic", "pipeline_defaults": {}}
    document = {
        "doc_type": "pipeline",
        "version": "3.0",
        "json_schema": "http://api.dataplatform.ibm.com/schemas/common-pipeline/"
        "pipeline-flow/pipeline-flow-v3-schema.json",
        "id": "elyra-auto-generated-pipeline",
        "primary_pipeline": primary,
        "pipelines": [
            {
                "id": primary,
                "nodes": nodes,
                "app_data": {"ui_data": {"comments": []}, "version": 8, "properties": properties},
                "runtime_ref": "",
            }
        ],
        "schemas": [],
    }
    path = folder / "chain.pipeline"
    path.write_text(json.dumps(document))
    return path


def _node(node: str, name: str, before: str | None) -> dict[str, object]:
    links = [{"id": str(uuid.uuid4()), "node_id_ref": before, "port_id_ref": "outPort"}]
    ports = {"id": "inPort", "app_data": {}, **({"links": links} if before else {})}
    parameters = {
        "filename": name,
        "runtime_image": "tensorflow/tensorflow:2.8.0",
        "dependencies": [],
        "include_subdirectories": False,
        "outputs": [],
        "env_vars": [],
        "kubernetes_secrets": [],
        "kubernetes_tolerations": [],
        "kubernetes_pod_annotations": [],
        "kubernetes_pod_labels": [],
        "mounted_volumes": [],
        "kubernetes_shared_mem_size": {},
    }
    return {
        "id": node,
        "type": "execution_node",
        "op": "execute-notebook-node",
        "app_data": {"label": name, "component_parameters": parameters, "ui_data": {}},
        "inputs": [ports],
        "outputs": [{"id": "outPort", "app_data": {}}],
    }


if __name__ == "__main__":
    write(Path(sys.argv[2]), int(sys.argv[3]))
