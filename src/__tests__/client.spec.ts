import { readFileSync } from 'fs';
import { join } from 'path';

import {
  apiUrl,
  ENABLE_COMMAND,
  handshake,
  requestAPI,
  ServerError,
  StepClient
} from '../client';
import { VERSION } from '../version';
import { FakeServer, READY } from './fakes';

describe('requestAPI', () => {
  it('gives the body of an answer', async () => {
    const server = new FakeServer({ 'GET info': READY });
    expect(await requestAPI('info', server.settings)).toEqual(READY.body);
  });

  it('carries the problems of a refusal', async () => {
    const problem = { code: 'cycle', message: 'a needs b needs a' };
    const server = new FakeServer({
      'POST runs': {
        status: 422,
        body: { message: 'The notebook has errors.', problems: [problem] }
      }
    });
    const error = await requestAPI<never>('runs', server.settings, {}).catch(
      (e: ServerError) => e
    );
    expect(error).toBeInstanceOf(ServerError);
    expect(error.status).toBe(422);
    expect(error.message).toBe('The notebook has errors.');
    expect(error.problems).toEqual([problem]);
  });

  it.each([
    ['a page of a proxy', { status: 502, body: '<html>' }, 502],
    ['an answer that is no JSON', { body: '<html>' }, 0],
    ['no answer', undefined, 0]
  ])('turns %s into one kind of error', async (_, answer, status) => {
    const server = new FakeServer(answer ? { 'GET info': answer } : {});
    const error = await requestAPI<never>('info', server.settings).catch(
      (e: ServerError) => e
    );
    expect(error).toBeInstanceOf(ServerError);
    expect(error.status).toBe(status);
    expect(error.problems).toEqual([]);
  });
});

describe('handshake', () => {
  it('tells a missing extension and how to enable it', async () => {
    const server = new FakeServer({ 'GET info': { status: 404, body: {} } });
    expect(await handshake(server.settings)).toEqual({
      kind: 'missing',
      command: ENABLE_COMMAND
    });
  });

  it('tells another version and how to bring both together', async () => {
    const server = new FakeServer({
      'GET info': { body: { version: '0.0.1', engines: [] } }
    });
    expect(await handshake(server.settings)).toEqual({
      kind: 'version',
      version: '0.0.1',
      command: `pip install jupyter-kfp-ext==${VERSION}`
    });
  });

  it('tells a server that does not answer', async () => {
    expect((await handshake(new FakeServer().settings)).kind).toBe(
      'unreachable'
    );
  });

  it('is made once while it succeeds, and again after it failed', async () => {
    const server = new FakeServer();
    const { client } = server;
    expect((await client.status()).kind).toBe('unreachable');
    server.answers = { 'GET info': READY };
    expect((await client.status()).kind).toBe('ready');
    expect((await client.status()).kind).toBe('ready');
    expect(server.count('GET info')).toBe(2);
  });
});

test('a path of a notebook cannot leave the query', async () => {
  const server = new FakeServer({
    'GET runs': { body: { runs: [], next: null } }
  });
  expect(await server.client.runsOf('../a b/ü&x=1.ipynb')).toEqual([]);
});

test('the log socket says which step, and who asks', () => {
  const server = new FakeServer();
  new StepClient(server.settings, 'r/1').openLog('train');
  expect(server.sockets[0].url).toBe(
    'ws://fake/jupyter-kfp-ext/runs/r%2F1/steps/train/log?token=secret'
  );
  expect(apiUrl('http://h/user/x/', 'info')).toBe(
    'http://h/user/x/jupyter-kfp-ext/info'
  );
});

test('the version is that of the package', () => {
  const text = readFileSync(join(__dirname, '../../package.json'), 'utf8');
  expect(VERSION).toBe((JSON.parse(text) as { version: string }).version);
});
