/** Two runs as one graph. */
import { nullTranslator } from '@jupyterlab/translation';

import { iterationWords } from '../graph/words';
import { changeCounts, comparedGraph } from '../runs/comparedGraph';
import { ICellDifference, IComparedStep, IComparison, State } from '../tokens';
import { compared } from './fakes';

/** A step of three runs: the names that it comes after in each; null where it is not there. */
function comparedStep(
  name: string,
  ...after: (string[] | null)[]
): IComparedStep {
  const nothing = after.map(() => null);
  return {
    name,
    after,
    state: after.map(each => each && 'SUCCEEDED'),
    cached: nothing,
    iterations: nothing,
    seconds: nothing,
    peak_memory_bytes: nothing,
    cpu_seconds: nothing,
    bytes_out: nothing
  };
}

const CELL: ICellDifference = {
  change: 'changed',
  cell_id: 'c',
  number: 3,
  step: 'train',
  lines: []
};

const COMPARISON: IComparison = {
  runs: [compared('r1'), compared('r2'), compared('r3')],
  parameters: [],
  metrics: [],
  steps: [
    comparedStep('load', [], [], []),
    comparedStep('clean', ['load'], null, ['load']),
    comparedStep('train', ['clean'], ['load'], ['clean']),
    comparedStep('report', null, ['train', 'load'], null)
  ],
  code: [
    { run_id: 'r1', cells: [], files: [] },
    { run_id: 'r2', cells: [CELL], files: [] },
    { run_id: 'r3', cells: null, files: null }
  ]
};

const marks = (other: number) => {
  const { nodes, edges } = comparedGraph(COMPARISON, other);
  return [
    nodes.map(({ id, change }) => `${id} ${change}`),
    edges.map(({ from, to, change }) => `${from}>${to} ${change}`)
  ];
};

test('steps and orders of either are there, with what became of them', () => {
  expect(marks(1)).toEqual([
    ['load same', 'clean removed', 'train changed', 'report added'],
    [
      'load>clean removed',
      'clean>train removed',
      'load>train added',
      'train>report added',
      'load>report added'
    ]
  ]);
});

test('iterations of a loop are matched by their items', () => {
  const of = (item: string, state: State = 'SUCCEEDED') => ({ item, state });
  const loop = {
    ...comparedStep('train', [], []),
    iterations: [
      [of('1'), of('1'), of('2'), of('3', 'FAILED')],
      [of('3'), of('4'), of('1')]
    ]
  };
  const [node] = comparedGraph({ ...COMPARISON, steps: [loop] }, 1).nodes;
  expect(
    node.changes?.map(({ item, before, now, change }) =>
      [item, before, now, change].join()
    )
  ).toEqual([
    '1,SUCCEEDED,SUCCEEDED,same',
    '1,SUCCEEDED,,removed',
    '2,SUCCEEDED,,removed',
    '3,FAILED,SUCCEEDED,changed',
    '4,,SUCCEEDED,added'
  ]);
  expect(iterationWords(node.changes!, nullTranslator.load(''))).toBe(
    '4 → 3 iterations'
  );
});

test('a step that neither has is not there, and unknown code is no change', () => {
  expect(marks(2)).toEqual([
    ['load same', 'clean same', 'train same'],
    ['load>clean same', 'clean>train same']
  ]);
});

test('changes are counted', () => {
  const { nodes, edges } = comparedGraph(COMPARISON, 1);
  expect(changeCounts(nodes)).toEqual({
    added: 1,
    removed: 1,
    changed: 1,
    same: 1
  });
  expect(changeCounts(edges)).toEqual({
    added: 3,
    removed: 2,
    changed: 0,
    same: 0
  });
});
