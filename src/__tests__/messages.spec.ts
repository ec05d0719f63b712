import { Notification } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';

import { ServerError } from '../client';
import { RunsModel } from '../model';
import { followRun, tellRefusal } from '../plugins/messages';
import {
  FakeServer,
  FakeStream,
  message,
  problem,
  run,
  step,
  until
} from './fakes';

const trans = nullTranslator.load('');
const actions = { show: jest.fn(), showError: jest.fn(), openLog: jest.fn() };

function offered(codes: string[], anyway?: () => void): string[] {
  const problems = codes.map(code => problem({ code }));
  const error = new ServerError('refused', 422, problems);
  tellRefusal('a.ipynb', error, actions, trans, anyway);
  const [last] = [...Notification.manager.notifications];
  return (last.options.actions ?? []).map(each => each.label);
}

describe('a run that is refused', () => {
  it('may be run anyway where only the machine is too small', () => {
    const anyway = jest.fn();
    expect(offered(['resources-missing'], anyway)).toEqual([
      'Show',
      'Run anyway'
    ]);
    const [last] = [...Notification.manager.notifications];
    last.options.actions?.[1].callback(new MouseEvent('click'));
    expect(anyway).toHaveBeenCalledTimes(1);
  });

  it('may not where something else is wrong as well', () => {
    const anyway = jest.fn();
    expect(offered(['resources-missing', 'cycle'], anyway)).toEqual(['Show']);
    expect(offered([], anyway)).toEqual(['Show']);
    expect(offered(['resources-missing'])).toEqual(['Show']);
  });
});

describe('a run that was started', () => {
  const newest = () => Notification.manager.notifications[0]?.message;

  it('is told of by one message, whose last words are how it ended', async () => {
    const stream = new FakeStream();
    const server = new FakeServer();
    const runs = new RunsModel(server.client, stream.stream as never);
    const first = run('r1');
    server.answers['GET runs/r1'] = { body: first };
    const before = Notification.manager.count;
    followRun(runs, first, actions, trans);
    await until(() => Notification.manager.count === before + 1);
    expect(newest()).toBe('digits: 0 of 2 steps done');
    for (const state of ['RUNNING', 'SUCCEEDED'] as const) {
      const now = run('r1', { state, seq: state === 'RUNNING' ? 2 : 3 });
      server.answers['GET runs/r1'] = { body: now };
      stream.push(message(now, now.steps));
    }
    await until(() => newest() !== 'digits: 0 of 2 steps done');
    expect(Notification.manager.count).toBe(before + 1);
    expect(Notification.manager.notifications[0].type).toBe('success');
  });

  it('is told of by the names that people see', async () => {
    const stream = new FakeStream();
    const server = new FakeServer();
    const runs = new RunsModel(server.client, stream.stream as never);
    const failed = run('r1', {
      state: 'FAILED',
      about: { name: 'Prüfung 7', note: '', tags: [] },
      steps: [step('muede-daten', { title: 'Müde Daten', state: 'FAILED' })]
    });
    server.answers['GET runs/r1'] = { body: failed };
    await runs.load('r1');
    const before = Notification.manager.count;
    followRun(runs, failed, actions, trans);
    await until(() => Notification.manager.count === before + 1);
    expect(newest()).toBe('Prüfung 7: Müde Daten failed');
  });

  it('is no longer told of as failed once its notebook runs anew', async () => {
    const stream = new FakeStream();
    const server = new FakeServer();
    const runs = new RunsModel(server.client, stream.stream as never);
    const failed = run('r1', { state: 'FAILED', ended: 1005 });
    server.answers['GET runs/r1'] = { body: failed };
    const before = Notification.manager.count;
    await runs.load('r1');
    followRun(runs, failed, actions, trans);
    await until(() => Notification.manager.count === before + 1);
    const tell = (id: string, created: number) =>
      stream.push(message(run(id, { created })));
    // One that was under way at the same time says nothing about it.
    tell('r2', 1001);
    expect(Notification.manager.count).toBe(before + 1);
    tell('r3', 1010);
    expect(Notification.manager.count).toBe(before);
  });
});
