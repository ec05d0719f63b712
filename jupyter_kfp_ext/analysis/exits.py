"""What a step at the exit can have from others, and they from it: it runs after them all."""

from ..errors import Code, Problem
from . import world
from .control import STATUS, Control, names_in_words, problem_at
from .flow import Need
from .scopes import is_module_name
from .segments import Walk


def exit_problems(control: Control, found: Walk, need: Need, number: int) -> list[Problem]:
    """Return what the step at the exit, of this segment, lacks or makes too late."""
    return _not_there(control, need) + _read_before(control, found, number)


def _not_there(control: Control, need: Need) -> list[Problem]:
    names = {name for name in need.values if name[0] != "@"}
    parts = sorted(name for name in need.values if name[0] == "@")
    if not need.values:
        return []
    shown = names_in_words(names) or ", ".join(parts).replace("@", "the state of ")
    return [
        problem_at(
            control.step,
            "on_exit",
            f"it needs {shown} of other steps, which may not have run when it does",
            f"Use parameters, imports, functions and `{STATUS}` only.",
            Code.VALUE_CANNOT_CROSS,
        )
    ]


def _read_before(control: Control, found: Walk, number: int) -> list[Problem]:
    """Refuse what cells below take from it in a kernel, which runs it where it stands."""
    own = found.segments[number]
    later = [each for each in found.segments[number + 1 :] if each.step != own.step]
    made = {name for name in own.bound | own.changed if is_module_name(name)} - {"_"}
    read = {name for each in later for name in each.exposed if name in made}
    parts = {name for name in own.bound | own.changed if name[0] == "@"}
    placed = [each for each in found.placed if each.segment == number]
    sets = any(each.replays and each.statement.setting for each in placed)
    wrote = any(each.writes_files for each in placed)
    reads_files = any(each.reads_files for each in later)
    shown = names_in_words({name for name in read if name[0] != "@"})
    if later and not shown and (sets or parts - {world.FILES}):
        shown = "what it sets"
    elif not shown and wrote and reads_files:
        shown = "files that it writes"
    if not shown:
        return []
    return [
        problem_at(
            control.step,
            "on_exit",
            f"cells below use {shown}, and in a run it comes after them",
            "Move it to the end of the notebook.",
            Code.VALUE_CANNOT_CROSS,
        )
    ]
