import { RunsModel } from '../model';
import { FakeServer, FakeStream, message, run, step, until } from './fakes';

const PATH = 'a/digits.ipynb';

function make(answers = {}) {
  const server = new FakeServer(answers);
  const stream = new FakeStream();
  const runs = new RunsModel(server.client, stream.stream as never);
  return { server, stream, runs };
}

describe('RunsModel', () => {
  it('starts a run and knows its steps', async () => {
    const { server, runs } = make({
      'POST runs': { status: 201, body: { run_id: 'r1', problems: [] } },
      'GET runs/r1': { body: run('r1') }
    });
    const started = await runs.start({ path: PATH, parameters: { lr: 0.1 } });
    expect(started.run.steps).toHaveLength(2);
    expect(server.calls[0].body).toEqual({
      path: PATH,
      parameters: { lr: 0.1 },
      press: expect.any(String)
    });
    expect(runs.of(PATH).map(each => each.id)).toEqual(['r1']);
    runs.dispose();
  });

  it.each([
    ['no answer came', {}, true],
    ['a proxy answered', { 'POST runs': { status: 502, body: 'no' } }, true],
    ['it was refused', { 'POST runs': { status: 422, body: {} } }, false]
  ])(
    'pressed again: the same attempt only where %s',
    async (_, answers, same) => {
      const { server, runs } = make({
        ...answers,
        'GET runs/r1': { body: run('r1') }
      });
      const request = { path: PATH, parameters: { lr: 0.1 } };
      await expect(runs.start(request)).rejects.toThrow();
      server.answers['POST runs'] = { body: { run_id: 'r1', problems: [] } };
      await runs.start(request);
      await runs.start(request);
      const [first, again, next] = server.calls
        .filter(each => each.call === 'POST runs')
        .map(each => (each.body as { press: string }).press);
      expect(first === again).toBe(same);
      expect(next).not.toBe(again);
      runs.dispose();
    }
  );

  it('follows pushed messages without asking', async () => {
    const { server, stream, runs } = make({
      'GET runs/r1': { body: run('r1') }
    });
    await runs.load('r1');
    const states: string[] = [];
    runs.changed.connect((_, now) => states.push(now.steps[0].state));
    stream.push(
      message(run('r1', { seq: 2 }), [step('load', { state: 'RUNNING' })])
    );
    stream.push(
      message(run('r1', { seq: 3 }), [step('load', { state: 'SUCCEEDED' })])
    );
    expect(states).toEqual(['RUNNING', 'SUCCEEDED']);
    expect(server.count('GET runs/r1')).toBe(1);
    runs.dispose();
  });

  it('asks again where a message was lost', async () => {
    const { server, stream, runs } = make({
      'GET runs/r1': { body: run('r1') }
    });
    await runs.load('r1');
    server.answers['GET runs/r1'] = {
      body: run('r1', { seq: 5, state: 'SUCCEEDED' })
    };
    stream.push(message(run('r1', { seq: 4 })));
    await until(() => runs.get('r1')?.state === 'SUCCEEDED');
    expect(runs.get('r1')?.seq).toBe(5);
    runs.dispose();
  });

  it('folds in what is pushed while a snapshot is on its way', async () => {
    const { stream, runs } = make({ 'GET runs/r1': { body: run('r1') } });
    const loading = runs.load('r1');
    stream.push(
      message(run('r1', { seq: 2 }), [step('load', { state: 'RUNNING' })])
    );
    expect((await loading).steps[0].state).toBe('RUNNING');
    runs.dispose();
  });

  it('asks once for a run however many want it', async () => {
    const { server, runs } = make({ 'GET runs/r1': { body: run('r1') } });
    await Promise.all([runs.load('r1'), runs.load('r1')]);
    await runs.load('r1');
    expect(server.count('GET runs/r1')).toBe(1);
    runs.dispose();
  });

  it('does not ask for runs of notebooks that nobody shows', () => {
    const { server, stream, runs } = make();
    stream.push(message(run('r9', { notebook: 'other.ipynb' })));
    expect(server.calls).toEqual([]);
    expect(runs.of('other.ipynb')).toHaveLength(1);
    expect(runs.of(PATH)).toEqual([]);
    runs.dispose();
  });

  it('ignores other events of the server', () => {
    const { stream, runs } = make();
    stream.stream.emit({ schema_id: 'https://events.jupyter.org/other' });
    expect(runs.of(PATH)).toEqual([]);
    runs.dispose();
  });

  it('lists a notebook’s runs newest first', async () => {
    const { steps, ...summary } = run('20250101-1');
    const { runs } = make({
      'GET runs': {
        body: {
          runs: [{ ...summary, id: '20250102-1' }, summary],
          next: null
        }
      }
    });
    await runs.refresh(PATH);
    expect(runs.of(PATH).map(each => each.id)).toEqual([
      '20250102-1',
      '20250101-1'
    ]);
    runs.dispose();
  });

  it('heals after the server was away, and says since when it is', async () => {
    const { server, runs } = make({ 'GET runs/r1': { body: run('r1') } });
    await runs.load('r1');
    expect(runs.lostSince).toBeNull();
    server.answers = {};
    await expect(runs.check()).rejects.toThrow();
    const since = runs.lostSince;
    expect(since).not.toBeNull();
    await expect(runs.check()).rejects.toThrow();
    expect(runs.lostSince).toBe(since);
    server.answers = {
      'GET runs/r1': { body: run('r1', { seq: 9, state: 'FAILED' }) }
    };
    await runs.check();
    expect(runs.lostSince).toBeNull();
    expect(runs.get('r1')?.state).toBe('FAILED');
    await runs.check();
    expect(server.count('GET runs/r1')).toBe(4);
    runs.dispose();
  });

  it('knows by a pushed message, too, that the server is there again', async () => {
    const { server, stream, runs } = make({
      'GET runs/r1': { body: run('r1') }
    });
    await runs.load('r1');
    server.answers = {};
    await expect(runs.check()).rejects.toThrow();
    stream.push(message(run('r1', { seq: 2, state: 'SUCCEEDED' })));
    expect(runs.get('r1')?.state).toBe('SUCCEEDED');
    expect(runs.lostSince).toBeNull();
    runs.dispose();
  });

  it('takes a run that ended before it was cancelled as cancelled enough', async () => {
    const { runs } = make({
      'POST runs/r1/cancel': {
        status: 409,
        body: { message: 'It has ended.' }
      },
      'GET runs/r1': { body: run('r1', { state: 'SUCCEEDED' }) }
    });
    await runs.cancel('r1');
    expect(runs.get('r1')?.state).toBe('SUCCEEDED');
    runs.dispose();
  });

  it('lets a run stand still and go on', async () => {
    const { runs, server } = make({
      'POST runs/r1/pause': { body: {} },
      'POST runs/r1/resume': { body: { run_id: 'r1', problems: [] } },
      'GET runs/r1': { body: run('r1', { state: 'PAUSED' }) }
    });
    await runs.pause(run('r1'));
    expect(runs.get('r1')?.state).toBe('PAUSED');
    await runs.pause(run('r1', { state: 'PAUSED' }));
    expect(server.count('POST runs/r1/pause')).toBe(1);
    expect(server.count('POST runs/r1/resume')).toBe(1);
    runs.dispose();
  });

  it('reports a cancel that was refused', async () => {
    const { runs } = make({
      'POST runs/r1/cancel': { status: 403, body: { message: 'Not yours.' } }
    });
    await expect(runs.cancel('r1')).rejects.toThrow('Not yours.');
    runs.dispose();
  });
});
