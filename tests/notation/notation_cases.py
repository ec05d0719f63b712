"""Small notebooks for the tests of the notation."""

from jupyter_kfp_ext.notation.marks import read_marks
from jupyter_kfp_ext.notation.model import PipelineModel
from jupyter_kfp_ext.notation.reader import parse_notebook


def code(source="x = 1", kfp=None, tags=None, **extra):
    metadata = {}
    if kfp is not None:
        metadata["kfp"] = kfp
    if tags is not None:
        metadata["tags"] = tags
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": [], **extra}


def text(source):
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def raw(*cells, **metadata):
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}


def model(*cells, split=None, **metadata) -> PipelineModel:
    return read_marks(parse_notebook(raw(*cells, **metadata), name="work.ipynb"), split=split)


def codes(model: PipelineModel) -> list[str]:
    return [problem.code.value for problem in model.problems]
