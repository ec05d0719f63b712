"""The edits of the form: options of a step, of every step, settings, and a step's name.

They go where the notebook says a thing already: metadata, or the magic line. Tags are the user's
own and are never changed; what stands there is refused with its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ..edits import Edit, Fix, Replace, SetMetadata
from ..errors import Code, KfpExtError, Problem
from ..notation.convert import convert_options
from ..notation.magic import component_line, parse_component_line, split_magic
from ..notation.merge import said_options
from ..notation.model import MarkedCell, MarkSource, PipelineModel, Step
from ..notation.names import clean_name, name_problem, task_name
from ..notation.options import Option, PipelineSettings, StepOptions, as_json
from ..notation.said import Place
from ..notation.tags import read_tags
from .mark_edits import write_split

_OptionT = TypeVar("_OptionT", bound=Option)

_OF_ONE_STEP = frozenset(
    {"after", "display_name", "description", "fuse"}
    | {"for_each", "for_each_limit", "when", "on_exit"}
)


def default_options() -> tuple[str, ...]:
    """Return the names of the step options that make sense as a default of every step."""
    return tuple(name for name in StepOptions.__struct_fields__ if name not in _OF_ONE_STEP)


def set_step_options(model: PipelineModel, name: str, values: Mapping[str, Any]) -> Fix:
    """Return the fix that gives options of a step their values (JSON); None takes one away.

    Each goes to the first place that says it, and away from all others; one that is said nowhere
    goes to the step's first cell. Steps that only the splitting makes are written down.

    Raises `KfpExtError`: `step-missing`, `option-unknown`, `option-invalid`, `mark-conflict` (tags
    say it), and what is wrong with a magic line that would have to be written anew.
    """
    step = _step(model, name)
    given = _checked(values, StepOptions)
    title = f"Change {', '.join(f'`{each}`' for each in given)} of `{name}`"
    if model.split is not None:
        said = {option: value for option, value in given.items() if value is not None}
        return Fix(title, write_split(model, {step.cells[0].cell.id: said}))
    holders = [holder for cell in step.cells for holder in _holders(cell)]
    for option, value in given.items():
        holding = [each for each in holders if option in each.said]
        tagged = next((each for each in holding if each.source is MarkSource.TAGS), None)
        if tagged:
            raise KfpExtError(_said_by_tags(f"`{option}`", tagged.place))
        # The first place of all is the mark that makes the step.
        target = holding[0] if holding else holders[0]
        for each in holding:
            each.changes[option] = None
        target.changes[option] = value
    return Fix(title, tuple(_edit(each, name) for each in holders if each.changes))


def set_settings(model: PipelineModel, values: Mapping[str, Any], of_steps: bool = False) -> Fix:
    """Return the fix that gives settings of the pipeline their values (JSON); None takes one away.

    `of_steps`: the values are options of every step. Raises `KfpExtError`: `option-unknown`,
    `option-invalid`.
    """
    given: dict[str, Any]
    own = model.notebook.metadata.get("kfp")
    kept = dict(own) if isinstance(own, Mapping) else {}
    if of_steps:
        misplaced = sorted(_OF_ONE_STEP & set(values))
        if misplaced:
            raise KfpExtError(_of_one_step(misplaced[0]))
        before = kept.get("defaults")
        defaults = dict(before) if isinstance(before, Mapping) else {}
        given = _checked(values, StepOptions)
        kept = _changed(kept, {"defaults": _changed(defaults, given) or None})
    else:
        given = _checked(values, PipelineSettings)
        kept = _changed(kept, given)
    title = f"Change {', '.join(f'`{each}`' for each in given)} of the pipeline"
    return Fix(title, (SetMetadata(None, "kfp", kept or None),))


def rename_step(model: PipelineModel, old: str, new: str) -> Fix:
    """Return the fix that renames a step wherever it is named, also where others wait for it.

    Raises `KfpExtError`: `step-missing`, `step-name-invalid`, `step-name-clash`, `mark-conflict`
    (tags name it).
    """
    step = _step(model, old)
    name = clean_name(new)
    wrong = name_problem(name)
    if wrong:
        raise KfpExtError(wrong)
    others = [each.name for each in model.steps if each.name != old]
    clash = next((each for each in others if task_name(each) == task_name(name)), None)
    if clash:
        raise KfpExtError(
            Problem(
                Code.STEP_NAME_CLASH,
                f"There is a step `{clash}` already.",
                "Choose another name, or join the two steps.",
                step=clash,
            )
        )
    title = f"Rename `{old}` to `{name}`"
    if model.split is not None:
        first = step.cells[0].cell.id
        return Fix(title, write_split(model, {first: {"step": name}}))
    edits = [edit for cell in model.cells for edit in _renamed(cell, old, name)]
    return Fix(title, tuple(edits))


@dataclass
class _Holder:
    """A place that says options of a step, and what is to change there."""

    cell: MarkedCell
    source: MarkSource
    said: Mapping[str, Any]
    """Options as JSON; of a wrong one only that it is there counts."""
    problems: tuple[Problem, ...] = ()
    line: int = 0
    """Of a magic line, from 1."""
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        return Place(self.cell.cell, self.source, self.line or None)


def _step(model: PipelineModel, name: str) -> Step:
    step = next((each for each in model.steps if each.name == name), None)
    if step is None:
        names = ", ".join(each.name for each in model.steps)
        raise KfpExtError(
            Problem(
                Code.STEP_MISSING,
                f"The notebook has no step `{name}`.",
                f"Its steps are: {names}.",
                step=name,
            )
        )
    return step


def _checked(values: Mapping[str, Any], kind: type[_OptionT]) -> dict[str, Any]:
    """Return the values as they are to be written; None for what is to go."""
    options, problems = convert_options(values, kind)
    if problems:
        raise KfpExtError(problems)
    written = as_json(options)
    return {name: written.get(name) for name in values}


def _changed(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    after = {**before, **changes}
    return {name: value for name, value in after.items() if value is not None}


def _own_metadata(cell: MarkedCell) -> dict[str, Any]:
    own = cell.cell.metadata.get("kfp")
    return dict(own) if isinstance(own, Mapping) else {}


def _holders(cell: MarkedCell) -> list[_Holder]:
    """Return the places of a cell that say options or can; that with its mark first."""
    own = _own_metadata(cell)
    options = {name: value for name, value in own.items() if name not in ("step", "role")}
    found = [_Holder(cell, MarkSource.METADATA, options)]
    magic = split_magic(cell.cell.source)
    if magic:
        line = parse_component_line(magic.rest)
        wrong = {each.option: None for each in line.problems if each.option}
        said = {**wrong, **as_json(line.options)}
        problems = tuple(replace(each, line=magic.line) for each in line.problems)
        held = _Holder(cell, MarkSource.MAGIC, said, problems, magic.line)
        found.insert(0 if cell.source is MarkSource.MAGIC else 1, held)
    tags = read_tags(cell.cell)
    if tags:
        found.append(_Holder(cell, MarkSource.TAGS, said_options(tags.options)))
    return found


def _edit(holder: _Holder, step: str) -> Edit:
    cell = holder.cell
    if holder.source is MarkSource.METADATA:
        return SetMetadata(
            cell.cell.id, "kfp", _changed(_own_metadata(cell), holder.changes) or None
        )
    _refuse(holder, except_for=set(holder.changes))
    options, _ = convert_options(_changed(holder.said, holder.changes), StepOptions)
    return _line(holder, step, options)


def _line(holder: _Holder, step: str, options: StepOptions) -> Edit:
    """Return the edit that writes a cell's magic line anew."""
    cell = holder.cell.cell
    old = cell.source.split("\n")[holder.line - 1]
    return Replace(cell.id, holder.line, 0, old, component_line(step, options))


def _refuse(holder: _Holder, except_for: set[str]) -> None:
    """Raise what is wrong with a magic line: writing it anew would drop what is not understood."""
    wrong = [each for each in holder.problems if each.option not in except_for]
    if wrong:
        raise KfpExtError(tuple(holder.place.locate(each) for each in wrong))


def _renamed(cell: MarkedCell, old: str, new: str) -> list[Edit]:
    """Return the edits of a cell that names a step, or waits for it."""
    edits: list[Edit] = []
    for holder in _holders(cell):
        if holder.source is MarkSource.METADATA:
            before = _own_metadata(cell)
            after = {**before, **_renamed_mark(before, old, new)}
            if after != before:
                edits.append(SetMetadata(cell.cell.id, "kfp", after))
            continue
        waits = old in holder.said.get("after", ())
        own = cell.source is holder.source and cell.step == old
        if not (waits or own):
            continue
        if holder.source is MarkSource.TAGS:
            raise KfpExtError(_said_by_tags(f"The step `{old}`", holder.place))
        _refuse(holder, except_for=set())
        options, _ = convert_options(
            {**holder.said, **_renamed_mark(holder.said, old, new)}, StepOptions
        )
        edits.append(_line(holder, new if own else cell.step or "", options))
    return edits


def _renamed_mark(said: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    def swap(name: Any) -> Any:
        return new if isinstance(name, str) and clean_name(name) == old else name

    after = said.get("after")
    changed: dict[str, Any] = {}
    if "step" in said:
        changed["step"] = swap(said["step"])
    if after is not None:
        changed["after"] = (
            [swap(each) for each in after] if isinstance(after, list) else swap(after)
        )
    return changed


def _said_by_tags(what: str, place: Place) -> Problem:
    return place.locate(
        Problem(
            Code.MARK_CONFLICT,
            f"{what} is said by {place}, which are not changed from here.",
            "Change the tag in the property inspector, or remove it there first.",
        )
    )


def _of_one_step(option: str) -> Problem:
    return Problem(
        Code.OPTION_INVALID,
        f"`{option}` cannot be a default of every step.",
        "Say it in the steps that need it.",
        option=option,
    )
