"""Prints the user's code of a pipeline: of a notebook (`check --code`) or a run (`show --code`)."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..runs.words import size


def code_lines(code: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that tell which files each step gets, and why."""
    sizes = {each["path"]: each["bytes"] for each in code["files"]}
    total = sum(sizes.values())
    yield f"bundle {code['bundle'][:16]}  {len(sizes)} files, {size(total)}"
    git = code["git"]
    if git:
        yield f"git {git['commit'][:12] or '(no commit)'}{' with changes' if git['dirty'] else ''}"
    for step in code["steps"]:
        if not step["files"]:
            continue
        yield f"{step['name']}:"
        modules = {each["path"]: each for each in step["modules"]}
        for path in step["files"]:
            why = f"  {_why(modules[path])}" if path in modules else ""
            yield f"  {path}  {size(sizes[path])}{why}"


def _why(use: Mapping[str, Any]) -> str:
    cell = f"cell {use['cell']}" if use["cell"] else ""
    chain = " -> ".join([*use["chain"], use["module"]])
    return f"({cell}: {chain})" if cell else f"({chain})"
