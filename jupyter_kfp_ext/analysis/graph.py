"""The typed model of a notebook -> the plan of its pipeline (docs/semantics.md)."""

from collections.abc import Iterable, Mapping

from ..errors import Code as ProblemCode
from ..notation.model import MarkedCell, PipelineModel, Role
from ..notation.names import task_name
from . import world
from .assumed import Later, kept, late, read_only, stateful, takers_of, watch_of
from .cell import analyse_cell
from .control import ADDED, is_added, with_controls
from .control_flow import ControlledWalk, control_problems
from .controlled_steps import planned_controls
from .flow import Need, needs_of
from .helper_effects import HelperEffects
from .hints import Hints
from .idle import idle_imports, needed_parts
from .local_modules import helpers_end, local_modules, module_folders
from .lost_state import hook_problems, setting_problems, state_problems
from .magics import magic_problems
from .metrics import charts_in
from .observed import Observed, learned
from .order import Edges, arrange, edges_of
from .parameters import find_parameters, may_read
from .plan import Code, Input, Parameter, Plan, StepPlan
from .problems import name_problems, syntax_problems
from .rewritten import rewritten_problems
from .segments import Segment, Walk
from .slices import keep
from .versions import make_walker


def make_plan(model: PipelineModel, observed: Iterable[Observed] = ()) -> Plan:
    """Return the plan of a notebook: what each step runs, takes and gives.

    `observed` is what earlier runs saw its cells do. Pure but for one look at the notebook's
    folder: modules beside it are the user's own, and nothing is assumed of what their functions
    leave unchanged. Never raises for what is in a notebook: everything that is wrong with it is in
    `problems`.
    """
    observed = tuple(observed)
    controlled = with_controls(model)
    notebook, model = model, controlled.model
    problems = [*model.problems, *syntax_problems(model), *learned(notebook, observed)]
    problems += controlled.problems
    parameters, wrong = find_parameters(model)
    problems += wrong
    declared = {each.name: each.cell_id for each in parameters}
    folders = module_folders(model)
    walker = make_walker(model, declared, local_modules(folders), Hints(model, observed))
    environ_changes = any(world.NAMES_ENVIRON.search(cell.body) for cell in model.cells)
    walker.interpreter.helper_effects = HelperEffects(folders, environ_changes)
    walker.interpreter.helpers_end = helpers_end(model, folders)
    controls = ControlledWalk(walker, controlled.controls, controlled.decisions)
    walker.walk(controls.begin, controls.finish)
    found = walker.found
    problems += name_problems(model, found)
    problems += magic_problems(model)
    needs = needs_of(found)
    problems += controls.problems
    problems += control_problems(controlled.controls, found, needs, controls)
    problems += state_problems(found, needs)
    problems += rewritten_problems(found, needs)
    problems += setting_problems(found)
    problems += hook_problems(found)
    edges = edges_of(model, found, needs)
    tasks = {step.name: task_name(step.name) for step in model.steps}
    order, cycles = arrange(model, found, needs, edges)
    if all(each.code is not ProblemCode.CYCLE for each in problems):  # the marks' own is clearer
        problems += cycles
    planner = _Planner(model, found, needs, edges, tasks, parameters)
    steps = planned_controls([planner.step(name) for name in order], controlled, controls)
    return Plan(notebook, parameters, tuple(steps), tuple(problems))


class _Planner:
    """Puts the segments of each step together."""

    def __init__(
        self,
        model: PipelineModel,
        found: Walk,
        needs: list[Need],
        edges: Edges,
        tasks: dict[str, str],
        parameters: tuple[Parameter, ...],
    ) -> None:
        self.model = model
        self.found = found
        self.needs = needs
        self.edges = edges
        self.tasks = tasks
        self.parameters = parameters
        self.steps = {step.name: step for step in model.steps}
        self.takers = takers_of(needs)
        self.later = Later(found, needs)
        self.own: dict[str, list[int]] = {}
        """The indices of each step's segments."""
        self.states: dict[int, set[str]] = {}
        """Definitions whose state later segments take from each segment."""
        for number, segment in enumerate(found.segments):
            self.own.setdefault(segment.step, []).append(number)
        for need in needs:
            for each in need.states:
                self.states.setdefault(need.values[each], set()).add(each)
        self.always = [
            (placed.segment, {index, *self._needed_with(index)})
            for index, placed in enumerate(found.placed)
            if placed.replays
            and (placed.cell.role in (Role.IMPORTS, Role.FUNCTIONS) or placed.statement.compiles)
        ]
        """What runs before later steps in any case: imports, functions cells, `__future__`."""

    def step(self, name: str) -> StepPlan:
        own = self.own[name]
        segments = [self.found.segments[number] for number in own]
        prelude, cells = self._code(own, segments)
        inputs = self._inputs(name, own)
        given = {
            each
            for number in own
            for each in self.needs[number].gives
            if self._leaves(name, number, each)
        }
        taken = {each for source in inputs for each in source.names}
        states = self._states(own)
        data = {each.step for each in inputs}
        options = self.steps[name].options
        declared = [each for each in options.after if each in self.tasks]
        order_only = dict.fromkeys([*declared, *sorted(self.edges.order.get(name, ()))])
        modules = {
            each for code in (*prelude, *cells) for each in analyse_cell(code.source).modules
        }
        return StepPlan(
            name=name,
            task=self.tasks[name],
            options=options,
            prelude=prelude,
            cells=cells,
            inputs=inputs,
            outputs=tuple(sorted(given)),
            parameters=self._parameters(own, segments, (*prelude, *cells)),
            metrics=tuple(dict.fromkeys(each for s in segments for each in s.metrics)),
            charts=tuple(
                chart
                for segment in segments
                for cell in segment.cells
                if cell.role is Role.METRICS
                for chart in charts_in(cell.body)
            ),
            after=tuple(
                self.tasks[each] for each in order_only if each not in data and each != name
            ),
            read_only=read_only(self.found, self.needs, own, inputs, self.takers),
            watch=watch_of(self.found, own, {*given, *taken} - set(states), given, self.later),
            stateful=stateful(self.found, given | taken),
            kept=(keeping := kept(self.found, given | taken)),
            kept_as=dict(self.found.kept_as) if keeping else {},
            late=late(self.found, given | taken),
            states=states,
            made=tuple(sorted({each for number in own for each in self.needs[number].made})),
            by_value=tuple(
                sorted({each for number in own for each in self.needs[number].by_value})
            ),
            modules=tuple(sorted(modules)),
        )

    def _states(self, own: list[int]) -> tuple[str, ...]:
        """Return the definitions whose state comes in or goes out."""
        taken = {name for number in own for name in self.needs[number].states}
        given = {name for number in own for name in self.states.get(number, ())}
        return tuple(sorted(taken | given))

    def _leaves(self, step: str, number: int, name: str) -> bool:
        """Tell whether another step takes a name from this segment."""
        takers = self.takers.get((number, name), ())
        return any(self.found.segments[other].step != step for other in takers)

    def _inputs(self, step: str, own: list[int]) -> tuple[Input, ...]:
        taken: dict[str, set[str]] = {}
        for number in own:
            for name, source in self.needs[number].values.items():
                producer = self.found.segments[source].step
                if producer != step:
                    taken.setdefault(producer, set()).add(name)
        return tuple(
            Input(producer, tuple(sorted(taken[producer])))
            for producer in sorted(taken, key=lambda each: self.own[each][0])
        )

    def _parameters(
        self, own: list[int], segments: list[Segment], code: tuple[Code, ...]
    ) -> tuple[str, ...]:
        used = {name for number in own for name in self.needs[number].parameters}
        # The step that runs the parameters cell for the record reads them there, without a need:
        # those that it never names would only change its key.
        hosted = {cell.cell.id for each in segments for cell in (*each.hosted, *each.cells)}
        bound = {each.name for each in self.parameters if each.cell_id in hosted}
        used |= may_read(bound, [each.source for each in code])
        return tuple(each.name for each in self.parameters if each.name in used)

    def _code(
        self, own: list[int], segments: list[Segment]
    ) -> tuple[tuple[Code, ...], tuple[Code, ...]]:
        first = own[0]
        hosted = segments[0].hosted
        early = hosted if first == 0 else []
        later = list(segments[0].cells) if first == 0 else [*hosted, *segments[0].cells]
        for segment in segments[1:]:
            later += [*segment.hosted, *segment.cells]
        whole = {cell.cell.id for cell in (*early, *later)}
        replays = {index for number in own for index in self.needs[number].replays}
        always = {each for place, indices in self.always if place < first for each in indices}
        names = {each for segment in segments for each in segment.exposed}
        for need in (self.needs[number] for number in own):
            names |= need.gives | need.values.keys() | need.states | need.made | need.by_value
        replays |= always
        replays = needed_parts(self.found, (*early, *later), replays, always, names)
        by_cell: dict[str, list[int]] = {}
        for index in sorted(replays):
            cell = self.found.placed[index].cell
            if cell.cell.id not in whole:
                by_cell.setdefault(cell.cell.id, []).append(index)
        prelude = [
            self._slice(self.found.placed[indices[0]].cell, indices) for indices in by_cell.values()
        ]
        idle = idle_imports(self.found, (*early, *later), replays)
        prelude += [self._whole(cell, idle) for cell in early]
        shown = [cell for cell in later if cell.body or not is_added(cell.cell.id)]
        return tuple(prelude), tuple(self._whole(cell, idle) for cell in shown)

    def _needed_with(self, index: int) -> set[int]:
        found: set[int] = set()
        pending = [index]
        while pending:
            for version in self.found.placed[pending.pop()].needs.values():
                new = set(version.statements) - found
                found |= new
                pending += new
        return found

    def _slice(self, cell: MarkedCell, indices: list[int]) -> Code:
        start = self.found.starts[cell.cell.id]
        facts = self.found.facts[cell.cell.id]
        source = keep(cell.body, facts.statements, {index - start for index in indices})
        return Code(cell.cell.id, cell.cell.number or 0, source, record=False)

    def _whole(self, cell: MarkedCell, idle: Mapping[str, tuple[int, ...]]) -> Code:
        source = cell.body
        if cell.role is Role.PARAMETERS:
            facts = self.found.facts[cell.cell.id]
            bound = {each.name for each in self.parameters if each.cell_id == cell.cell.id}
            kept = {
                number
                for number, each in enumerate(facts.statements)
                if not (each.literal and each.target in bound)
            }
            source = keep(cell.body, facts.statements, kept)
        # What decides on a step belongs to the step's cell.
        return Code(
            cell.cell.id.partition(ADDED)[0],
            cell.cell.number or 0,
            source,
            idle=idle.get(cell.cell.id, ()),
        )
