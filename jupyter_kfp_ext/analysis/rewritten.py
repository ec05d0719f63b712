"""Modules whose files the notebook writes again after it imported them, without `reload`.

A kernel goes on with what it imported. A later step imports the module anew, from the file as it
is by then, so it would get the new one: that is refused where it can be seen.
"""

from ..errors import Code, Problem
from .facts import Call, Import
from .flow import Need
from .segments import Placed, Walk
from .world import written_modules


def rewritten_problems(walk: Walk, needs: list[Need]) -> list[Problem]:
    """Return the statements that write a module's file anew, where a later step imports it."""
    if any("autoreload" in placed.cell.body for placed in walk.placed):
        return []  # the kernel takes the new one, too
    imported: dict[str, list[int]] = {}
    paths: dict[str, set[str]] = {}
    problems = []
    for index, placed in enumerate(walk.placed):
        text = _text(placed)
        named = written_modules([text])
        for name in placed.needs:
            named |= paths.get(name, set())
        for target in _bound(placed):
            paths[target] = set(named)
        for module in sorted(named & imported.keys() if placed.writes_files else ()):
            problems += _problem(walk, needs, module, index, imported.pop(module))
        for operation in placed.statement.operations:
            if isinstance(operation, Import):
                imported.setdefault(operation.module.split(".")[0], []).append(index)
    return problems


def _problem(
    walk: Walk, needs: list[Need], module: str, index: int, imports: list[int]
) -> list[Problem]:
    placed = walk.placed[index]
    reloads = [each for each in walk.placed[index:] if _reloads(each)]
    last = min((each.segment for each in reloads), default=len(needs))
    for number in range(placed.segment + 1, min(last, len(needs))):
        if needs[number].replays.isdisjoint(imports):
            continue
        step = walk.segments[number].step
        return [
            Problem(
                Code.VALUE_CANNOT_CROSS,
                f"This writes the file of module {module} again, which was imported before: step "
                f"'{step}' imports it from the new file, where a kernel goes on with the old one.",
                f"Reload it (`importlib.reload({module})`), or give the new file another name.",
                cell=placed.cell.cell.number,
                cell_id=placed.cell.cell.id,
                line=placed.statement.line,
                step=walk.segments[placed.segment].step,
            )
        ]
    return []


def _reloads(placed: Placed) -> bool:
    return any(
        isinstance(each, Call) and "reload" in (each.callee, *each.path)
        for each in placed.statement.operations
    )


def _bound(placed: Placed) -> set[str]:
    target = placed.statement.target
    return {target} if target else set()


def _text(placed: Placed) -> str:
    lines = placed.cell.body.splitlines()
    return "\n".join(lines[placed.statement.line - 1 : placed.statement.end_line])
