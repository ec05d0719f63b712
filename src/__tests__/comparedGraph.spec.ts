/** Two runs as one graph. */
import { changeCounts, comparedGraph } from '../runs/comparedGraph';
import { ICellDifference, IComparedStep, IComparison } from '../tokens';
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
