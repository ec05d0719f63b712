import { Signal } from '@lumino/signaling';

import { KernelLook } from '../model/kernelLook';
import { contentOf } from '../model';
import { FakeServer, notebookModel } from './fakes';

/** A kernel whose answers the test gives; it is busy while it answers, as real ones are. */
function fakeContext(answer: () => unknown) {
  const statusChanged = new Signal<unknown, string>({});
  const kernelChanged = new Signal<unknown, unknown>({});
  const requests: { user_expressions: { kfp: string } }[] = [];
  const kernel = {
    status: 'idle',
    requestExecute: (request: { user_expressions: { kfp: string } }) => {
      requests.push(request);
      statusChanged.emit('busy');
      const content = {
        status: 'ok',
        user_expressions: { kfp: answer() }
      };
      statusChanged.emit('idle');
      return { done: Promise.resolve({ content }), dispose: jest.fn() };
    }
  };
  const context = { session: { kernel }, statusChanged, kernelChanged };
  return { context, kernel, requests, statusChanged, kernelChanged };
}

function lookInto(answer: () => unknown) {
  const server = new FakeServer({
    'POST probe': { body: { expression: 'the look' } }
  });
  const fake = fakeContext(answer);
  const ended = jest.fn();
  const look = new KernelLook(server.client, fake.context as never, ended);
  const content = contentOf(notebookModel([{ id: 'a' }]));
  const ask = () => look.answer('a.ipynb', content);
  return { ...fake, server, look, ask, ended };
}

const GOOD = () => ({ status: 'ok', data: { 'text/plain': "'e30='" } });

describe('looking at the kernel’s values', () => {
  it('has modules loaded again once, and looks afterwards', async () => {
    const { ask, look, requests, ended, server } = lookInto(GOOD);
    look.setAgreed(true);
    await ask();
    look.reload(['tools.a']);
    expect(ended).toHaveBeenCalledTimes(2);
    await ask();
    await ask();
    expect(requests).toHaveLength(2);
    const asked = server.calls.map(
      each => (each.body as { reload: [] }).reload
    );
    expect(asked).toEqual([[], ['tools.a']]);
  });

  it('asks nobody before the user agrees', async () => {
    const { ask, server, requests } = lookInto(GOOD);
    expect(await ask()).toBe('');
    expect(server.calls).toEqual([]);
    expect(requests).toEqual([]);
  });

  it('evaluates what the server says, and once as long as nothing ran', async () => {
    const { ask, look, requests, ended, statusChanged } = lookInto(GOOD);
    look.setAgreed(true);
    expect(ended).toHaveBeenCalledTimes(1);
    expect(await ask()).toBe("'e30='");
    expect(await ask()).toBe("'e30='");
    expect(requests).toHaveLength(1);
    expect(requests[0].user_expressions.kfp).toBe('the look');
    expect(requests[0]).toMatchObject({ code: '', silent: true });
    // The look itself was no reason to look again.
    expect(ended).toHaveBeenCalledTimes(1);

    statusChanged.emit('busy');
    statusChanged.emit('idle');
    expect(ended).toHaveBeenCalledTimes(2);
    await ask();
    expect(requests).toHaveLength(2);
  });

  it('does not wait for a busy kernel, and forgets a kernel that is gone', async () => {
    const { ask, look, kernel, requests, kernelChanged } = lookInto(GOOD);
    look.setAgreed(true);
    await ask();
    kernelChanged.emit({});
    kernel.status = 'busy';
    expect(await ask()).toBe('');
    expect(requests).toHaveLength(1);
  });

  it.each([
    ['an error', () => ({ status: 'error', ename: 'NameError' })],
    ['nothing', () => undefined]
  ])('takes %s for no answer', async (_, answer) => {
    const { ask, look } = lookInto(answer);
    look.setAgreed(true);
    expect(await ask()).toBe('');
  });
});
