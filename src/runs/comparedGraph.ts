/** The steps of two runs in one graph: what one has and the other has not, and what changed. */
import { Change, IGraph, IGraphEdge, IIterationChange } from '../graph/model';
import { IComparedIteration, IComparison } from '../tokens';

/**
 * The graph of the run named first and another one.
 *
 * @param other - the number of the other run in the comparison.
 */
export function comparedGraph(comparison: IComparison, other: number): IGraph {
  const both = comparison.steps.filter(
    ({ state }) => state[0] !== null || state[other] !== null
  );
  const known = new Set(both.map(({ name }) => name));
  const edited = new Set(
    comparison.code[other]?.cells?.map(({ step }) => step) ?? []
  );
  const edges = both.flatMap(({ name, after }) => {
    const before = after[0] ?? [];
    const now = after[other] ?? [];
    return [...new Set([...before, ...now])]
      .filter(each => known.has(each) && each !== name)
      .map<IGraphEdge>(each => ({
        from: each,
        to: name,
        names: [],
        change: became(before.includes(each), now.includes(each), false)
      }));
  });
  return {
    nodes: both.map(({ name, state, iterations }) => ({
      id: name,
      title: name,
      cells: [],
      numbers: [],
      status: null,
      broken: false,
      loop: '',
      when: '',
      iterations: [],
      change: became(
        state[0] !== null,
        state[other] !== null,
        edited.has(name)
      ),
      changes: iterationChanges(iterations[0], iterations[other])
    })),
    edges
  };
}

/** The iterations of a loop in either run, matched by their items; undefined where it is none. */
function iterationChanges(
  before: IComparedIteration[] | null,
  now: IComparedIteration[] | null
): IIterationChange[] | undefined {
  if (!before && !now) {
    return undefined;
  }
  const rest = [...(now ?? [])];
  const first = (before ?? []).map(({ item, state }) => {
    const at = rest.findIndex(each => each.item === item);
    const [found] = at < 0 ? [] : rest.splice(at, 1);
    const ended = !!found && found.state !== state;
    return {
      item,
      before: state,
      now: found?.state ?? null,
      change: became(true, !!found, ended)
    };
  });
  return [
    ...first,
    ...rest.map(({ item, state }) => ({
      item,
      before: null,
      now: state,
      change: became(false, true, false)
    }))
  ];
}

function became(before: boolean, now: boolean, edited: boolean): Change {
  if (before !== now) {
    return now ? 'added' : 'removed';
  }
  return edited ? 'changed' : 'same';
}

/** How many of a graph are of each kind. */
export function changeCounts(
  each: readonly { change?: Change }[]
): Record<Change, number> {
  const counts = { added: 0, removed: 0, changed: 0, same: 0 };
  each.forEach(({ change }) => change && counts[change]++);
  return counts;
}
