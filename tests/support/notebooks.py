"""Small notebooks for tests, as nbformat JSON."""


def code_cell(source, *, step=None, role=None, tags=(), cell_id=None, **options):
    """A code cell; `step`, `role` and options go to its `kfp` metadata."""
    kfp = {key: value for key, value in {"step": step, "role": role, **options}.items() if value}
    metadata = {**({"kfp": kfp} if kfp else {}), **({"tags": list(tags)} if tags else {})}
    cell = {
        "cell_type": "code",
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
    return {**cell, **({"id": cell_id} if cell_id else {})}


def notebook_json(*cells, **metadata):
    """A notebook of format 4.5 whose cells are given as cells or as sources."""
    made = [code_cell(each) if isinstance(each, str) else each for each in cells]
    for index, cell in enumerate(made):
        cell.setdefault("id", f"c{index}")
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": made}
