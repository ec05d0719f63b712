import { ANALYSIS_DELAY, contentOf } from '../model';
import { IPipeline, IRun } from '../tokens';
import {
  FakeServer,
  FakeStream,
  message,
  notebookModel,
  pipeline,
  READY,
  run,
  sessionFor,
  step,
  stepError,
  until
} from './fakes';

const MARKED = [
  { id: 'cell-load', source: 'x = 1', metadata: { kfp: { step: 'load' } } },
  { id: 'cell-train', source: 'fit(\nfold)', metadata: {} }
];

function serverWith(
  answer: IPipeline = pipeline(['load', 'train']),
  runs: IRun[] = []
): FakeServer {
  return new FakeServer({
    'GET info': READY,
    'POST pipeline': { body: answer },
    'GET runs': { body: { runs, next: null } },
    ...Object.fromEntries(
      runs.map(each => [`GET runs/${each.id}`, { body: each }])
    )
  });
}

describe('a notebook that does not use the extension', () => {
  const plain = [
    { id: 'a', source: 'x = 1', metadata: { tags: ['parameters', 'skip'] } }
  ];

  it('causes no request and is not changed', async () => {
    const server = serverWith();
    const model = notebookModel(plain);
    model.dirty = false;
    const { session } = sessionFor(server, model);
    jest.useFakeTimers();
    model.cells.get(0).sharedModel.setSource('x = 2');
    await jest.advanceTimersByTimeAsync(ANALYSIS_DELAY * 2);
    jest.useRealTimers();
    expect(server.calls).toEqual([]);
    expect(model.metadata['kfp']).toBeUndefined();
    session.dispose();
  });

  it('is looked at while the panel shows it, and no longer', async () => {
    const server = serverWith();
    const { session } = sessionFor(server, notebookModel(plain));
    session.setWatched(true);
    await until(() => session.pipeline !== null);
    expect(server.count('POST pipeline')).toBe(1);
    session.dispose();
  });

  it('is looked at once a run of it is heard of', async () => {
    const server = serverWith(pipeline(['load']), [run('r1')]);
    const stream = new FakeStream();
    const { session } = sessionFor(server, notebookModel(plain), stream);
    stream.push(message(run('r1')));
    await until(() => session.pipeline !== null && session.run !== null);
    expect(session.stepOf('cell-load')?.state).toBe('PENDING');
    session.dispose();
  });
});

test.each([
  ['cell metadata', { metadata: { kfp: { role: 'imports' } } }],
  ['a magic line', { source: '%%component train\nx' }],
  ['a Kale tag', { metadata: { tags: ['step:load'] } }]
])('%s makes a notebook one that uses the extension', async (_, cell) => {
  const server = serverWith();
  const { session } = sessionFor(server, notebookModel([{ id: 'a', ...cell }]));
  await until(() => session.pipeline !== null);
  session.dispose();
});

test('what is typed is sent once, after a pause, without outputs', async () => {
  const server = serverWith();
  const model = notebookModel(MARKED);
  const { session } = sessionFor(server, model);
  await until(() => session.pipeline !== null);
  jest.useFakeTimers();
  for (const source of ['a', 'ab', 'abc']) {
    model.cells.get(0).sharedModel.setSource(source);
    await jest.advanceTimersByTimeAsync(ANALYSIS_DELAY / 2);
  }
  expect(server.count('POST pipeline')).toBe(1);
  await jest.advanceTimersByTimeAsync(ANALYSIS_DELAY);
  jest.useRealTimers();
  await until(() => server.count('POST pipeline') === 2);
  const sent = server.calls[server.calls.length - 1].body as {
    path: string;
    notebook: { cells: { id: string; source: string }[] };
  };
  expect(sent.path).toBe('a/digits.ipynb');
  expect(sent.notebook.cells.map(cell => [cell.id, cell.source])).toEqual([
    ['cell-load', 'abc'],
    ['cell-train', 'fit(\nfold)']
  ]);
  session.dispose();
});

test('cell ids travel also where the notebook’s format has none', () => {
  const model = notebookModel(MARKED, 2);
  expect(model.toJSON()).not.toHaveProperty('cells.0.id');
  const content = contentOf(model);
  expect(content.cells.map(cell => cell.id)).toEqual(
    [...model.cells].map(cell => cell.id)
  );
  expect(content.nbformat_minor).toBe(5);
});

test('a refused request keeps the last pipeline and says why', async () => {
  const server = serverWith();
  const { session } = sessionFor(server, notebookModel(MARKED));
  await until(() => session.pipeline !== null);
  server.answers['POST pipeline'] = {
    status: 500,
    body: { message: 'The disk is full.' }
  };
  await session.retry();
  expect(session.failure).toBe('The disk is full.');
  expect(session.pipeline?.steps).toHaveLength(2);
  session.dispose();
});

describe('the shown run', () => {
  it('is the newest after a reload, with its steps', async () => {
    const active = run('20250102-b', {
      steps: [step('load', { state: 'RUNNING', cell: 'cell-load' })]
    });
    const server = serverWith(undefined, [active, run('20250101-a')]);
    const { session } = sessionFor(server, notebookModel(MARKED));
    await until(() => session.stepOf('cell-load') !== undefined);
    expect(session.run?.id).toBe('20250102-b');
    expect(session.stepOf('cell-load')?.state).toBe('RUNNING');
    expect(server.count('GET runs/20250101-a')).toBe(0);
    session.dispose();
  });

  it('may be picked, and a new run takes its place', async () => {
    const old = run('20250101-a', { state: 'FAILED' });
    const server = serverWith(undefined, [
      run('20250102-b', { state: 'SUCCEEDED' }),
      old
    ]);
    server.answers['POST runs'] = {
      status: 201,
      body: { run_id: '20250103-c', problems: [] }
    };
    server.answers['GET runs/20250103-c'] = { body: run('20250103-c') };
    const { session } = sessionFor(server, notebookModel(MARKED));
    await until(() => session.run !== null);
    session.show('20250101-a');
    expect(session.run?.id).toBe('20250101-a');
    await until(() => server.count('GET runs/20250101-a') === 1);
    expect(session.activeRun).toBeNull();
    await session.start();
    expect(session.run?.id).toBe('20250103-c');
    expect(session.activeRun?.id).toBe('20250103-c');
    session.dispose();
  });
});

test('typed parameters are sent with the run', async () => {
  const parameters = [
    { name: 'lr', type: 'float' as const, default: 0.1, cell_id: 'p' }
  ];
  const server = serverWith(pipeline(['load'], { parameters }));
  server.answers['POST runs'] = {
    status: 201,
    body: { run_id: 'r', problems: [] }
  };
  server.answers['GET runs/r'] = { body: run('r') };
  const { session } = sessionFor(server, notebookModel(MARKED));
  await until(() => session.pipeline !== null);
  session.setText('lr', 'fast');
  expect(session.invalidParameters).toEqual(['lr']);
  session.setText('lr', '0.5');
  expect(session.invalidParameters).toEqual([]);
  await session.start();
  const sent = server.calls.find(each => each.call === 'POST runs');
  expect(sent?.body).toMatchObject({ parameters: { lr: 0.5 } });
  session.dispose();
});

test('a part of a notebook is asked for by its step', async () => {
  const server = serverWith(pipeline(['load', 'train']));
  server.answers['POST runs'] = {
    status: 201,
    body: { run_id: 'r', problems: [] }
  };
  server.answers['GET runs/r'] = { body: run('r') };
  const { session } = sessionFor(server, notebookModel(MARKED));
  await until(() => session.pipeline !== null);
  await session.start(false, { from: 'train' });
  await session.start(true, { only: 'load' });
  await session.start();
  const sent = server.calls.filter(each => each.call === 'POST runs');
  expect(sent[0].body).toMatchObject({ from: 'train' });
  expect(sent[0].body).not.toHaveProperty('only');
  expect(sent[1].body).toMatchObject({ only: 'load', ignore_resources: true });
  expect(sent[2].body).not.toHaveProperty('from');
  session.dispose();
});

describe('an error', () => {
  function failedRun(error = stepError()): IRun {
    return run('r1', {
      state: 'FAILED',
      steps: [step('load'), step('train', { state: 'FAILED', error })]
    });
  }

  async function sessionWith(failed: IRun) {
    const { session } = sessionFor(
      serverWith(undefined, [failed]),
      notebookModel(MARKED)
    );
    await until(() => (session.run?.steps.length ?? 0) > 0);
    return session;
  }

  it.each([
    ['by its id', stepError(), 'cell-train'],
    [
      'by its number where ids are new',
      stepError({ cell_id: 'of-another-day', cell: 1 }),
      'cell-load'
    ],
    [
      'at the step’s first cell where none is named',
      stepError({ cell_id: null, cell: null }),
      'cell-train'
    ]
  ])('is found %s', async (_, error, cellId) => {
    const session = await sessionWith(failedRun(error));
    expect(session.errorAt(cellId)?.error).toEqual(error);
    const other = cellId === 'cell-load' ? 'cell-train' : 'cell-load';
    expect(session.errorAt(other)).toBeNull();
    session.dispose();
  });

  it('can be dismissed and recalled', async () => {
    const failed = failedRun();
    const session = await sessionWith(failed);
    session.dismiss(failed.steps[1]);
    expect(session.errorAt('cell-train')).toBeNull();
    session.recall(failed.steps[1]);
    expect(session.errorAt('cell-train')).not.toBeNull();
    session.dispose();
  });
});
