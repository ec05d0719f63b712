"""What the analysis finds wrong: syntax errors and names that are not there."""

from ..errors import Code, Problem, Severity
from ..notation.convert import suggest
from ..notation.model import MarkedCell, PipelineModel, Role
from .cell import analyse_cell
from .interpret import BUILTINS
from .segments import Unknown, Walk
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
