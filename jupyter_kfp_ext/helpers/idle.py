"""Leaves out imports of the preamble that a step has no use for, where nobody can tell.

The step that runs the preamble would else need every module that any step imports: it would run
again whenever one of them is edited, and its image would have to have all packages.
"""

from collections.abc import Iterable
from dataclasses import replace

from ..analysis.cell import analyse_cell
from ..analysis.plan import Code, Plan, StepPlan
from ..analysis.slices import keep
from .closure import Closure, StepModules
from .imports import imported_modules
from .locate import ModuleFile
from .project import Project, Search
from .quiet import is_quiet_package
from .reading import Reader

_FINDS_CLASSES = "__subclasses__"
"""Who asks for it sees classes of modules that it does not name."""


def without_idle_imports(
    plan: Plan, found: dict[str, StepModules], project: Project, closure: Closure, reader: Reader
) -> Plan:
    """Return the plan with imports left out that a step does not use and that do nothing else.

    `found` are the modules of each step as it stands, by task.
    """
    if not any(code.idle for step in plan.steps for code in (*step.prelude, *step.cells)):
        return plan
    if any(_FINDS_CLASSES in cell.body for cell in plan.model.cells):
        return plan
    modules = {place: content for each in found.values() for place, content in each.files.values()}
    if any(_FINDS_CLASSES.encode() in content for content in modules.values()):
        return plan
    idle = _Idle(project, closure, reader)
    return replace(plan, steps=tuple(idle.step(each) for each in plan.steps))


class _Idle:
    def __init__(self, project: Project, closure: Closure, reader: Reader) -> None:
        self._project = project
        self._closure = closure
        self._reader = reader

    def step(self, step: StepPlan) -> StepPlan:
        search = self._project.searches[step.task]
        prelude = tuple(self._code(each, search) for each in step.prelude)
        cells = tuple(self._code(each, search) for each in step.cells)
        if (prelude, cells) == (step.prelude, step.cells):
            return step
        facts = [analyse_cell(code.source) for code in (*prelude, *cells)]
        modules = {name for each in facts for name in each.modules}
        return replace(step, prelude=prelude, cells=cells, modules=tuple(sorted(modules)))

    def _code(self, code: Code, search: Search) -> Code:
        statements = analyse_cell(code.source).statements
        imports = {each: keep(code.source, statements, {each}) for each in code.idle}
        left = {
            index
            for index, source in imports.items()
            if self._does_nothing(imported_modules(source, ""), search)
        }
        if not left:
            return code
        kept = set(range(len(statements))) - left
        return replace(code, source=keep(code.source, statements, kept), text=code.source, idle=())

    def _does_nothing(self, names: Iterable[str], search: Search) -> bool:
        """Tell whether importing modules from a cell shows and changes nothing."""
        pending = [(name, False) for name in names]
        seen: set[ModuleFile] = set()
        while pending:
            name, in_module = pending.pop()
            located = self._closure.located(search, name)
            if not located.files and not located.folders and not is_quiet_package(name, in_module):
                return False
            for file in located.files:
                if file in seen:
                    continue
                seen.add(file)
                imports = self._imports(file)
                if imports is None:
                    return False
                pending += [(each, True) for each in imports]
        return True

    def _imports(self, file: ModuleFile) -> list[str] | None:
        """Return what a module of the user's imports; None where it does more than define."""
        module = self._reader.module(file)
        scan = module.scan
        made = file.path in self._project.made
        if made or scan is None or module.problems or not scan.quiet or scan.imports.computed:
            return None
        return [name for name, _ in scan.imports.names]
