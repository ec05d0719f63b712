"""What the analysis finds wrong: syntax errors and names that are not there."""

from ..errors import Code, Problem, Severity
from ..notation.convert import suggest
from ..notation.model import MarkedCell, PipelineModel, Role
from .cell import analyse_cell
from .flow import Need
from .heap import NOTHING, Module
from .interpret import BUILTINS
from .segments import Placed, Segment, Unknown, Walk
from .trees import name_span


def syntax_problems(model: PipelineModel) -> list[Problem]:
    """Return the cells that Python cannot read."""
    found = []
    for cell in model.cells:
        problem = analyse_cell(cell.body).problem
        if problem is not None and cell.role is not Role.SKIP:
            found.append(
                Problem(
                    problem.code,
                    problem.message,
                    problem.remedy,
                    cell=cell.cell.number,
                    cell_id=cell.cell.id,
                    line=problem.line,
                    step=cell.step,
                )
            )
    return found


def name_problems(model: PipelineModel, walk: Walk) -> list[Problem]:
    """Return names that are read and not there.

    An error only where the read is sure to happen: a notebook that runs clean has none. Where a
    cell cannot be read, its names are unknown and nothing is said about names at all.
    """
    if any(analyse_cell(cell.body).problem for cell in model.cells if cell.role is not Role.SKIP):
        return []
    positions = {cell.cell.id: number for number, cell in enumerate(model.cells)}
    metrics = {(each.name, each.cell.cell.id) for each in walk.unknown if each.metric}
    told: set[tuple[str, str]] = set()
    problems = []
    for unknown in walk.unknown:
        key = (unknown.name, unknown.cell.cell.id)
        if key not in told:
            told.add(key)
            problems.append(_problem(model, unknown, positions, key in metrics))
    return problems


def state_problems(walk: Walk, needs: list[Need]) -> list[Problem]:
    """Return what would have to cross into another step and cannot: open files and their like.

    Also an instance of a class that a later step has defined anew.
    """
    problems = []
    for number, need in enumerate(needs):
        segment = walk.segments[number]
        for name in sorted(need.values):
            source = walk.segments[need.values[name]].step
            if source == segment.step:
                continue
            maker = segment.entry[name].maker
            resource = maker is not None and walk.placed[maker].resource
            if maker is not None and resource and name[0] != "@":
                problems.append(_resource(name, walk.placed[maker], segment.step))
            if name in need.stale:
                problems.append(_stale(name, need.stale[name], segment))
    return problems


def setting_problems(walk: Walk) -> list[Problem]:
    """Return settings of a module that a later step uses and that cannot be made again there.

    The seed of a library whose generators do not cross is made again, but its draws go on from it.
    """
    problems = []
    for index, settings in walk.settings:
        problems += _lost(walk, index, {each.split(".")[0] for each in settings}, seed=False)
    for index, placed in enumerate(walk.placed):
        if placed.seeds:
            problems += _lost(walk, index, set(placed.seeds), seed=True)
    return problems


def _lost(walk: Walk, index: int, modules: set[str], seed: bool) -> list[Problem]:
    placed = walk.placed[index]
    here = walk.segments[placed.segment].step
    for segment in walk.segments[placed.segment + 1 :]:
        used = {
            known.dotted.split(".")[0]
            for name in segment.exposed
            for known in segment.values.get(name, NOTHING).knows
            if isinstance(known, Module)
        }
        if segment.step == here or not used & modules:
            continue
        module = min(used & modules)
        what = (
            f"The seed of {module} is set again in step '{segment.step}', whose draws so do not "
            f"go on from those of step '{here}'."
            if seed
            else f"This sets up {module}, which step '{segment.step}' uses too, with what only "
            "this step has."
        )
        return [
            Problem(
                Code.VALUE_CANNOT_CROSS,
                what,
                "Put the cells that draw random numbers with it into one step."
                if seed
                else "Set it up with constants, or in the cells of each step that needs it.",
                severity=Severity.WARNING if seed else Severity.ERROR,
                cell=placed.cell.cell.number,
                cell_id=placed.cell.cell.id,
                line=placed.statement.line,
                step=placed.cell.step,
            )
        ]
    return []


def _stale(name: str, definition: str, segment: Segment) -> Problem:
    cell = segment.cells[0].cell
    return Problem(
        Code.VALUE_CANNOT_CROSS,
        f"{name} was made with an earlier definition of {definition}, which step '{segment.step}' "
        "has defined anew: it would be taken for the new one.",
        f"Give the two definitions of {definition} different names.",
        cell=cell.number,
        cell_id=cell.id,
        step=segment.step,
    )


def _resource(name: str, maker: Placed, step: str) -> Problem:
    return Problem(
        Code.VALUE_CANNOT_CROSS,
        f"{name} is {maker.resource}, which step '{step}' needs but no other process can have.",
        "Make it again in that step (in a function, say), or put the cells into one step.",
        cell=maker.cell.cell.number,
        cell_id=maker.cell.cell.id,
        line=maker.statement.line,
        step=maker.cell.step,
    )


def _problem(
    model: PipelineModel, unknown: Unknown, positions: dict[str, int], metric: bool
) -> Problem:
    here = positions[unknown.cell.cell.id]
    later = _first_binding(model, unknown.name, here)
    skipped = _skipped_binding(model, unknown.name, here)
    if metric and later is None:
        code = Code.METRIC_UNDEFINED
        message = f"The metric {unknown.name} is not defined before this cell."
        remedy = "Assign it in a step above, or take it out of the metrics cell."
    elif unknown.hidden is not None:
        code = Code.NAME_UNDEFINED
        message = (
            f"{unknown.name} is assigned by name in no cell above; it is taken from cell "
            f"{unknown.hidden.cell.number}, which may set it by exec, globals() or a magic."
        )
        remedy = "Assign it by name, so that it can be seen."
    elif skipped is not None:
        code = Code.NAME_UNDEFINED
        message = f"{unknown.name} is only defined in cell {skipped.cell.number}, which is skipped."
        remedy = "Take the skip mark from that cell, or define the name in a step."
    elif later is not None:
        code = Code.NAME_USED_BEFORE
        message = (
            f"{unknown.name} is used here but only defined later, in cell {later.cell.number}."
        )
        remedy = "Move the cell that defines it above this one."
    else:
        code = Code.NAME_UNDEFINED
        message = f"{unknown.name} is not defined in any cell above."
        near = suggest(unknown.name, _names_above(model, here), nearness=0.75)
        remedy = f"{near}Define it, import it, or correct its spelling."
    span = name_span(unknown.cell.body, unknown.line, unknown.name)
    sure = unknown.sure and unknown.hidden is None
    return Problem(
        code,
        message,
        remedy,
        severity=Severity.ERROR if sure else Severity.WARNING,
        cell=unknown.cell.cell.number,
        cell_id=unknown.cell.cell.id,
        line=unknown.line,
        step=unknown.step,
        column=span[0] if span else None,
        end_line=unknown.line if span else None,
        end_column=span[1] if span else None,
    )


def _names_above(model: PipelineModel, here: int) -> list[str]:
    """Return what cells up to this one bind, and the builtins."""
    cells = [cell for cell in model.cells[: here + 1] if cell.role is not Role.SKIP]
    names = {name for cell in cells for name in analyse_cell(cell.body).binds}
    return sorted(names | {name for name in BUILTINS if not name.startswith("_")})


def _first_binding(model: PipelineModel, name: str, here: int) -> MarkedCell | None:
    for cell in model.cells[here:]:
        if cell.role is not Role.SKIP and name in analyse_cell(cell.body).binds:
            return cell
    return None


def _skipped_binding(model: PipelineModel, name: str, here: int) -> MarkedCell | None:
    for cell in model.cells[:here]:
        if cell.role is Role.SKIP and name in analyse_cell(cell.body).binds:
            return cell
    return None
