import { NotebookModel } from '@jupyterlab/notebook';

import { NotebookSession } from '../model';
import {
  FakeServer,
  notebookModel,
  pipeline,
  READY,
  run,
  sessionFor,
  until
} from './fakes';

const CELLS = [
  { id: 'cell-load', source: 'x = 1', metadata: { kfp: { step: 'load' } } },
  { id: 'text', source: 'words', type: 'markdown' as const },
  { id: 'cell-train', source: 'y = x\nprint(y)' }
];

function open(): {
  session: NotebookSession;
  model: NotebookModel;
  server: FakeServer;
} {
  const now = run('r1', { state: 'SUCCEEDED' });
  const server = new FakeServer({
    'GET info': READY,
    'POST pipeline': { body: pipeline(['load', 'train']) },
    'POST runs': { body: { run_id: 'r1', problems: [] } },
    'GET runs': { body: { runs: [now], next: null } },
    'GET runs/r1': { body: now },
    'GET runs/r1/notebook': { body: notebookModel(CELLS).toJSON() }
  });
  const model = notebookModel(CELLS);
  return { ...sessionFor(server, model), model, server };
}

const EDITS: [string, boolean, (model: NotebookModel) => void][] = [
  ['code', true, model => model.cells.get(2).sharedModel.setSource('y = 2')],
  ['a mark', true, model => model.cells.get(2).setMetadata('kfp', {})],
  ['text', false, model => model.cells.get(1).sharedModel.setSource('other')],
  [
    'an empty cell',
    false,
    model => model.sharedModel.addCell({ cell_type: 'code' })
  ]
];

test.each(EDITS)(
  'an edit of %s after the start counts: %s',
  async (_, counts, edit) => {
    const { session, model, server } = open();
    await session.start();
    expect(session.edited).toBe(false);
    edit(model);
    expect(session.edited).toBe(counts);
    expect(server.count('GET runs/r1/notebook')).toBe(0);
    session.dispose();
  }
);

test('code that is set back counts as not edited', async () => {
  const { session, model } = open();
  await session.start();
  model.cells.get(0).sharedModel.setSource('x = 2');
  expect(session.edited).toBe(true);
  model.cells.get(0).sharedModel.setSource('x = 1');
  expect(session.edited).toBe(false);
  session.dispose();
});

test('after a reload the run’s own notebook tells, asked for once and only for the panel', async () => {
  const { session, model, server } = open();
  await until(() => session.run?.steps.length === 2);
  expect(session.edited).toBe(null);
  session.setWatched(true);
  await until(() => session.edited === false);
  model.cells.get(0).sharedModel.setSource('x = 2');
  expect(session.edited).toBe(true);
  session.show(null);
  expect(server.count('GET runs/r1/notebook')).toBe(1);
  session.dispose();
});
