/** What the dialog says of what the steps ask for. */
import { act, render, screen, waitFor } from '@testing-library/react';
import * as React from 'react';

import { Asked } from '../dialog/Asked';
import { RunPlaces } from '../model';
import { FakeServer, pipeline, pipelineStep } from './fakes';

const ASKING = pipeline(['load', 'train'], {
  settings: { defaults: { memory: '2Gi' } },
  steps: [
    pipelineStep('load'),
    pipelineStep('train', { options: { gpu: 2, cpu: '500m' } })
  ]
});

/** Draw it, and again with what the cluster answers. */
function draw(
  connection: string | null,
  devices: object[] | null,
  sizes: object | null = null
): FakeServer {
  const server = new FakeServer({
    'GET connections/prod/resources': { body: { devices, sizes } }
  });
  const places = new RunPlaces(server.client);
  const view = () => (
    <Asked pipeline={ASKING} places={places} connection={connection} />
  );
  const { rerender } = render(view());
  places.changed.connect(() => act(() => rerender(view())));
  return server;
}

test.each([
  [
    [{ kind: 'nvidia.com/gpu', model: 'A100', count: 4, free: 1 }],
    '4 A100 (nvidia.com/gpu), 1 free now'
  ],
  [[{ kind: 'amd.com/gpu', model: '', count: 2, free: null }], '2 amd.com/gpu'],
  [[], 'no GPUs']
])('it stands beside what the cluster has: %j', async (devices, words) => {
  const server = draw('prod', devices);
  screen.getByText('load: 2Gi');
  screen.getByText('train: 2Gi · 500m CPU · 2 GPUs');
  await screen.findByText(words);
  expect(server.count('GET connections/prod/resources')).toBe(1);
});

test('CPU and memory stand beside what is asked of them', async () => {
  const GiB = 2 ** 30;
  draw('prod', null, {
    cpu: { total: 12.5, largest: 8, largest_free: null },
    memory: { total: 48 * GiB, largest: 16 * GiB, largest_free: 1.5 * GiB }
  });
  await screen.findByText('prod has:');
  screen.getByText('CPU: 12.5, at most 8 for a step');
  screen.getByText(
    'memory: 48 GiB, at most 16 GiB for a step, 1.5 GiB of that free now'
  );
});

test('what cannot be seen is not spoken of', async () => {
  const server = draw('prod', null);
  await waitFor(() =>
    expect(server.count('GET connections/prod/resources')).toBe(1)
  );
  expect(screen.queryByText('prod has:')).toBeNull();
});

test('no cluster is asked for a run on this machine', () => {
  const server = draw(null, []);
  screen.getByText('load: 2Gi');
  expect(server.calls).toEqual([]);
});
