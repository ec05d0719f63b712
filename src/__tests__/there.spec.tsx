/** What is on clusters: experiments to choose from, schedules, runs of others, versions. */
import {
  fireEvent,
  render,
  screen,
  waitFor,
  within
} from '@testing-library/react';
import * as React from 'react';

import { ThereClient } from '../client';
import { IScheduleAsked, ScheduleForm } from '../dialog/askSchedule';
import { RunForm } from '../dialog/RunDialog';
import { RunPlaces } from '../model';
import { ThereModel } from '../there/model';
import { ThereView } from '../there/ThereView';
import { IRunThere, ISchedule } from '../tokens';
import {
  Answer,
  FakeServer,
  notebookModel,
  pipeline,
  READY,
  sessionFor,
  until
} from './fakes';

const NIGHTLY: ISchedule = {
  id: 's1',
  name: 'nightly',
  connection: 'prod',
  namespace: '',
  when: 'cron 0 9 * * 1-5',
  enabled: true,
  at_once: 1,
  created: 1000,
  parameters: {},
  notebook: 'a/digits.ipynb'
};

const THEIRS: IRunThere = {
  remote_id: 'k1',
  name: 'of a colleague',
  state: 'RUNNING',
  created: 1000,
  ended: null,
  schedule: '',
  archived: false,
  run_id: ''
};

const ANSWERS: Record<string, Answer> = {
  'GET connections': {
    body: {
      connections: [
        { name: 'spare', default: false },
        { name: 'prod', default: true }
      ]
    }
  },
  'GET connections/prod/names': {
    body: {
      experiments: [{ id: 'e1', name: 'baseline' }],
      pipelines: [{ id: 'p1', name: 'digits' }]
    }
  },
  'GET connections/prod/schedules': { body: { schedules: [NIGHTLY] } },
  'GET connections/prod/runs': {
    body: {
      runs: [
        THEIRS,
        {
          ...THEIRS,
          remote_id: 'k2',
          name: 'ours',
          schedule: 's1',
          run_id: 'r'
        }
      ]
    }
  },
  'GET connections/prod/pipelines/p1/versions': {
    body: { versions: [{ id: 'v1', name: '0123abcd', created: 1000 }] }
  }
};

async function makeSession() {
  const server = new FakeServer({
    ...ANSWERS,
    'GET info': READY,
    'POST pipeline': { body: pipeline(['load']) },
    'GET runs': { body: { runs: [], next: null } }
  });
  const { session } = sessionFor(server, notebookModel([{ id: 'a' }]));
  session.setWatched(true);
  await until(
    () => session.places.connections.length === 2 && session.pipeline !== null
  );
  return { server, session };
}

describe('an experiment', () => {
  it('is chosen where the run goes to a cluster, by a known or a new name', async () => {
    const { server, session } = await makeSession();
    const onAsked = jest.fn();
    const { container } = render(
      <RunForm
        session={session}
        asked={{ choice: {}, part: {} }}
        onAsked={onAsked}
      />
    );
    const where = screen.getByLabelText('Where');
    expect(screen.queryByLabelText('Experiment')).toBe(null);
    fireEvent.change(where, { target: { value: 'prod' } });
    const field = screen.getByLabelText('Experiment');
    await until(
      () => container.querySelector('option[value="baseline"]') !== null
    );
    expect(server.count('GET connections/prod/names')).toBe(1);
    fireEvent.change(field, { target: { value: 'new one' } });
    expect(onAsked).toHaveBeenLastCalledWith({
      choice: { engine: 'prod', experiment: 'new one' },
      part: {}
    });
    fireEvent.change(where, { target: { value: 'local' } });
    expect(onAsked).toHaveBeenLastCalledWith({
      choice: { engine: 'local' },
      part: {}
    });
    session.dispose();
  });
});

test('a schedule is typed in a form, and a refusal is said in it', async () => {
  const { session } = await makeSession();
  const asked: IScheduleAsked = {
    connection: 'prod',
    namespace: '',
    experiment: '',
    by: 'cron',
    time: '61 * * * *',
    wish: {},
    refusal: 'That is no minute.'
  };
  const onAsked = jest.fn();
  render(<ScheduleForm session={session} asked={asked} onAsked={onAsked} />);
  screen.getByText('That is no minute.');
  fireEvent.change(screen.getByLabelText('Starts'), {
    target: { value: 'every' }
  });
  fireEvent.change(screen.getByLabelText('Interval'), {
    target: { value: '6h' }
  });
  fireEvent.change(screen.getByLabelText('At once'), {
    target: { value: '3' }
  });
  fireEvent.click(screen.getByLabelText(/^Make up for/));
  expect(onAsked).toHaveBeenLastCalledWith({
    ...asked,
    by: 'every',
    time: '6h',
    wish: { concurrency: 3, catch_up: true }
  });
  session.dispose();
});

describe('what is on a cluster', () => {
  function show(answers: Record<string, Answer>) {
    const server = new FakeServer(answers);
    const model = new ThereModel(
      new ThereClient(server.settings),
      new RunPlaces(server.client)
    );
    const actions = {
      open: jest.fn(),
      switch: jest.fn(),
      bring: jest.fn(),
      remove: jest.fn(),
      schedule: jest.fn()
    };
    render(<ThereView model={model} actions={actions} />);
    return { server, model, actions };
  }
  const part = (name: string) => within(screen.getByRole('region', { name }));

  it('is listed, and can be acted on', async () => {
    const { server, model, actions } = show(ANSWERS);
    await screen.findByText('of a colleague');
    expect(model.connection).toBe('prod');
    const asOf = await screen.findByText(/^As of/);
    expect(asOf.getAttribute('role')).toBe('status');
    part('Runs').getByText(/by the schedule nightly/);
    fireEvent.click(
      part('Runs').getByRole('button', { name: 'Open of a colleague' })
    );
    expect(actions.open).toHaveBeenCalledWith(THEIRS);
    fireEvent.click(
      part('Schedules').getByRole('button', { name: 'Pause nightly' })
    );
    expect(actions.switch).toHaveBeenCalledWith(NIGHTLY, false);
    expect(server.count('GET connections/prod/pipelines/p1/versions')).toBe(0);
    const details = part('Pipelines').getByText('digits').parentElement!;
    details.setAttribute('open', '');
    fireEvent(details, new Event('toggle'));
    await screen.findByText('0123abcd');
    model.dispose();
  });

  it('is that of the namespace that is chosen', async () => {
    const ada = { ...NIGHTLY, id: 's2', name: 'hourly', namespace: 'ada' };
    const { server, model } = show({
      ...ANSWERS,
      'GET connections/prod/namespaces': {
        body: { own: 'zoo', namespaces: [{ name: 'zoo' }, { name: 'ada' }] }
      },
      'GET connections/prod/runs?namespace=ada': { body: { runs: [] } },
      'GET connections/prod/schedules?namespace=ada': {
        body: { schedules: [ada] }
      },
      'POST connections/prod/schedules?namespace=ada': { body: ada },
      'POST connections/prod/schedules/s2/pause?namespace=ada': { body: ada }
    });
    await screen.findByText('of a colleague');
    fireEvent.change(await screen.findByLabelText('Namespace'), {
      target: { value: 'ada' }
    });
    await screen.findByText('hourly');
    await screen.findByText('Nobody has run anything here yet.');
    expect(screen.queryByText('nightly')).toBeNull();
    const client = new ThereClient(server.settings);
    await client.switchSchedule(ada, false);
    const wish = { path: 'n.ipynb', every: '6h' };
    expect(await client.schedule('prod', 'ada', wish)).toEqual(ada);
    fireEvent.change(screen.getByLabelText('Namespace'), {
      target: { value: '' }
    });
    await screen.findByText('nightly');
    model.dispose();
  });

  it('keeps what is known where a part cannot be read', async () => {
    const { server, model } = show({
      ...ANSWERS,
      'GET connections/prod/schedules': {
        status: 502,
        body: { message: 'not allowed', problems: [] }
      }
    });
    await screen.findByText(/not allowed/);
    await screen.findByText('of a colleague');
    delete server.answers['GET connections/prod/runs'];
    const reading = model.refresh();
    expect(model.loading).toBe(true);
    await reading;
    expect([model.loading, model.readAt]).toEqual([false, null]);
    screen.getByText('of a colleague');
    await part('Runs').findByRole('alert');
    model.dispose();
  });

  it('says once why nothing of a cluster can be read, and tries again', async () => {
    const gone = { status: 502, body: { message: 'refused', problems: [] } };
    const { server, model } = show({
      ...ANSWERS,
      'GET connections/prod/schedules': gone,
      'GET connections/prod/runs': gone,
      'GET connections/prod/names': gone
    });
    await screen.findByText(/can be read now: refused/);
    expect(screen.getAllByRole('alert')).toHaveLength(1);
    expect(screen.getAllByText('Not known.')).toHaveLength(3);
    Object.assign(server.answers, ANSWERS);
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await screen.findByText('of a colleague');
    await waitFor(() => expect(screen.queryByRole('alert')).toBeNull());
    model.dispose();
  });

  it('is nothing where no connection is known, until one is added', async () => {
    const { server, model } = show({
      'GET connections': { status: 503, body: { message: 'starting' } }
    });
    screen.getByText('Looking for clusters…');
    await screen.findByText('starting');
    server.answers['GET connections'] = { body: { connections: [] } };
    fireEvent.click(screen.getByRole('button', { name: 'Look again' }));
    await screen.findByText('No cluster is known');
    Object.assign(server.answers, ANSWERS);
    fireEvent.click(screen.getByRole('button', { name: 'Look again' }));
    await screen.findByText('of a colleague');
    model.dispose();
  });
});
