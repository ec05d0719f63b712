/** All runs: read page by page, kept up to date, found and sorted. */
import { RunHistory } from '../runs/history';
import {
  choices,
  IFilter,
  listed,
  metricNames,
  NEWEST_FIRST,
  NO_FILTER,
  SortKey
} from '../runs/listing';
import { rowsInView, ROW_HEIGHT, rowTowards } from '../runs/rows';
import { RunsModel } from '../model';
import { IRun, IRunSummary } from '../tokens';
import { FakeServer, FakeStream, message, run } from './fakes';

/** Two pages: the newest two, and the oldest. */
function history(): {
  server: FakeServer;
  stream: FakeStream;
  history: RunHistory;
} {
  const server = new FakeServer({
    'GET runs': { body: { runs: [run('c'), run('b')], next: null } }
  });
  const stream = new FakeStream();
  const runs = new RunsModel(server.client, stream.stream as never);
  return { server, stream, history: new RunHistory(server.client, runs) };
}

const ids = (runs: readonly IRunSummary[]) =>
  runs.map(each => each.id).join('');

describe('the history', () => {
  it('is read page by page', async () => {
    const { server, history: all } = history();
    const pages = [
      { runs: [run('d'), run('c')], next: 'c' },
      { runs: [run('b'), run('a')], next: null }
    ];
    server.answers['GET runs'] = () => ({ body: pages.shift() });
    const seen: string[] = [];
    all.changed.connect(() => seen.push(`${all.state} ${ids(all.all)}`));
    await all.load();
    expect(seen).toEqual([
      'loading ',
      'loading dc',
      'loading dcba',
      'ready dcba'
    ]);
  });

  it('shows runs that are pushed, the newest state of each', async () => {
    const { stream, history: all } = history();
    await all.load();
    stream.push(message(run('d', { seq: 1, state: 'RUNNING' })));
    stream.push(message(run('c', { seq: 9, state: 'FAILED' })));
    stream.push(message(run('b', { seq: 0, state: 'PENDING' })));
    expect(ids(all.all)).toBe('dcb');
    expect(all.all.map(each => each.state)).toEqual([
      'RUNNING',
      'FAILED',
      'RUNNING'
    ]);
  });

  it('drops what others deleted, and keeps what began meanwhile', async () => {
    const { server, stream, history: all } = history();
    await all.load();
    server.answers['GET runs'] = { body: { runs: [run('b')], next: null } };
    const loading = all.load();
    stream.push(message(run('d')));
    await loading;
    expect(ids(all.all)).toBe('db');
  });

  it('keeps what it knows where the server does not answer, and says why', async () => {
    const { server, history: all } = history();
    await all.load();
    server.answers['GET runs'] = { status: 500, body: { message: 'full' } };
    await all.load();
    expect([all.state, all.failure, ids(all.all)]).toEqual([
      'failed',
      'full',
      'cb'
    ]);
  });

  it('forgets a deleted run, also where a late message tells of it', async () => {
    const { server, stream, history: all } = history();
    server.answers['DELETE runs/c'] = { body: {} };
    await all.load();
    await all.delete('c', true);
    stream.push(message(run('c', { seq: 99 })));
    expect(ids(all.all)).toBe('b');
  });

  it('keeps a run whose deletion is refused', async () => {
    const { server, history: all } = history();
    server.answers['DELETE runs/c'] = { status: 409, body: { message: 'no' } };
    await all.load();
    await expect(all.delete('c', false)).rejects.toThrow('no');
    expect(ids(all.all)).toBe('cb');
  });

  it('keeps a run archived over later messages', async () => {
    const { server, stream, history: all } = history();
    server.answers['POST runs/c/archive'] = { body: { archived: true } };
    await all.load();
    await all.archive('c', true);
    stream.push(message(run('c', { seq: 99 })));
    expect(all.all[0]).toMatchObject({ seq: 99, archived: true });
  });

  it('remembers what was said of a run over later messages', async () => {
    const { server, stream, history: all } = history();
    const about = { name: 'best', note: '', tags: ['a'] };
    server.answers['POST runs/c/about'] = { body: about };
    await all.load();
    await all.say('c', { name: 'best' });
    stream.push(message(run('c', { seq: 99 })));
    expect(all.all[0]).toMatchObject({ seq: 99, about });
  });
});

const RUNS: IRun[] = [
  run('d', {
    name: 'run 10',
    state: 'FAILED',
    created: 40,
    started: 40,
    ended: 41,
    metrics: { loss: 0.5 }
  }),
  run('c', {
    name: 'run 9',
    state: 'SUCCEEDED',
    created: 30,
    started: 30,
    ended: 39,
    engine: 'kfp',
    remote: { experiment: 'nightly' },
    parameters: { lr: 0.1 },
    metrics: { loss: 0.1, accuracy: 0.9 },
    about: { name: '', note: 'Größer', tags: ['baseline'] }
  }),
  run('b', {
    name: 'b',
    state: 'PENDING',
    created: 20,
    started: null,
    notebook: 'x.ipynb'
  }),
  run('a', { name: 'a', state: 'CANCELED', created: 10, started: null }),
  run('0', { name: '0', state: 'FAILED', created: 5, archived: true })
];

test.each<[Partial<IFilter>, string]>([
  [{}, 'dcba'],
  [{ group: 'failed' }, 'd'],
  [{ group: 'active' }, 'b'],
  [{ group: 'archived' }, '0'],
  [{ engine: 'kfp' }, 'c'],
  [{ notebook: 'x.ipynb' }, 'b'],
  [{ experiment: 'nightly' }, 'c'],
  [{ text: 'nightly' }, 'c'],
  [{ text: 'RUN' }, 'dc'],
  [{ text: ' lr=0.1  größer ' }, 'c'],
  [{ text: 'baseline', group: 'failed' }, '']
])('%j finds %s', (filter, found) => {
  const wanted = { ...NO_FILTER, ...filter };
  expect(ids(listed(RUNS, wanted, NEWEST_FIRST, ''))).toBe(found);
});

test.each<[SortKey, string, string]>([
  ['created', 'abcd', 'dcba'],
  ['name', 'abcd', 'dcba'],
  ['state', 'adbc', 'cbda'],
  // Those that have no value are last both ways, the newest of them first.
  ['took', 'dcba', 'cdba'],
  ['metric', 'cdba', 'dcba']
])('sorted by %s', (key, up, down) => {
  const by = (descending: boolean) =>
    ids(listed(RUNS, NO_FILTER, { key, descending }, 'loss'));
  expect([by(false), by(true)]).toEqual([up, down]);
});

test('what can be chosen from', () => {
  expect(choices(RUNS, 'engine')).toEqual(['kfp', 'local']);
  expect(choices(RUNS, 'experiment')).toEqual(['nightly']);
  expect(choices([run('x', { notebook: null })], 'notebook')).toEqual([]);
  expect(metricNames(RUNS)).toEqual(['loss', 'accuracy']);
});

test.each([
  [0, 320, 5, { first: 0, end: 5 }],
  [0, 320, 1000, { first: 0, end: 20 }],
  [100 * ROW_HEIGHT, 10 * ROW_HEIGHT, 1000, { first: 90, end: 120 }],
  [99999, 320, 10, { first: 10, end: 10 }],
  [0, 0, 0, { first: 0, end: 0 }]
])('scrolled to %i of height %i with %i rows', (top, height, count, rows) => {
  expect(rowsInView(top, height, count)).toEqual(rows);
});

test.each([
  ['ArrowDown', 3, 4],
  ['ArrowUp', 3, 2],
  ['PageDown', 3, 8],
  ['PageDown', 97, 99],
  ['Home', 3, 0],
  ['End', 3, 99],
  ['ArrowUp', 0, null],
  ['End', 99, null],
  ['x', 3, null]
])('%s from row %i goes to %s', (key, from, to) => {
  expect(rowTowards(key, from, 100, 5)).toBe(to);
});
