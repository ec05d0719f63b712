import {
  markRole,
  markSplit,
  markStep,
  removeMarks,
  renameStep,
  setOptions,
  setPipelineName
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

  it('renames a step wherever it is named', () => {
    const model = notebookModel([
      { id: 'a', metadata: { kfp: { step: 'load' } } },
      { id: 'b', metadata: { kfp: { step: 'load', cpu: '1' } } },
      { id: 'c', metadata: { kfp: { step: 'fit', after: ['load', 'x'] } } },
      { id: 'd', metadata: { kfp: { step: 'end', after: 'load' } } },
      { id: 'e' }
    ]);
    renameStep(model, 'load', 'read');
    expect(marksOf(model)).toEqual([
      { step: 'read' },
      { step: 'read', cpu: '1' },
      { step: 'fit', after: ['read', 'x'] },
      { step: 'end', after: 'read' },
      null
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

  it('names the pipeline and keeps its other settings', () => {
    const model = notebookModel(THREE);
    model.setMetadata('kfp', { cache: false });
    setPipelineName(model, 'nightly');
    expect(model.getMetadata('kfp')).toEqual({ cache: false, name: 'nightly' });
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

describe('setting options of a step', () => {
  const two = () => {
    const found = pipeline(['load', 'train']);
    found.steps[0].cells = ['a', 'b'];
    found.steps[1].cells = ['c'];
    return found;
  };

  it('writes them where they are said, else into the first cell', () => {
    const model = notebookModel([
      { id: 'a', metadata: { kfp: { step: 'load' } } },
      { id: 'b', metadata: { kfp: { step: 'load', memory: '8Gi' } } },
      { id: 'c', metadata: { kfp: { step: 'train', gpu: 1 } } }
    ]);
    const options = { memory: '1.5Gi', cpu: '1' };
    expect(setOptions(model, two(), 'load', options)).toBe(true);
    expect(marksOf(model)).toEqual([
      { step: 'load', cpu: '1' },
      { step: 'load', memory: '1.5Gi' },
      { step: 'train', gpu: 1 }
    ]);
    model.sharedModel.undo();
    expect(marksOf(model)[1]).toEqual({ step: 'load', memory: '8Gi' });
  });

  it('keeps the steps of a notebook that was cut at its headings', () => {
    const model = notebookModel(THREE);
    const cut = { ...two(), split: 'headings' };
    expect(setOptions(model, cut, 'train', { memory: '1Gi' })).toBe(true);
    expect(marksOf(model)).toEqual([
      { step: 'load' },
      null,
      { step: 'train', memory: '1Gi' }
    ]);
  });

  it('leaves magic lines and tags to the user', () => {
    const model = notebookModel([
      { id: 'a', source: '%%component load --memory 8Gi\nx = 1' },
      { id: 'b' },
      { id: 'c', metadata: { tags: ['step:train'] } }
    ]);
    for (const name of ['load', 'train', 'gone']) {
      expect(setOptions(model, two(), name, { memory: '1Gi' })).toBe(false);
    }
    expect(marksOf(model)).toEqual([null, null, null]);
  });
});
