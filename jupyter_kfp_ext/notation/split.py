"""Cutting a notebook without marks into steps: by headings, by cells, or not at all."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .headings import Heading, headings
from .names import LONGEST, clean_name, name_problem, task_name
from .notebook import Cell

_PREPARING = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
Split = Literal["headings", "cells", "none"]
SPLITS: tuple[Split, ...] = ("headings", "cells", "none")


@dataclass(frozen=True)
class _Section:
    """A heading and the code below it."""

    heading: Heading
    code: tuple[Cell, ...]


def default_split(cells: Sequence[Cell], unmarked: Sequence[Cell]) -> Split:
    """Return `headings` where a heading has code under it, else `none`: one step is right."""
    return "headings" if any(each.code for each in _sections(cells, unmarked)) else "none"


def cut(cells: Sequence[Cell], unmarked: Sequence[Cell], split: Split) -> Mapping[str, str | None]:
    """Return the step of each unmarked code cell by cell id; None means the preamble.

    `headings`: the highest heading level that gives at least two steps counts, with all levels
    above it; code before the first heading is the preamble, as are imports and definitions right
    under a title.
    """
    if split == "none":
        return {cell.id: "notebook" for cell in unmarked}
    if split == "cells":
        return {cell.id: f"cell-{cell.number}" for cell in unmarked}
    names: dict[str, str | None] = {cell.id: None for cell in unmarked}
    taken: set[str] = set()
    for section in _counting(_sections(cells, unmarked)):
        name = _unique_name(section, taken)
        names.update((cell.id, name) for cell in section.code)
    return names


def _sections(cells: Sequence[Cell], unmarked: Sequence[Cell]) -> list[_Section]:
    """Return every heading, of any level, with the code before the next one."""
    wanted = {cell.id for cell in unmarked}
    found: list[tuple[Heading, list[Cell]]] = []
    for cell in cells:
        if cell.kind == "markdown":
            found += [(heading, []) for heading in headings(cell.source)]
        elif cell.id in wanted and found:
            found[-1][1].append(cell)
    return [_Section(heading, tuple(code)) for heading, code in found]


def _counting(sections: Sequence[_Section]) -> list[_Section]:
    """Return the sections that become steps, each with all code below it."""
    only: list[_Section] = []
    if not sections:
        return only
    for level in range(1, 7):
        grouped: list[_Section] = []
        for section in sections:
            if section.heading.level <= level:
                grouped.append(section)
            elif grouped:
                last = grouped[-1]
                grouped[-1] = _Section(last.heading, last.code + section.code)
        steps = [each for each in grouped if each.code]
        only = only or steps
        first = sections[0]
        above = first.heading.level < level
        # A title is no stage: text only below it, or what prepares for the stages.
        title = not first.code or (above and all(map(_prepares, first.code)))
        if sum(each.heading is not first.heading or not title for each in steps) > 1:
            return [
                each
                for each in steps
                if not (above and each.heading is first.heading and all(map(_prepares, each.code)))
            ]
    return only


def _prepares(cell: Cell) -> bool:
    """Whether a cell only imports and defines (IPython's `%` and `!` lines aside)."""
    lines = cell.source.split("\n")
    source = "\n".join("" if line.startswith(("%", "!")) else line for line in lines)
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    return all(isinstance(statement, _PREPARING) for statement in body)


def _unique_name(section: _Section, taken: set[str]) -> str:
    """Return the heading as a step name; `taken` holds the task names that are used."""
    stem = clean_name(section.heading.text).lstrip("- ")
    if len(stem) > LONGEST:
        whole_words = stem[: LONGEST + 1].rpartition(" ")[0]
        stem = whole_words or stem[:LONGEST]
    if name_problem(stem):
        stem = f"cell-{section.code[0].number}"
    name = stem
    count = 2
    while task_name(name) in taken:
        ending = f" {count}"
        name = stem[: LONGEST - len(ending)].rstrip() + ending
        count += 1
    taken.add(task_name(name))
    return name
