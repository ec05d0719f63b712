/** What is old is shown before it goes. */
import { nullTranslator } from '@jupyterlab/translation';
import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import * as React from 'react';

import { CleanForm, goneWords } from '../dialog/askClean';
import { RunPlaces } from '../model';
import { ICleaned } from '../tokens';
import { FakeServer, until } from './fakes';

const trans = nullTranslator.load('');

const NOTHING: ICleaned = {
  runs: [],
  results: 0,
  bundles: 0,
  environments: 0,
  bytes: 0,
  cluster: null
};

const MUCH: ICleaned = {
  ...NOTHING,
  runs: ['a', 'b'],
  results: 1,
  bytes: 1_500_000
};

test('what would go is shown for the days and the cluster that are chosen', async () => {
  const server = new FakeServer({
    'GET clean': { body: MUCH },
    'GET connections': {
      body: { connections: [{ name: 'prod', default: true }] }
    }
  });
  const places = new RunPlaces(server.client);
  await places.refresh();
  const onAsked = jest.fn();
  render(
    <CleanForm
      client={server.client}
      places={places}
      asked={{ days: 30, connection: '', namespace: '', shown: null }}
      onAsked={onAsked}
    />
  );
  screen.getByText('Reading…');
  await screen.findByText('2 runs with their logs and outputs');
  screen.getByText('1.5 MB on this machine');
  expect(onAsked).toHaveBeenLastCalledWith({
    days: 30,
    connection: '',
    namespace: '',
    shown: MUCH
  });

  server.answers['GET clean'] = {
    status: 502,
    body: { message: 'no answer' }
  };
  fireEvent.change(screen.getByLabelText('Where'), {
    target: { value: 'prod' }
  });
  // What was shown does not hold any more: nothing can be removed by it.
  expect(onAsked).toHaveBeenLastCalledWith({
    days: 30,
    connection: 'prod',
    namespace: '',
    shown: null
  });
  await waitFor(() =>
    expect(screen.getByRole('alert').textContent).toBe('no answer')
  );
  server.answers['GET clean'] = { body: NOTHING };
  fireEvent.change(screen.getByLabelText('Older than'), {
    target: { value: '7' }
  });
  await screen.findByText('Nothing is that old.');
  await until(() => server.count('GET clean') === 3);
});

const OF_TEAM: ICleaned = { ...NOTHING, results: 7 };

test('a namespace of the cluster is tidied up', async () => {
  const server = new FakeServer({
    'GET clean': { body: MUCH },
    'GET clean?days=30&connection=prod&namespace=team': { body: OF_TEAM },
    'GET connections': {
      body: { connections: [{ name: 'prod', default: true }] }
    },
    'GET connections/prod/namespaces': {
      body: { own: 'me', namespaces: [{ name: 'me' }, { name: 'team' }] }
    }
  });
  const places = new RunPlaces(server.client);
  await places.refresh();
  const onAsked = jest.fn();
  render(
    <CleanForm
      client={server.client}
      places={places}
      asked={{ days: 30, connection: '', namespace: '', shown: null }}
      onAsked={onAsked}
    />
  );
  expect(screen.queryByLabelText('Namespace')).toBeNull();
  fireEvent.change(screen.getByLabelText('Where'), {
    target: { value: 'prod' }
  });
  fireEvent.change(await screen.findByLabelText('Namespace'), {
    target: { value: 'team' }
  });
  const chosen = { days: 30, connection: 'prod', namespace: 'team' };
  // What was shown was of another place.
  expect(onAsked).toHaveBeenLastCalledWith({ ...chosen, shown: null });
  await waitFor(() =>
    expect(onAsked).toHaveBeenLastCalledWith({ ...chosen, shown: OF_TEAM })
  );

  fireEvent.change(screen.getByLabelText('Where'), { target: { value: '' } });
  expect(onAsked).toHaveBeenLastCalledWith(
    expect.objectContaining({ connection: '', namespace: '' })
  );
});

test('what goes of a cluster is named', () => {
  const cluster = {
    connection: 'prod',
    config_maps: ['code-1'],
    bundles: [],
    pods: [],
    values: [],
    claims: ['data'],
    snapshots: ['data-1-train'],
    sizes: { config_maps: 1, bundles: 0, values: 0, claims: 1, snapshots: 1 }
  };
  expect(goneWords({ ...NOTHING, cluster }, trans)).toEqual([
    'on prod: code-1, data, data-1-train'
  ]);
});
