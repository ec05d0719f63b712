/**
 * What a graph of steps shows: nodes and edges, of a notebook as it is or of a run. Pure functions
 * over what the server says; how it is placed and drawn is told elsewhere.
 */
import { titleOf } from '../model/runState';
import { IIteration, IPipeline, IRun, IStep, State } from '../tokens';

/** What became of a step, or of an order, from one run to another. */
export type Change = 'added' | 'removed' | 'changed' | 'same';

/** How a change is drawn, for those who do not see its colour. */
export const SIGNS: Readonly<Record<Change, string>> = {
  added: '+',
  removed: '−',
  changed: '≠',
  same: ''
};

/** One run of a loop's body in two runs: its states, null in the one that has none. */
export interface IIterationChange {
  item: string;
  before: State | null;
  now: State | null;
  change: Change;
}

/** One step. */
export interface IGraphNode {
  /** The step's name, which is unique in its pipeline. */
  id: string;
  title: string;
  /** Ids of its cells, and their numbers where the notebook has them. */
  cells: string[];
  numbers: number[];
  /** What the run says of it; null in the graph of a notebook. */
  status: IStep | null;
  /** Whether something is wrong with it as the notebook stands. */
  broken: boolean;
  /** Its loop and its condition as they were written; empty without. */
  loop: string;
  when: string;
  /** Of a loop in a run, once its items are known. */
  iterations: IIteration[];
  /** In the graph of two runs. */
  change?: Change;
  changes?: IIterationChange[];
}

/** One step comes before another. */
export interface IGraphEdge {
  from: string;
  to: string;
  /** The variables that flow; empty where only the order matters. */
  names: string[];
  /** In the graph of two runs. */
  change?: Change;
}

export interface IGraph {
  nodes: IGraphNode[];
  edges: IGraphEdge[];
}

/** The graph of a notebook as it is. */
export function graphOfPipeline(pipeline: IPipeline): IGraph {
  const edges = new EdgeSet(pipeline.steps.map(step => step.name));
  for (const step of pipeline.steps) {
    step.inputs.forEach(input => edges.add(input.step, step.name, input.names));
    step.after.forEach(before => edges.add(before, step.name));
  }
  return {
    nodes: pipeline.steps.map(step => ({
      id: step.name,
      title: titleOf(step),
      cells: step.cells,
      numbers: numbersOf(step.cells, pipeline),
      status: null,
      broken: pipeline.problems.some(
        problem =>
          problem.severity === 'error' &&
          (problem.step === step.name ||
            (problem.cell_id !== null && step.cells.includes(problem.cell_id)))
      ),
      loop: textOf(step.options['for_each']),
      when: textOf(step.options['when']),
      iterations: []
    })),
    edges: edges.all
  };
}

/**
 * The graph of a run.
 *
 * @param pipeline - the notebook that the run was started with, which knows which variables flow;
 * null while it is not known.
 */
export function graphOfRun(run: IRun, pipeline: IPipeline | null): IGraph {
  const names = new Map(run.steps.map(step => [step.task, step.name]));
  const planned = new Map(
    (pipeline?.steps ?? []).map(step => [step.name, step])
  );
  const edges = new EdgeSet(run.steps.map(step => step.name));
  for (const step of run.steps) {
    step.after.forEach(task => edges.add(names.get(task) ?? task, step.name));
    planned
      .get(step.name)
      ?.inputs.forEach(input => edges.add(input.step, step.name, input.names));
  }
  return {
    nodes: run.steps.map(step => ({
      id: step.name,
      title: titleOf(step),
      cells: step.cells,
      numbers: pipeline ? numbersOf(step.cells, pipeline) : [],
      status: step,
      broken: false,
      loop: textOf(planned.get(step.name)?.options['for_each']),
      when: textOf(planned.get(step.name)?.options['when']),
      iterations: step.iterations ?? []
    })),
    edges: edges.all
  };
}

/** How many rows an unfolded loop has. */
export function rowCount({ iterations, changes }: IGraphNode): number {
  return changes?.length ?? iterations.length;
}

/** The letters on an edge: what flows along it, or the sign of what became of it. */
export function edgeText({ names, change }: IGraphEdge): string {
  return change ? SIGNS[change] : names.join(', ');
}

/** How many iterations are in each state, in the order in which a bar shows them. */
export function iterationCounts(
  iterations: readonly { state: State }[]
): { state: State; count: number }[] {
  const order: State[] = [
    'SUCCEEDED',
    'SKIPPED',
    'FAILED',
    'CANCELED',
    'CANCELING',
    'RUNNING',
    'PENDING'
  ];
  return order
    .map(state => ({
      state,
      count: iterations.filter(each => each.state === state).length
    }))
    .filter(({ count }) => count > 0);
}

/** The names of the steps right before and right after one, in the order of the graph. */
export function neighbours(
  graph: IGraph,
  id: string
): { before: string[]; after: string[] } {
  return {
    before: graph.edges.filter(each => each.to === id).map(each => each.from),
    after: graph.edges.filter(each => each.from === id).map(each => each.to)
  };
}

/** Cell numbers in short: `3`, `3–5`, `1, 4`. */
export function rangeText(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const parts: string[] = [];
  let start = 0;
  sorted.forEach((number, index) => {
    if (sorted[index + 1] !== number + 1) {
      const first = sorted[start];
      parts.push(first === number ? `${number}` : `${first}–${number}`);
      start = index + 1;
    }
  });
  return parts.join(', ');
}

/** Edges by their ends: a second one between the same steps adds its names. */
class EdgeSet {
  constructor(nodes: string[]) {
    this.known = new Set(nodes);
  }

  get all(): IGraphEdge[] {
    return [...this.edges.values()];
  }

  add(from: string, to: string, names: readonly string[] = []): void {
    // A step that the notebook no longer has, or that waits for itself, has no edge to draw.
    if (from === to || !this.known.has(from) || !this.known.has(to)) {
      return;
    }
    const key = JSON.stringify([from, to]);
    const known = this.edges.get(key);
    this.edges.set(key, {
      from,
      to,
      names: [...new Set([...(known?.names ?? []), ...names])]
    });
  }

  private readonly known: ReadonlySet<string>;
  private readonly edges = new Map<string, IGraphEdge>();
}

function numbersOf(cells: string[], pipeline: IPipeline): number[] {
  return cells.flatMap(id => pipeline.cells[id]?.number ?? []);
}

function textOf(option: unknown): string {
  return typeof option === 'string' ? option : '';
}
