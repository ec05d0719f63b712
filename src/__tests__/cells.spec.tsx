import { nullTranslator } from '@jupyterlab/translation';
import {
  initNotebookContext,
  NBTestUtils
} from '@jupyterlab/notebook/lib/testutils';
import { NotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import { ServiceManagerMock } from '@jupyterlab/services/lib/testutils';

import { Widget } from '@lumino/widgets';
import { fireEvent, screen, within } from '@testing-library/react';

import { IActions } from '../actions';
import { CellDecorator } from '../cells/decorator';
import { NotebookSession, RunsModel } from '../model';
import { IPipeline, IRun } from '../tokens';
import {
  FakeServer,
  FakeStream,
  message,
  notebookModel,
  pipeline,
  pipelineStep,
  READY,
  run,
  step,
  stepError,
  until
} from './fakes';

const PIPELINE: IPipeline = pipeline(['load', 'train']);
PIPELINE.steps = [
  pipelineStep('load', { cells: ['cell-load', 'cell-more'] }),
  pipelineStep('train')
];
PIPELINE.cells['cell-more'] = {
  role: 'step',
  source: 'implied',
  step: 'load',
  number: 2
};
PIPELINE.cells['cell-imports'] = {
  role: 'imports',
  source: 'metadata',
  step: null,
  number: 0
};

const CELLS = [
  { id: 'cell-imports', metadata: { kfp: { role: 'imports' } } },
  { id: 'cell-load', metadata: { kfp: { step: 'load' } } },
  { id: 'cell-more' },
  {
    id: 'cell-train',
    source: 'x = 1\nfit(fold)\ny = 2',
    metadata: { kfp: { step: 'train' } }
  }
];

let panel: NotebookPanel;
let session: NotebookSession;
let stream: FakeStream;
let server: FakeServer;
let badges: boolean;
let decorator: CellDecorator;
const actions = {
  goTo: jest.fn(),
  openLog: jest.fn(),
  openResults: jest.fn(),
  openBadgeMenu: jest.fn(),
  goToError: jest.fn(),
  runFromError: jest.fn()
};

beforeEach(async () => {
  jest.clearAllMocks();
  const context = await initNotebookContext({
    manager: new ServiceManagerMock(),
    startKernel: false
  });
  (context.model as NotebookModel).sharedModel.fromJSON(
    notebookModel(CELLS).toJSON() as never
  );
  panel = NBTestUtils.createNotebookPanel(context);
  Widget.attach(panel, document.body);
  server = new FakeServer({
    'GET info': READY,
    'POST pipeline': { body: PIPELINE },
    'GET runs': { body: { runs: [], next: null } }
  });
  stream = new FakeStream();
  const runs = new RunsModel(server.client, stream.stream as never);
  session = new NotebookSession(panel, server.client, runs);
  badges = true;
  decorator = new CellDecorator(
    session,
    actions as unknown as IActions,
    nullTranslator.load('jupyter_kfp_ext'),
    () => badges
  );
  await until(() => session.pipeline !== null);
});

afterEach(() => {
  panel.dispose();
});

/** Push the state of a run of this notebook, as the server does. */
async function push(fields: Partial<IRun>): Promise<void> {
  const now = run('r1', { notebook: panel.context.path, ...fields });
  server.answers['GET runs/r1'] = { body: now };
  stream.push(message(now, now.steps));
  await until(() => session.run?.seq === now.seq && !!session.run.steps.length);
}

function cellNode(id: string): HTMLElement {
  return panel.content.widgets.find(cell => cell.model.id === id)!.node;
}

test('each cell says what it is for', async () => {
  const head = await screen.findByRole('button', { name: 'Step load' });
  expect(cellNode('cell-load').contains(head)).toBe(true);
  expect(head.dataset.quiet).toBe('false');
  const more = await screen.findByRole('button', {
    name: 'Step load, continued'
  });
  expect(more.dataset.quiet).toBe('true');
  await within(cellNode('cell-imports')).findByText('Imports');
  expect(screen.getByRole('button', { name: 'Step train' })).toBeTruthy();
});

test('a badge follows its step, and opens its menu', async () => {
  await push({
    steps: [
      step('load', { state: 'RUNNING', started: 1000, cell: 'cell-more' }),
      step('train')
    ]
  });
  const head = await screen.findByRole('button', {
    name: 'Step load: Running'
  });
  expect(head.dataset.state).toBe('RUNNING');
  await within(cellNode('cell-more')).findByText('this cell');
  await push({
    seq: 2,
    steps: [
      step('load', { state: 'SUCCEEDED', started: 1000, ended: 1002 }),
      step('train')
    ]
  });
  await screen.findByRole('button', { name: 'Step load: Succeeded, 2.0 s' });
  fireEvent.click(head);
  expect(actions.openBadgeMenu).toHaveBeenCalledWith(
    session,
    'cell-load',
    head
  );
});

test('a badge says what its step asks for, and no time of what did not run', async () => {
  PIPELINE.settings = { defaults: { memory: '2Gi', cpu: 1 } };
  PIPELINE.steps[1].options = { memory: '8Gi', gpu: 2 };
  await session.retry();
  await push({
    steps: [
      step('load', { state: 'SUCCEEDED', started: 1, ended: 2, cached: true }),
      step('train', { state: 'SKIPPED', started: 1, ended: 2 })
    ]
  });
  await screen.findByRole('button', {
    name: 'Step load: Succeeded, asks for 2Gi · 1 CPU'
  });
  const train = await screen.findByRole('button', {
    name: 'Step train: Skipped, asks for 8Gi · 1 CPU · 2 GPUs'
  });
  expect(train.textContent).toBe('train8Gi · 1 CPU · 2 GPUs');
  PIPELINE.settings = {};
  PIPELINE.steps[1].options = {};
});

test('an error stands below the input of its cell and can be dismissed', async () => {
  const error = stepError({ line: 2, source: 'fit(fold)' });
  await push({
    state: 'FAILED',
    steps: [
      step('load', { state: 'SUCCEEDED' }),
      step('train', { state: 'FAILED', error })
    ]
  });
  const alert = await screen.findByRole('alert', {
    name: 'Error of step train'
  });
  expect(cellNode('cell-train').contains(alert)).toBe(true);
  within(alert).getByText('ValueError', {
    selector: '.jp-kfp-CellError-name'
  });
  within(alert).getByText('no such fold');
  const failing = alert.querySelector('[data-failing="true"]');
  expect(failing?.textContent).toBe('2fit(fold)');
  expect(alert.querySelectorAll('.jp-kfp-SourceLine')).toHaveLength(3);

  fireEvent.click(within(alert).getByText('Log'));
  expect(actions.openLog.mock.calls[0][1].name).toBe('train');
  fireEvent.click(within(alert).getByText('Dismiss'));
  await until(() => screen.queryByRole('alert') === null);
});

test('a failed step is mended at its cell, then run on from there', async () => {
  server.answers['GET runs/r1/notebook'] = {
    body: notebookModel(CELLS).toJSON()
  };
  const failed = {
    steps: [step('train', { state: 'FAILED' as const, error: stepError() })]
  };
  await push({ state: 'RUNNING', ...failed });
  const alert = await screen.findByRole('alert');
  const button = (name: string) =>
    within(alert).getByRole<HTMLButtonElement>('button', { name });
  // Other steps of the run are not done yet.
  expect(button('Run from here as it is').disabled).toBe(true);
  await push({ state: 'FAILED', seq: 2, ...failed });
  await until(() => !button('Run from here as it is').disabled);
  fireEvent.click(button('Run from here as it is'));
  expect(actions.runFromError).toHaveBeenCalledTimes(1);
  await until(() => session.edited === false);
  fireEvent.click(button('Fix and run from here'));
  expect(actions.goToError).toHaveBeenCalledWith(session);

  const cell = panel.content.widgets.find(
    each => each.model.id === 'cell-train'
  )!;
  cell.model.sharedModel.setSource('x = 1\nfit(5)');
  await within(alert).findByRole('button', { name: 'Run from here' });
  fireEvent.click(button('Run from here'));
  expect(actions.runFromError).toHaveBeenCalledTimes(2);
  fireEvent.click(button('Go to line 2'));
  expect(actions.goTo).toHaveBeenCalledWith(session, 'cell-train', 2);
});

test('an error goes when a new run starts', async () => {
  await push({
    state: 'FAILED',
    steps: [step('train', { state: 'FAILED', error: stepError() })]
  });
  await screen.findByRole('alert');
  const next = run('r2', { notebook: panel.context.path });
  server.answers['GET runs/r2'] = { body: next };
  stream.push(message(next, next.steps));
  await until(() => screen.queryByRole('alert') === null);
});

test('badges can be switched off in the settings', async () => {
  await screen.findByRole('button', { name: 'Step train' });
  badges = false;
  decorator.update();
  await until(() =>
    [...document.querySelectorAll('.jp-kfp-CellBadge')].every(each =>
      each.classList.contains('lm-mod-hidden')
    )
  );
  expect(document.querySelectorAll('.jp-kfp-CellBadge').length).toBe(4);
});
