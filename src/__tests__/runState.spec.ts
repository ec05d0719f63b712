import { fold, iterationsDone, progress, seconds } from '../model';
import { IIteration, State } from '../tokens';
import { message, run, step } from './fakes';

describe('fold', () => {
  const known = run('r', { seq: 3 });

  it('takes over changed steps and keeps the others in order', () => {
    const done = step('load', { state: 'SUCCEEDED' });
    const next = fold(known, message(run('r', { seq: 4 }), [done]));
    expect(next?.steps.map(each => [each.name, each.state])).toEqual([
      ['load', 'SUCCEEDED'],
      ['train', 'PENDING']
    ]);
    expect(next?.seq).toBe(4);
  });

  it.each([
    ['old news', 3, 3, 'same'],
    ['older news', 1, 2, 'same'],
    ['the next event', 4, 4, 'new'],
    ['several events, the first known', 2, 5, 'new'],
    ['several events, all new', 4, 7, 'new'],
    ['one event was lost', 5, 5, 'gap'],
    ['several events after a lost one', 5, 9, 'gap']
  ])('%s', (_, first, seq, expected) => {
    const next = fold(known, message(run('r', { seq }), [], first));
    expect(next === null ? 'gap' : next === known ? 'same' : 'new').toBe(
      expected
    );
  });

  it('adds a step that was not known', () => {
    const next = fold(known, message(run('r', { seq: 4 }), [step('late')]));
    expect(next?.steps.map(each => each.name)).toEqual([
      'load',
      'train',
      'late'
    ]);
  });
});

test('progress counts what ended well', () => {
  const steps = [
    step('a', { state: 'SUCCEEDED' }),
    step('b', { state: 'SKIPPED' }),
    step('c', { state: 'FAILED' }),
    step('d')
  ];
  expect(progress(run('r', { steps }))).toEqual({ done: 2, total: 4 });
});

test.each([
  [{ started: null, ended: null }, null],
  [{ started: 10, ended: 12.5 }, 2.5],
  [{ started: 10, ended: null }, 5],
  // The server's clock may be ahead of the browser's.
  [{ started: 20, ended: null }, 0]
])('seconds of %j', (span, expected) => {
  expect(seconds(span, 15_000)).toBe(expected);
});

describe('iterationsDone', () => {
  const iteration = (key: string, state: State): IIteration => ({
    key,
    item: key,
    state,
    started: null,
    ended: null,
    attempt: 0,
    error: null
  });

  it('counts what has ended, however it did', () => {
    const iterations = [
      iteration('0', 'SUCCEEDED'),
      iteration('1', 'FAILED'),
      iteration('2', 'RUNNING')
    ];
    expect(iterationsDone(step('train', { iterations }))).toBe('2/3');
  });

  it('says nothing of a step without a loop, or without a run', () => {
    expect(iterationsDone(step('train'))).toBe('');
    expect(iterationsDone(undefined)).toBe('');
  });
});
