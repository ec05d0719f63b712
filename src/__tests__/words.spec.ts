import { nullTranslator } from '@jupyterlab/translation';

import { contextOf } from '../cells/context';
import { slug } from '../cells/names';
import {
  bytesWords,
  duration,
  moment,
  problemText,
  progressWords
} from '../format';
import { problem, run, step } from './fakes';

const trans = nullTranslator.load('jupyter_kfp_ext');

test.each([
  [0, '0.0 s'],
  [0.44, '0.4 s'],
  [9.96, '10 s'],
  [59.4, '59 s'],
  [59.6, '1 min 00 s'],
  [185, '3 min 05 s'],
  [7620, '2 h 07 min']
])('%d seconds read %s', (seconds, words) => {
  expect(duration(seconds, trans)).toBe(words);
});

test('a time of another day says the day', () => {
  const noon = new Date(2026, 2, 3, 12, 0, 0);
  const words = moment(new Date(2026, 2, 1, 9, 5).getTime() / 1000, noon);
  expect(words).toMatch(/1/);
  expect(words).not.toBe(moment(noon.getTime() / 1000, noon));
});

test('progress says what runs', () => {
  const steps = [
    step('load', { state: 'SUCCEEDED' }),
    step('train', { state: 'RUNNING' })
  ];
  expect(progressWords(run('r', { steps }), trans)).toBe(
    '1 of 2 steps done · train running'
  );
  expect(progressWords(run('r', { steps, state: 'CANCELING' }), trans)).toMatch(
    /^Canceling/
  );
  steps.push(step('plot', { state: 'FAILED' }));
  expect(progressWords(run('r', { steps }), trans)).toBe(
    '1 of 3 steps done · plot failed · train running'
  );
  expect(progressWords(run('r', { steps, state: 'FAILED' }), trans)).toBe(
    'Failed: plot'
  );
});

test.each([
  [3, 2, 'Cell 3, line 2: Bad.'],
  [3, null, 'Cell 3: Bad.'],
  [null, null, 'Bad.']
])('a problem at cell %p, line %p', (cell, line, words) => {
  const bad = problem({ message: 'Bad.', cell, line });
  expect(problemText(bad, trans)).toBe(words);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [999_949, '999.9 kB'],
  [999_950, '1.0 MB'],
  [2_000_000_000, '2.0 GB']
])('%d bytes read %s', (bytes, words) => {
  expect(bytesWords(bytes, trans)).toBe(words);
});

test.each([
  ['Load the data (v2)', 'load-the-data-v2'],
  ['  ## ', ''],
  ['Größe & Farbe', 'größe-farbe'],
  ['数据 清洗', '数据-清洗'],
  ['train_model', 'train-model'],
  ['x'.repeat(60), 'x'.repeat(40)]
])('%j becomes the name %j', (text, name) => {
  expect(slug(text)).toBe(name);
});

describe('contextOf', () => {
  const source = 'a\nb\nc\nd\ne';

  it('shows neighbours of the failing line', () => {
    expect(contextOf(source, 2, 'b')).toEqual([
      { number: 1, text: 'a', failing: false },
      { number: 2, text: 'b', failing: true },
      { number: 3, text: 'c', failing: false },
      { number: 4, text: 'd', failing: false }
    ]);
  });

  it('shows only the line as it was once the cell was edited', () => {
    expect(contextOf(source, 2, 'was here')).toEqual([
      { number: 2, text: 'was here', failing: true }
    ]);
    expect(contextOf('a', 7, 'gone')).toEqual([
      { number: 7, text: 'gone', failing: true }
    ]);
  });

  it('shows nothing where nothing is known', () => {
    expect(contextOf(source, null, '')).toEqual([]);
    expect(contextOf(source, 9, '')).toEqual([]);
  });
});
