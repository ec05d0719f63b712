import {
  joinSteps,
  markRole,
  markSplit,
  markStep,
  removeMarks,
  splitStep
} from '../cells/marks';
import { proposeName } from '../cells/names';
import { foreignMark, markOf, usesPipeline } from '../model';
import { ICellSpec, notebookModel, pipeline } from './fakes';

function marksOf(model: ReturnType<typeof notebookModel>): unknown[] {
  return [...model.cells].map(cell => cell.getMetadata('kfp') ?? null);
}

const THREE: ICellSpec[] = [
  { id: 'a', source: 'x = 1' },
  { id: 'b', source: 'y = x' },
  { id: 'c', source: 'z = y' }
];

describe('marking', () => {
  it('writes plain metadata, and one undo takes all of it back', () => {
    const model = notebookModel(THREE);
    const cells = [model.cells.get(0), model.cells.get(1)];
    markStep(model, cells, 'load');
    expect(marksOf(model)).toEqual([{ step: 'load' }, { step: 'load' }, null]);
    model.sharedModel.undo();
    expect(marksOf(model)).toEqual([null, null, null]);
    model.sharedModel.redo();
    expect(marksOf(model)).toEqual([{ step: 'load' }, { step: 'load' }, null]);
  });

  it('keeps the options of a step that is renamed or moved', () => {
    const model = notebookModel([
      { id: 'a', metadata: { kfp: { step: 'load', gpu: 1 } } }
    ]);
    markStep(model, [model.cells.get(0)], 'read');
    expect(marksOf(model)).toEqual([{ step: 'read', gpu: 1 }]);
  });

  it('a cell has a role or a step, never both', () => {
    const model = notebookModel([
      { id: 'a', metadata: { kfp: { step: 'load', gpu: 1 } } }
    ]);
    const cells = [model.cells.get(0)];
    markRole(model, cells, 'imports');
    expect(marksOf(model)).toEqual([{ role: 'imports' }]);
    markStep(model, cells, 'load');
    expect(marksOf(model)).toEqual([{ step: 'load' }]);
  });

  it('removes marks and nothing else', () => {
    const model = notebookModel([
      { id: 'a', metadata: { kfp: { step: 'load' }, tags: ['keep'] } },
      { id: 'b', metadata: { other: 1 } }
    ]);
    removeMarks(model, [...model.cells]);
    expect([...model.cells].map(cell => cell.metadata)).toEqual([
      { tags: ['keep'] },
      { other: 1 }
    ]);
  });

  it('writes down what the headings give, in the first cell of each', () => {
    const model = notebookModel(THREE);
    const split = pipeline([], { split: 'headings' });
    split.steps = [
      { ...pipeline(['load']).steps[0], cells: ['a', 'b'] },
      { ...pipeline(['fit']).steps[0], cells: ['c'] }
    ];
    markSplit(model, split);
    expect(marksOf(model)).toEqual([{ step: 'load' }, null, { step: 'fit' }]);
  });

  /** Three cells in two steps: `load` with two, `train` with one. */
  const two = (fields = {}) => {
    const found = pipeline(['load', 'train'], fields);
    found.steps[0].cells = ['a', 'b'];
    found.steps[1].cells = ['c'];
    return found;
  };
  const MARKED: ICellSpec[] = [
    { id: 'a', metadata: { kfp: { step: 'load', cpu: '1' } } },
    { id: 'b', metadata: { kfp: { step: 'load' } } },
    { id: 'c', metadata: { kfp: { step: 'train', gpu: 1 } } }
  ];

  it('joins steps, keeps their options, and one undo takes it back', () => {
    const model = notebookModel(MARKED);
    joinSteps(model, two(), ['load', 'train']);
    expect(marksOf(model)).toEqual([
      { step: 'load', cpu: '1' },
      { step: 'load' },
      { step: 'load', gpu: 1 }
    ]);
    model.sharedModel.undo();
    expect(marksOf(model)[2]).toEqual({ step: 'train', gpu: 1 });
  });

  it('joins steps that only the headings make', () => {
    const model = notebookModel(THREE);
    joinSteps(model, two({ split: 'headings' }), ['load', 'train']);
    expect(marksOf(model)).toEqual([{ step: 'load' }, null, null]);
  });

  it('cuts a step in two, with all its later cells', () => {
    const model = notebookModel([
      ...MARKED.slice(0, 2),
      { id: 'b2', metadata: { kfp: { step: 'load' } } },
      MARKED[2]
    ]);
    const cut = two();
    cut.steps[0].cells = ['a', 'b', 'b2'];
    splitStep(model, cut, 'b', 'clean');
    expect(marksOf(model)).toEqual([
      { step: 'load', cpu: '1' },
      { step: 'clean' },
      { step: 'clean' },
      { step: 'train', gpu: 1 }
    ]);
  });

  it('cuts a step that only the headings make, and keeps the others', () => {
    const model = notebookModel(THREE);
    splitStep(model, two({ split: 'headings' }), 'b', 'clean');
    expect(marksOf(model)).toEqual([
      { step: 'load' },
      { step: 'clean' },
      { step: 'train' }
    ]);
    model.sharedModel.undo();
    expect(marksOf(model)).toEqual([null, null, null]);
  });
});

test.each([
  [{ source: '%%component train --gpu 1\nfit()' }, 'magic'],
  [{ source: '\n%%component train' }, 'magic'],
  [{ source: 'x = "%%component"' }, null],
  [{ metadata: { tags: ['step:load', 'mine'] } }, 'tags'],
  [{ metadata: { tags: ['parameters'] } }, 'tags'],
  [{ metadata: { tags: ['mine'] } }, null],
  [{ metadata: { tags: 'step:load' } }, null]
])('%j is marked by %s', (cell, kind) => {
  const model = notebookModel([{ id: 'a', ...cell }]);
  expect(foreignMark(model.cells.get(0))?.kind ?? null).toBe(kind);
});

test('metadata of another shape is no mark and breaks nothing', () => {
  for (const kfp of [[], 'train', 3]) {
    const model = notebookModel([{ id: 'a', metadata: { kfp } }]);
    expect(markOf(model.cells.get(0))).toBeNull();
    expect(usesPipeline(model)).toBe(false);
  }
});

describe('proposeName', () => {
  const model = notebookModel([
    { id: 'h', type: 'markdown', source: 'Words\n\n## Load the data\nmore' },
    { id: 'a', source: 'x = 1' },
    { id: 'b', source: 'def clean_up():\n    pass' },
    { id: 'c', source: 'y = 2' }
  ]);

  it.each([
    ['the heading above', 1, [], 'load-the-data'],
    ['the first function', 2, [], 'clean-up'],
    ['a number', 3, ['one'], 'step-2'],
    [
      'another name where it is taken',
      1,
      ['load-the-data', 'load-the-data-2'],
      'load-the-data-3'
    ]
  ])('takes %s', (_, index, taken, name) => {
    expect(proposeName(model, index, new Set(taken))).toBe(name);
  });
});
