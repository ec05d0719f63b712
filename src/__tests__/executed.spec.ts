import { Contents } from '@jupyterlab/services';
import { ContentsManagerMock } from '@jupyterlab/services/lib/testutils';

import { executedPath, saveExecuted } from '../executed';
import { FakeServer, run } from './fakes';

const NOTEBOOK = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] };

test.each([
  [{ notebook: 'a/digits.ipynb' }, 'a/digits.run-r1.ipynb'],
  [{ notebook: 'größe.v2.ipynb' }, 'größe.v2.run-r1.ipynb'],
  [{ notebook: null, name: 'digits' }, 'digits.run-r1.ipynb'],
  [
    { notebook: 'a.ipynb', state: 'RUNNING' as const, seq: 7 },
    'a.run-r1.part-7.ipynb'
  ]
])('the executed notebook of %j is %s', (fields, path) => {
  expect(executedPath(run('r1', { state: 'SUCCEEDED', ...fields }))).toBe(path);
});

test('it is saved once, and what is there is never overwritten', async () => {
  const contents: Contents.IManager = new ContentsManagerMock();
  const server = new FakeServer({
    'GET runs/r1/notebook': { body: NOTEBOOK }
  });
  const ended = run('r1', { notebook: 'digits.ipynb', state: 'SUCCEEDED' });
  const path = await saveExecuted(ended, contents, server.client);
  expect(path).toBe('digits.run-r1.ipynb');
  expect((await contents.get(path)).type).toBe('notebook');

  expect(await saveExecuted(ended, contents, server.client)).toBe(path);
  expect(server.count('GET runs/r1/notebook')).toBe(1);
});
