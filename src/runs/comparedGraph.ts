/** The steps of two runs in one graph: what one has and the other has not, and what changed. */
import { Change, IGraph, IGraphEdge } from '../graph/model';
import { IComparison } from '../tokens';

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
    nodes: both.map(({ name, state }) => ({
      id: name,
      title: name,
      cells: [],
      numbers: [],
      status: null,
      broken: false,
      loop: '',
      when: '',
      iterations: [],
      change: became(state[0] !== null, state[other] !== null, edited.has(name))
    })),
    edges
  };
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
