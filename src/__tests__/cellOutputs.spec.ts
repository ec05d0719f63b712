import {
  initNotebookContext,
  NBTestUtils
} from '@jupyterlab/notebook/lib/testutils';
import { NotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import { ServiceManagerMock } from '@jupyterlab/services/lib/testutils';
import { nullTranslator } from '@jupyterlab/translation';

import { Widget } from '@lumino/widgets';

import { IActions } from '../actions';
import { CellDecorator } from '../cells/decorator';
import { NotebookSession, RunsModel } from '../model';
import { ICellOutputs, IRun } from '../tokens';
import {
  FakeServer,
  FakeStream,
  message,
  notebookModel,
  pipeline,
  READY,
  run,
  step,
  stepError,
  until
} from './fakes';

const ASK = 'GET runs/r1/outputs';

let panel: NotebookPanel;
let session: NotebookSession;
let stream: FakeStream;
let server: FakeServer;

function ran(fields: Partial<ICellOutputs> = {}): ICellOutputs {
  return {
    outputs: [{ output_type: 'stream', name: 'stdout', text: '10 rows\n' }],
    number: 1,
    started: 1000,
    ended: 1001,
    status: 'ok',
    ...fields
  };
}

function answer(cells: Record<string, ICellOutputs>): void {
  server.answers[ASK] = { body: { cells } };
}

/** Push the state of a run of this notebook, as the server does. */
async function push(fields: Partial<IRun>): Promise<void> {
  const now = run('r1', { notebook: panel.context.path, ...fields });
  server.answers['GET runs/r1'] = { body: now };
  stream.push(message(now, now.steps));
  await until(() => session.run?.seq === now.seq && !!session.run.steps.length);
}

const LOADED = step('load', {
  state: 'SUCCEEDED',
  started: 1000,
  ended: 1002
});

/** The outputs drawn at a cell; null where none are. */
function drawnAt(id: string): HTMLElement | null {
  const cell = panel.content.widgets.find(each => each.model.id === id)!;
  return cell.node.querySelector<HTMLElement>(
    '.jp-kfp-CellOutputs:not(.lm-mod-hidden)'
  );
}

beforeEach(async () => {
  const context = await initNotebookContext({
    manager: new ServiceManagerMock(),
    startKernel: false
  });
  (context.model as NotebookModel).sharedModel.fromJSON(
    notebookModel(
      ['cell-load', 'cell-train'].map(id => ({
        id,
        metadata: { kfp: { step: id.slice(5) } }
      }))
    ).toJSON() as never
  );
  panel = NBTestUtils.createNotebookPanel(context);
  Widget.attach(panel, document.body);
  server = new FakeServer({
    'GET info': READY,
    'POST pipeline': { body: pipeline(['load', 'train']) },
    'GET runs': { body: { runs: [], next: null } }
  });
  stream = new FakeStream();
  session = new NotebookSession(
    panel,
    server.client,
    new RunsModel(server.client, stream.stream as never)
  );
  new CellDecorator(
    session,
    {} as IActions,
    nullTranslator.load('jupyter_kfp_ext'),
    () => true
  );
  await until(() => session.pipeline !== null);
});

afterEach(() => {
  panel.dispose();
});

test('nothing is asked for until the switch is turned, and it can be turned back', async () => {
  answer({ 'cell-load': ran() });
  await push({ steps: [LOADED, step('train')] });
  expect(server.count(ASK)).toBe(0);
  session.outputs.setShown(true);
  await until(() => drawnAt('cell-load') !== null);
  expect(drawnAt('cell-load')!.textContent).toMatch(
    /^from run .+ · load10 rows/
  );
  expect(drawnAt('cell-train')).toBe(null);
  session.outputs.setShown(false);
  expect(drawnAt('cell-load')).toBe(null);
});

test('the notebook stays as it is', async () => {
  panel.content.model!.dirty = false;
  const before = JSON.stringify(panel.content.model!.toJSON());
  answer({ 'cell-load': ran() });
  await push({ steps: [LOADED] });
  session.outputs.setShown(true);
  await until(() => drawnAt('cell-load') !== null);
  expect(JSON.stringify(panel.content.model!.toJSON())).toBe(before);
  expect(panel.content.model!.dirty).toBe(false);
});

test('a step is asked again only when it went on', async () => {
  const running = { state: 'RUNNING' as const, started: 1000 };
  answer({ 'cell-load': ran({ outputs: [], ended: null }) });
  await push({ steps: [step('load', { ...running, cell: 'cell-load' })] });
  session.outputs.setShown(true);
  await until(() => drawnAt('cell-load') !== null);
  expect(drawnAt('cell-load')!.textContent).toMatch(/printed nothing yet$/);
  await push({
    seq: 2,
    steps: [step('load', { ...running, cell: 'cell-load' })]
  });
  expect(server.count(ASK)).toBe(1);
  answer({ 'cell-load': ran() });
  await push({ seq: 3, steps: [LOADED] });
  await until(() => !!drawnAt('cell-load')!.textContent!.includes('10 rows'));
  expect(server.count(ASK)).toBe(2);
});

test.each([
  ['a silent cell', { 'cell-load': ran({ outputs: [] }) }, 'printed nothing'],
  ['a cell that was not reached', {}, 'this cell did not run']
])('%s says so', async (_, cells, words) => {
  answer(cells);
  await push({ steps: [LOADED] });
  session.outputs.setShown(true);
  await until(() => drawnAt('cell-load') !== null);
  expect(drawnAt('cell-load')!.textContent!.endsWith(`· ${words}`)).toBe(true);
});

test('an error is shown once: in its panel, after that in the outputs', async () => {
  const failed = step('load', {
    state: 'FAILED',
    started: 1000,
    ended: 1002,
    error: stepError({ cell_id: 'cell-load' })
  });
  answer({
    'cell-load': ran({
      outputs: [
        { output_type: 'stream', name: 'stdout', text: 'half way\n' },
        {
          output_type: 'error',
          ename: 'ValueError',
          evalue: 'no such fold',
          traceback: ['the whole traceback']
        }
      ]
    })
  });
  await push({ state: 'FAILED', steps: [failed] });
  session.outputs.setShown(true);
  await until(() => !!drawnAt('cell-load')?.textContent?.includes('half way'));
  expect(drawnAt('cell-load')!.textContent).not.toContain('traceback');
  session.dismiss(failed);
  await until(
    () => !!drawnAt('cell-load')!.textContent!.includes('the whole traceback')
  );
});

test('scripts of a run do not run', async () => {
  answer({
    'cell-load': ran({
      outputs: [
        {
          output_type: 'display_data',
          metadata: {},
          data: {
            'text/html': '<b>bold</b><script>window.ran = 1</script>',
            'application/javascript': 'window.ran = 2',
            'text/plain': 'plain'
          }
        }
      ]
    })
  });
  await push({ steps: [LOADED] });
  session.outputs.setShown(true);
  await until(() => !!drawnAt('cell-load')?.textContent?.includes('bold'));
  expect(drawnAt('cell-load')!.querySelector('script')).toBe(null);
  expect((window as { ran?: number }).ran).toBeUndefined();
});

test('cells of an old notebook, which get new ids, are found by number', async () => {
  answer({ old: ran({ number: 1 }), older: ran({ number: 7 }) });
  await push({ steps: [LOADED] });
  session.outputs.setShown(true);
  await until(() => !!drawnAt('cell-load')?.textContent?.includes('10 rows'));
});

test('a server that does not answer is told once, and asked again later', async () => {
  await push({ steps: [LOADED] });
  session.outputs.setShown(true);
  await until(() => drawnAt('cell-load') !== null);
  expect(drawnAt('cell-load')!.textContent).toContain('could not be read');
  answer({ 'cell-load': ran() });
  await push({ seq: 2, steps: [LOADED] });
  await until(() => drawnAt('cell-load')!.textContent!.includes('10 rows'));
  expect(server.count(ASK)).toBeLessThan(5);
});
