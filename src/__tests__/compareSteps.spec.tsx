/** The steps of a comparison: folded to a line each, with what differs marked. */
import { fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';

import { CodeDifference } from '../runs/CodeDifference';
import { CompareSteps } from '../runs/CompareSteps';
import { IComparedStep, IComparison, State } from '../tokens';
import { compared } from './fakes';

function comparedStep(
  name: string,
  fields: Partial<IComparedStep> = {}
): IComparedStep {
  return {
    name,
    state: ['SUCCEEDED', 'SUCCEEDED'],
    after: [[], []],
    cached: [false, false],
    seconds: [2, 3],
    peak_memory_bytes: [2000, 3000],
    cpu_seconds: [null, null],
    bytes_out: [0, 10],
    iterations: [null, null],
    ...fields
  };
}

function draw(onlyDiffering: boolean, ...steps: IComparedStep[]): void {
  const comparison: IComparison = {
    runs: [compared('r1'), compared('r2')],
    parameters: [],
    metrics: [],
    steps,
    code: []
  };
  render(
    <CompareSteps comparison={comparison} onlyDiffering={onlyDiffering} />
  );
}

/** The texts of the lines, from left to right; states by their names. */
const lines = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map(row =>
      [
        within(row).getByRole('rowheader'),
        ...within(row).getAllByRole('cell')
      ].map(cell => cell.textContent!.trim())
    );

test('runs of one name have the numbers by which pictures call them', () => {
  draw(false, comparedStep('train'));
  const heads = screen.getAllByRole('columnheader');
  expect(heads.map(each => each.textContent)).toEqual([
    expect.stringContaining('digits 1'),
    expect.stringContaining('digits 2')
  ]);
});

test('runs of the same code are told in one line', () => {
  const changed = {
    change: 'changed' as const,
    lines: ['-x = 1', '+x = 2'],
    cell_id: 'c1',
    number: 1,
    step: 'load'
  };
  const ids = ['r1', 'r2', 'r3', 'r4'];
  const comparison: IComparison = {
    runs: ids.map(id => compared(id)),
    parameters: [],
    metrics: [],
    steps: [],
    code: ids.map(run_id => ({ run_id, cells: [], files: [] }))
  };
  const { rerender } = render(<CodeDifference comparison={comparison} />);
  screen.getByText('All ran the same code.');
  comparison.code[2].cells = [changed];
  rerender(<CodeDifference comparison={{ ...comparison }} />);
  screen.getByText('The same code as digits 1: digits 2, digits 4.');
  screen.getByText('digits 3, against digits 1');
  screen.getByText('Cell 1 (load): changed');
});

test('a loop says how often it ran, and how each time ended', () => {
  const of = (...states: State[]) =>
    states.map((state, index) => ({ item: `${index}`, state }));
  draw(
    false,
    comparedStep('train', {
      iterations: [of('SUCCEEDED', 'SUCCEEDED'), of('SUCCEEDED')]
    })
  );
  expect(lines()).toEqual([
    ['≠ train', '2 iterations 2.0 s', '1 iteration 3.0 s']
  ]);
  fireEvent.click(screen.getByRole('button', { name: /train/ }));
  expect(lines()).toContainEqual([
    '≠ iterations',
    '2 Succeeded',
    '1 Succeeded'
  ]);
});

test('a step is one line that unfolds into what is known of it', () => {
  draw(false, comparedStep('load'), comparedStep('train'));
  expect(lines()).toEqual([
    ['load', '2.0 s', '3.0 s'],
    ['train', '2.0 s', '3.0 s']
  ]);
  fireEvent.click(screen.getByRole('button', { name: 'load' }));
  expect(lines()).toEqual([
    ['load', '2.0 s', '3.0 s'],
    ['memory', '2.0 kB', '3.0 kB'],
    ['outputs', '0 B', '10 B'],
    ['train', '2.0 s', '3.0 s']
  ]);
  fireEvent.click(screen.getByRole('button', { name: 'Unfold all' }));
  expect(lines()).toHaveLength(6);
  fireEvent.click(screen.getByRole('button', { name: 'Fold all' }));
  expect(lines()).toHaveLength(2);
});

test('what did not run has no time', () => {
  draw(
    false,
    comparedStep('load', { cached: [false, true] }),
    comparedStep('train', { state: ['SKIPPED', null], seconds: [0, null] })
  );
  expect(lines()).toEqual([
    ['load', '2.0 s', 'cached'],
    ['≠ train', '', 'no such step']
  ]);
});

test('known results and times are no difference, another order is', () => {
  draw(
    true,
    comparedStep('load', { cached: [false, true], seconds: [9, 0] }),
    comparedStep('train', { after: [['load'], ['load', 'clean']] })
  );
  expect(lines()).toEqual([['≠ train', '2.0 s', '3.0 s']]);
});

test('runs that went the same way say so', () => {
  draw(true, comparedStep('load'));
  expect(screen.getByText('Nothing differs.')).toBeTruthy();
});
