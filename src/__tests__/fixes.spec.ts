import { rangeOf } from '../cells/EditorMarks';
import { applyFix, offsetOf } from '../model';
import { IEdit } from '../tokens';
import { notebookModel } from './fakes';

function notebook() {
  return notebookModel([
    { id: 'a', source: 'x = 1\nimges', metadata: { kfp: { step: 's' } } },
    { id: 'b', source: 'print(x)' },
    { id: 'c', source: 'y' }
  ]);
}

function sources(model: ReturnType<typeof notebook>): string[] {
  return [...model.cells].map(cell => cell.sharedModel.getSource());
}

const BEFORE = ['x = 1\nimges', 'print(x)', 'y'];

const EDITS: [string, IEdit[], string[]][] = [
  [
    'replaces text',
    [
      {
        kind: 'replace',
        cell_id: 'a',
        line: 2,
        column: 0,
        old: 'imges',
        new: 'images'
      }
    ],
    ['x = 1\nimages', 'print(x)', 'y']
  ],
  [
    'inserts a line',
    [
      {
        kind: 'replace',
        cell_id: 'b',
        line: 1,
        column: 0,
        old: '',
        new: 'import os\n'
      }
    ],
    ['x = 1\nimges', 'import os\nprint(x)', 'y']
  ],
  [
    'replaces twice in one cell, from the end',
    [
      {
        kind: 'replace',
        cell_id: 'b',
        line: 1,
        column: 6,
        old: 'x',
        new: 'yy'
      },
      {
        kind: 'replace',
        cell_id: 'b',
        line: 1,
        column: 0,
        old: 'print',
        new: 'p'
      }
    ],
    ['x = 1\nimges', 'p(yy)', 'y']
  ],
  [
    'adds a cell',
    [{ kind: 'insert', source: 'new', before: 'b', metadata: {} }],
    ['x = 1\nimges', 'new', 'print(x)', 'y']
  ],
  [
    'adds a cell at the end',
    [{ kind: 'insert', source: 'new', before: null, metadata: {} }],
    ['x = 1\nimges', 'print(x)', 'y', 'new']
  ],
  [
    'moves a cell up',
    [{ kind: 'move', cell_id: 'c', before: 'a' }],
    ['y', 'x = 1\nimges', 'print(x)']
  ],
  [
    'moves a cell down',
    [{ kind: 'move', cell_id: 'a', before: 'c' }],
    ['print(x)', 'x = 1\nimges', 'y']
  ],
  [
    'moves a cell to the end',
    [{ kind: 'move', cell_id: 'a', before: null }],
    ['print(x)', 'y', 'x = 1\nimges']
  ]
];

describe('a fix', () => {
  it.each(EDITS)('%s, and one undo takes it back', (_, edits, after) => {
    const model = notebook();
    expect(applyFix(model, { title: '', edits })).toBe(true);
    expect(sources(model)).toEqual(after);
    model.sharedModel.undo();
    expect(sources(model)).toEqual(BEFORE);
  });

  it('sets and removes metadata of cells and of the notebook', () => {
    const model = notebook();
    applyFix(model, {
      title: '',
      edits: [
        { kind: 'metadata', cell_id: 'a', key: 'kfp', value: null },
        { kind: 'metadata', cell_id: 'b', key: 'kfp', value: { step: 't' } },
        { kind: 'metadata', cell_id: null, key: 'kfp', value: { name: 'n' } }
      ]
    });
    const marks = [...model.cells].map(cell => cell.getMetadata('kfp'));
    expect(marks).toEqual([undefined, { step: 't' }, undefined]);
    expect(model.getMetadata('kfp')).toEqual({ name: 'n' });
    model.sharedModel.undo();
    expect(model.cells.get(0).getMetadata('kfp')).toEqual({ step: 's' });
  });

  const edit = { kind: 'replace', line: 2, column: 0, new: 'z' } as const;
  const good: IEdit = { ...edit, cell_id: 'a', old: 'imges' };
  it.each<[string, IEdit]>([
    ['a text that is another one now', { ...edit, cell_id: 'a', old: 'gone' }],
    ['a line that is gone', { ...edit, cell_id: 'b', old: '' }],
    ['a cell that is gone', { ...edit, cell_id: 'z', old: '' }],
    ['a cell to move', { kind: 'move', cell_id: 'z', before: null }],
    ['a place to move to', { kind: 'move', cell_id: 'a', before: 'z' }]
  ])('changes nothing where it finds not %s', (_, stale) => {
    const model = notebook();
    expect(applyFix(model, { title: '', edits: [good, stale] })).toBe(false);
    expect(sources(model)).toEqual(BEFORE);
  });

  it('changes nothing in a notebook that is read only', () => {
    const model = notebook();
    model.readOnly = true;
    expect(applyFix(model, { title: '', edits: [good] })).toBe(false);
    expect(sources(model)).toEqual(BEFORE);
  });
});

describe('places in a text', () => {
  it.each([
    ['ab\ncd', 1, 0, 0],
    ['ab\ncd', 2, 1, 4],
    ['𝒳 = y', 1, 4, 5],
    ['ab', 2, 0, null]
  ])('%j at %i:%i is %p', (text, line, column, offset) => {
    expect(offsetOf(text, line, column)).toBe(offset);
  });

  const none = { line: null, column: null, end_line: null, end_column: null };
  it.each([
    [none, 'x', null],
    [{ ...none, line: 2 }, 'a\n  b = 1  \nc', [4, 9]],
    [{ ...none, line: 3 }, 'a', null],
    [{ line: 1, column: 2, end_line: 1, end_column: 3 }, 'x = y', [2, 3]],
    [{ line: 1, column: 4, end_line: 2, end_column: 1 }, 'x = (\n)', [4, 7]],
    [{ line: 1, column: 9, end_line: 1, end_column: 9 }, 'x', null]
  ])('the mark of %j in %j is %j', (problem, text, range) => {
    const found = rangeOf(problem, text);
    expect(found && [found.from, found.to]).toEqual(range);
  });
});
