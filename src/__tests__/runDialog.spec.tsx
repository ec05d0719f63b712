/** The run dialog: what it offers and gives, and what is remembered of it. */
import { fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';

import { RunForm } from '../dialog/RunDialog';
import { RunChoices } from '../model';
import { IConnection } from '../tokens';
import {
  FakeServer,
  notebookModel,
  pipeline,
  problem,
  READY,
  sessionFor,
  until
} from './fakes';

describe('the run dialog', () => {
  async function makeSession(answer = pipeline(['load', 'train'])) {
    const server = new FakeServer({
      'GET info': READY,
      'POST pipeline': { body: answer },
      'GET runs': { body: { runs: [], next: null } },
      'GET connections': {
        body: { connections: [{ name: 'prod', default: true }] }
      },
      'GET connections/prod/namespaces': {
        body: {
          own: 'ada',
          namespaces: [
            { name: 'ada', role: 'owner' },
            { name: 'team', role: 'contributor' }
          ]
        }
      }
    });
    const { session } = sessionFor(server, notebookModel([{ id: 'a' }]));
    session.setWatched(true);
    await until(() => session.places.connections.length === 1);
    return session;
  }

  it('gives what is chosen', async () => {
    const session = await makeSession();
    const onAsked = jest.fn();
    render(
      <RunForm
        session={session}
        asked={{ choice: {}, part: {} }}
        onAsked={onAsked}
      />
    );
    fireEvent.change(screen.getByLabelText('Where'), {
      target: { value: 'prod' }
    });
    fireEvent.change(screen.getByLabelText('Steps'), {
      target: { value: 'from' }
    });
    fireEvent.change(screen.getByLabelText('Step'), {
      target: { value: 'train' }
    });
    fireEvent.click(screen.getByRole('checkbox'));
    expect(onAsked).toHaveBeenLastCalledWith({
      choice: { engine: 'prod', cache: false },
      part: { from: 'train' }
    });
    fireEvent.click(screen.getByRole('checkbox'));
    fireEvent.change(screen.getByLabelText('Where'), { target: { value: '' } });
    fireEvent.change(screen.getByLabelText('Steps'), {
      target: { value: 'all' }
    });
    expect(onAsked).toHaveBeenLastCalledWith({ choice: {}, part: {} });
    session.dispose();
  });

  it('runs from a step on with the data as it was', async () => {
    const answer = pipeline(['load', 'train']);
    const data = { claim: 'data', path: '/data', snapshot: true };
    answer.steps[1].options = { volumes: [data] };
    const session = await makeSession(answer);
    const onAsked = jest.fn();
    const asWas = () => screen.queryByLabelText(/data as it was/);
    const choose = (label: string, value: string) =>
      fireEvent.change(screen.getByLabelText(label), { target: { value } });
    render(
      <RunForm
        session={session}
        asked={{ choice: {}, part: {} }}
        onAsked={onAsked}
      />
    );
    choose('Steps', 'from');
    choose('Step', 'train');
    expect(asWas()).toBeNull(); // on this machine nothing is kept
    choose('Where', 'prod');
    fireEvent.click(asWas()!);
    expect(onAsked).toHaveBeenLastCalledWith({
      choice: { engine: 'prod' },
      part: { from: 'train', data: 'snapshot' }
    });
    choose('Step', 'load');
    expect(asWas()).toBeNull();
    expect(onAsked.mock.lastCall![0].part).toEqual({ from: 'load' });
    session.dispose();
  });

  it('knows by the notebook which steps have their data kept', async () => {
    const answer = pipeline(['load', 'train']);
    const data = { claim: 'data', path: '/data' };
    answer.settings.defaults = { volumes: [{ ...data, snapshot: true }] };
    answer.steps[1].options = { volumes: [data] };
    const session = await makeSession(answer);
    render(
      <RunForm
        session={session}
        asked={{ choice: { engine: 'prod' }, part: {} }}
        onAsked={jest.fn()}
      />
    );
    const asWas = () => screen.queryByLabelText(/data as it was/);
    fireEvent.change(screen.getByLabelText('Steps'), {
      target: { value: 'from' }
    });
    expect(asWas()).not.toBeNull();
    fireEvent.change(screen.getByLabelText('Step'), {
      target: { value: 'train' }
    });
    expect(asWas()).toBeNull(); // its own volumes are meant
    session.dispose();
  });

  it('chooses a namespace, and says where nobody is logged in', async () => {
    const session = await makeSession();
    const command = 'jupyter kfp connections login prod';
    const onAsked = jest.fn();
    (session.places.connections as IConnection[])[0].login = {
      state: 'over',
      command
    };
    render(
      <RunForm
        session={session}
        asked={{ choice: { engine: 'prod' }, part: {} }}
        onAsked={onAsked}
      />
    );
    expect(screen.getByRole('alert').textContent).toBe(
      `The login to prod is over. In a terminal: ${command}`
    );
    const select = await screen.findByLabelText('Namespace');
    within(select).getByText('ada (the connection’s)');
    fireEvent.change(select, { target: { value: 'team' } });
    const choice = { engine: 'prod', namespace: 'team' };
    expect(onAsked).toHaveBeenLastCalledWith({ choice, part: {} });
    fireEvent.change(screen.getByLabelText('Where'), { target: { value: '' } });
    expect(onAsked).toHaveBeenLastCalledWith({ choice: {}, part: {} });
    expect(screen.queryByRole('alert')).toBeNull();
    session.dispose();
  });

  it('says what is sent and what is wrong', async () => {
    const session = await makeSession(
      pipeline(['load'], {
        helpers: ['lib.py'],
        settings: {
          experiment: 'nightly',
          engine: 'prod',
          helpers: 'volume'
        },
        problems: [problem()]
      })
    );
    await until(() => session.pipeline !== null);
    render(
      <RunForm
        session={session}
        asked={{ choice: {}, part: {} }}
        onAsked={jest.fn()}
      />
    );
    expect(
      screen.getByLabelText('Experiment').getAttribute('placeholder')
    ).toContain('nightly');
    screen.getByText('lib.py');
    screen.getByText('Helper modules reach the steps by: volume');
    screen.getByText('imges is not defined.');
    const where = screen.getByLabelText('Where');
    within(where).getByText('prod (as the notebook says)');
    session.dispose();
  });
});

describe('what was chosen', () => {
  it('is kept for each notebook, and an old one is read once', async () => {
    const kept = { chosen: [['old.ipynb', { engine: 'prod' }]] };
    const state = {
      fetch: jest.fn().mockResolvedValue(kept),
      save: jest.fn().mockResolvedValue(undefined)
    };
    const choices = new RunChoices(state as never);
    choices.set('new.ipynb', { cache: false });
    await Promise.all([choices.read(), choices.read()]);
    expect(state.fetch).toHaveBeenCalledTimes(1);
    expect(choices.of('old.ipynb')).toEqual({ engine: 'prod' });
    expect(choices.of('new.ipynb')).toEqual({ cache: false });
    choices.set('old.ipynb', {});
    expect(state.save.mock.calls[1][1]).toEqual({
      chosen: [['new.ipynb', { cache: false }]]
    });
  });

  it('is nothing where the state cannot be read', async () => {
    const state = { fetch: () => Promise.reject(new Error('gone')) };
    const choices = new RunChoices(state as never);
    await choices.read();
    expect(choices.of('a.ipynb')).toEqual({});
  });
});
