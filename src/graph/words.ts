/** What the graph says of a step in words: the second line of its node, and its name read aloud. */
import { TranslationBundle } from '@jupyterlab/translation';

import { duration, stateWord } from '../format';
import { iterationsDone, ran, seconds } from '../model/runState';
import {
  Change,
  IGraph,
  IGraphNode,
  IIterationChange,
  neighbours,
  rangeText
} from './model';

/** The second line of a node: why it waits, its loop or condition, or its cells. */
export function nodeHint(node: IGraphNode, trans: TranslationBundle): string {
  const { status, change } = node;
  if (change) {
    return changeWord(change, trans);
  }
  if (status?.error) {
    return status.error.name;
  }
  if (status?.reason) {
    return status.reason;
  }
  if (status?.cached) {
    return trans.__('cached');
  }
  if (node.loop) {
    return trans.__('for %1', node.loop);
  }
  if (node.when) {
    return trans.__('if %1', node.when);
  }
  return node.numbers.length === 0
    ? ''
    : trans._n(
        'cell %2',
        'cells %2',
        node.numbers.length,
        rangeText(node.numbers)
      );
}

/** What became of a step from one run to another. */
export function changeWord(change: Change, trans: TranslationBundle): string {
  const words: Record<Change, string> = {
    added: trans.__('added'),
    removed: trans.__('removed'),
    changed: trans.__('changed'),
    same: trans.__('the same')
  };
  return words[change];
}

/** How many iterations a loop had in two runs: `3 → 5 iterations`; in short without the word. */
export function iterationWords(
  changes: readonly IIterationChange[],
  trans: TranslationBundle,
  short: boolean = false
): string {
  const before = changes.filter(each => each.before !== null).length;
  const now = changes.filter(each => each.now !== null).length;
  const numbers = before === now ? `${now}` : `${before} → ${now}`;
  return short
    ? numbers
    : trans._n('%2 iteration', '%2 iterations', now, numbers);
}

/** All that a node shows, in one sentence for those who hear it. */
export function nodeLabel(
  node: IGraphNode,
  graph: IGraph,
  trans: TranslationBundle
): string {
  const { status } = node;
  const { before } = neighbours(graph, node.id);
  const takes = [
    ...new Set(
      graph.edges
        .filter(each => each.to === node.id)
        .flatMap(each => each.names)
    )
  ];
  const took = status && ran(status) ? seconds(status) : null;
  return [
    node.title,
    status ? stateWord(status.state, trans) : '',
    took === null ? '' : duration(took, trans),
    status && node.iterations.length
      ? trans.__('%1 iterations done', iterationsDone(status))
      : '',
    node.changes ? iterationWords(node.changes, trans) : '',
    nodeHint(node, trans),
    node.broken ? trans.__('has problems') : '',
    before.length ? trans.__('after %1', before.join(', ')) : '',
    takes.length ? trans.__('takes %1', takes.join(', ')) : ''
  ]
    .filter(Boolean)
    .join(', ');
}
