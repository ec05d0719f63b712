/** What a step has left, as it is drawn: nothing in a preview runs. */
import { nullTranslator } from '@jupyterlab/translation';
import { fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';

import { HeadView } from '../results/HeadView';
import { IResultsActions } from '../results/items';
import { ResultsView } from '../results/ResultsView';
import { pullInto } from '../results/pull';
import { matrixChart, rocChart } from '../runs/charts';
import { Head, IResults } from '../tokens';
import { run, step } from './fakes';

const trans = nullTranslator.load('');
const COLORS = { text: 'black', line: 'gray', mark: 'blue' };
const TABLE: Head = {
  kind: 'table',
  rows: 5000,
  columns: 30,
  names: ['age', 'city'],
  types: ['float64', 'str'],
  index: ['a'],
  cells: [['31', 'Köln']]
};

function actions(results: Partial<IResults>) {
  return {
    read: jest.fn(async (_task: string) => ({
      inputs: [],
      values: [],
      files: [],
      numbers: {},
      curves: {},
      ...results
    })),
    look: jest.fn(async (_task: string, _file: string) => null),
    fileUrl: jest.fn((task, file) => `/${task}/${file}`),
    copyPull: jest.fn(),
    showOutputs: jest.fn(),
    pull: jest.fn()
  };
}

function show(does: IResultsActions, name = 'load'): void {
  render(
    <ResultsView
      run={run('r1', { steps: [step('load', { name }), step('train')] })}
      task="load"
      actions={does}
      rendermime={null}
    />
  );
}

test('a table says how much of it is shown', () => {
  render(<HeadView head={TABLE} name="people" />);
  const table = screen.getByRole('region', { name: 'Beginning of people' });
  expect(within(table).getByRole('columnheader', { name: 'age float64' }));
  expect(within(table).getByRole('rowheader', { name: 'a' }));
  screen.getByText('5000 rows, 30 columns; the beginning is shown');
});

test('HTML is shown without scripts, forms or anything from elsewhere', () => {
  const html = '<script>parent.alert(1)</script><b>model</b>';
  render(
    <HeadView
      head={{ kind: 'html', html, text: '', complete: true }}
      name="model"
    />
  );
  const frame = screen.getByTitle('Preview of model');
  expect(frame.getAttribute('sandbox')).toBe('');
  expect(frame.getAttribute('srcdoc')).toMatch(/default-src 'none'.*<script>/);
});

test('values unfold, lead to the steps that take them, and go to the kernel', async () => {
  const does = actions({
    values: [
      {
        name: 'people',
        type: 'pandas.core.frame.DataFrame',
        summary: '(5000, 30)',
        bytes: 2000,
        head: TABLE,
        used_by: ['train']
      }
    ],
    numbers: { accuracy: 0.5 }
  });
  show(does);
  const name = await screen.findByRole('button', { name: 'people' });
  expect(screen.queryByText('Köln')).toBeNull();
  fireEvent.click(name);
  screen.getByText('Köln');
  screen.getByText('pandas.DataFrame (5000, 30)');
  screen.getByText('accuracy');
  fireEvent.click(
    screen.getByRole('button', { name: 'Into the kernel: people' })
  );
  expect(does.pull).toHaveBeenCalledWith('load', 'people');
  fireEvent.click(
    screen.getByRole('button', { name: 'Copy %kfp pull for people' })
  );
  expect(does.copyPull).toHaveBeenCalledWith('load', 'people');
  fireEvent.click(screen.getByRole('button', { name: 'train' }));
  expect(does.read).toHaveBeenLastCalledWith('train');
});

test('a value goes to the kernel by one word, however the step is called', async () => {
  const does = actions({
    values: [
      {
        name: 'x',
        type: 'int',
        summary: '1',
        bytes: 1,
        head: null,
        used_by: []
      }
    ]
  });
  show(does, 'load all of it');
  fireEvent.click(
    await screen.findByRole('button', { name: 'Into the kernel: x' })
  );
  fireEvent.click(screen.getByRole('button', { name: 'Copy %kfp pull for x' }));
  expect(does.pull).toHaveBeenCalledWith('load', 'x');
  expect(does.copyPull).toHaveBeenCalledWith('load', 'x');
});

test('a step leads to those that made what it takes', async () => {
  const does = actions({ inputs: [{ name: 'people', step: 'train' }] });
  show(does);
  const maker = await screen.findByRole('button', {
    name: 'people, made by train'
  });
  fireEvent.click(maker);
  expect(does.read).toHaveBeenLastCalledWith('train');
});

test('a file is looked at when it is opened, and can be kept', async () => {
  const does = actions({
    files: [{ name: 'raw.bin', bytes: 9, used_by: ['train'] }]
  });
  show(does);
  const name = await screen.findByRole('button', { name: 'raw.bin' });
  expect(does.look).not.toHaveBeenCalled();
  fireEvent.click(name);
  await screen.findByText('There is no preview of this kind of file.');
  const link = screen.getByRole('link', { name: 'Download raw.bin' });
  expect(link.getAttribute('href')).toBe('/load/raw.bin');
  fireEvent.click(screen.getByRole('button', { name: 'train' }));
  expect(does.read).toHaveBeenLastCalledWith('train');
});

test('what cannot be read, and what left nothing, is said in words', async () => {
  const does = actions({});
  does.read.mockRejectedValueOnce(new Error('the run is gone'));
  show(does);
  await screen.findByText('the run is gone');
  fireEvent.click(screen.getByRole('button', { name: 'Read again' }));
  await screen.findByText('Nothing is kept of this step');
});

test('a step that left nothing leads to what its cells showed', async () => {
  const does = actions({});
  show(does);
  fireEvent.click(
    await screen.findByRole('button', { name: 'Show the outputs of the cells' })
  );
  expect(does.showOutputs).toHaveBeenCalled();
});

test('curves and matrices are told apart', () => {
  const matrix = {
    confusionMatrix: {
      annotationSpecs: [{ displayName: 'no' }, { displayName: 'yes' }],
      rows: [{ row: [3, 1] }, { row: [0, 0] }]
    }
  };
  const chart = matrixChart('cm', matrix, COLORS, trans) as {
    data: { values: object[] };
  };
  expect(chart.data.values).toContainEqual({
    actual: 'no',
    predicted: 'yes',
    count: 1,
    share: 0.25
  });
  expect(chart.data.values).toContainEqual(
    expect.objectContaining({ actual: 'yes', count: 0, share: 0 })
  );
  expect(
    matrixChart('roc', { confidenceMetrics: [] }, COLORS, trans)
  ).toBeNull();
  expect(
    rocChart([{ label: 'a', curves: { cm: matrix } }], COLORS, trans)
  ).toBeNull();
});

describe('a value comes into the kernel', () => {
  function kernel(content: object, stderr = '') {
    const future = {
      onIOPub: (_: unknown): void => undefined,
      get done() {
        if (stderr) {
          future.onIOPub({ content: { name: 'stderr', text: stderr } });
        }
        return Promise.resolve({ content });
      }
    };
    const requestExecute = jest.fn((_: { code: string }) => future);
    return {
      requestExecute,
      context: { session: { kernel: { requestExecute } } }
    };
  }

  const pull = (context: object) =>
    pullInto(context as never, 'r1', 'load', 'x', trans);

  it('by the magic', async () => {
    const { context, requestExecute } = kernel({ status: 'ok' });
    await expect(pull(context)).resolves.toBe('x');
    expect(requestExecute.mock.calls[0][0].code).toContain(
      '%kfp pull r1 load x'
    );
  });

  it.each([
    [{ status: 'error', ename: 'ModuleNotFoundError', evalue: 'no' }, '', 'no'],
    [{ status: 'ok' }, 'not kept', 'not kept'],
    [{ status: 'abort' }, '', 'stopped']
  ])('or says why not', async (content, stderr, words) => {
    await expect(pull(kernel(content, stderr).context)).rejects.toThrow(words);
  });

  it('which the notebook must have', async () => {
    await expect(pull({ session: null })).rejects.toThrow('no kernel');
  });
});
