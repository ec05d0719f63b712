import { nullTranslator } from '@jupyterlab/translation';

import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { LogBlocks } from '../log/blocks';
import { LogSource } from '../log/source';
import { LogWidget } from '../log/widget';
import { FakeSocket } from './fakes';

describe('LogBlocks', () => {
  function read(...pieces: string[]): string[] {
    const blocks = new LogBlocks();
    pieces.forEach(piece => blocks.append(piece));
    return [...blocks.closed, blocks.open];
  }

  it.each([
    ['plain lines', ['a\nb\n'], 'a\nb\n'],
    ['a progress bar', ['10%\r50%\r100%\ndone'], '100%\ndone'],
    ['a progress bar in pieces', ['10%', '\r50', '%'], '50%'],
    ['Windows line ends', ['a\r\nb'], 'a\nb'],
    ['a carriage return at the end of a piece', ['10%\r'], '10%'],
    ['cursor moves', ['\u001b[2Ka\u001b[1A'], 'a'],
    ['colours', ['\u001b[31mred\u001b[0m'], '\u001b[31mred\u001b[0m']
  ])('draws %s as a terminal does', (_, pieces, expected) => {
    expect(read(...pieces)).toEqual([expected]);
  });

  it('closes full blocks and never changes them again', () => {
    const blocks = new LogBlocks();
    const lines = Array.from({ length: 450 }, (_, i) => `line ${i}`);
    blocks.append(lines.join('\n'));
    const closed = [...blocks.closed];
    expect(closed).toHaveLength(2);
    blocks.append('\nlast');
    expect(blocks.closed).toEqual(closed);
    expect([...blocks.closed, blocks.open].join('\n')).toBe(
      [...lines, 'last'].join('\n')
    );
  });

  it('carries colours over to the next block', () => {
    const lines = '\u001b[1m\u001b[31m' + 'x\n'.repeat(200) + 'y';
    const blocks = new LogBlocks();
    blocks.append(lines);
    expect(blocks.open).toBe('\u001b[1m\u001b[31my');
    const reset = new LogBlocks();
    reset.append('\u001b[31mx\u001b[0m\n'.repeat(200) + 'y');
    expect(reset.open).toBe('y');
  });
});

describe('LogSource', () => {
  function make() {
    const sockets: FakeSocket[] = [];
    const source = new LogSource(() => {
      const socket = new FakeSocket('ws://fake');
      sockets.push(socket);
      return socket as unknown as WebSocket;
    });
    const seen: string[] = [];
    source.grown.connect((_, text) => seen.push(text));
    source.restarted.connect(() => seen.push('restart'));
    source.stateChanged.connect((_, state) => seen.push(state));
    return { sockets, source, seen };
  }

  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('follows until the end and then lets go', () => {
    const { sockets, seen } = make();
    sockets[0].send({ offset: 0, text: 'a' });
    sockets[0].send({ offset: 1, text: 'b' });
    sockets[0].send({ end: true });
    expect(seen).toEqual(['restart', 'following', 'a', 'b', 'ended']);
    expect(sockets[0].closed).toBe(true);
    jest.advanceTimersByTime(100_000);
    expect(sockets).toHaveLength(1);
  });

  it('connects again with growing waits, and starts over', () => {
    const { sockets, seen } = make();
    sockets[0].send({ offset: 0, text: 'a' });
    sockets[0].close();
    jest.advanceTimersByTime(1000);
    expect(sockets).toHaveLength(2);
    sockets[1].close();
    jest.advanceTimersByTime(1000);
    expect(sockets).toHaveLength(2);
    jest.advanceTimersByTime(1000);
    expect(sockets).toHaveLength(3);
    sockets[2].send({ offset: 0, text: 'ab' });
    expect(seen).toEqual([
      'restart',
      'following',
      'a',
      'lost',
      'restart',
      'following',
      'ab'
    ]);
  });

  it('does not connect again once nobody reads', () => {
    const { sockets, source } = make();
    source.dispose();
    expect(sockets[0].closed).toBe(true);
    jest.advanceTimersByTime(100_000);
    expect(sockets).toHaveLength(1);
  });
});

test('the widget draws each line once, however the log grows or restarts', () => {
  const sockets: FakeSocket[] = [];
  const source = new LogSource(() => {
    const socket = new FakeSocket('ws://fake');
    sockets.push(socket);
    return socket as unknown as WebSocket;
  });
  const widget = new LogWidget(source, nullTranslator.load('jupyter_kfp_ext'));
  Widget.attach(widget, document.body);
  const lines = widget.node.querySelector('[role="log"]')!;
  const footer = widget.node.querySelector('[role="status"]')!;
  const draw = () => MessageLoop.sendMessage(widget, Widget.Msg.UpdateRequest);

  sockets[0].send({ offset: 0, text: 'one\n' });
  draw();
  sockets[0].send({ offset: 4, text: '\u001b[31mtwo\u001b[0m\n' });
  draw();
  draw();
  expect(lines.textContent).toBe('one\ntwo\n');
  expect(lines.querySelector('.ansi-red-fg')?.textContent).toBe('two');
  expect(footer.textContent).toBe('Following');

  const many = 'x\n'.repeat(300);
  sockets[0].send({ offset: 8, text: many });
  draw();
  draw();
  expect(lines.textContent?.match(/x/g)).toHaveLength(300);

  jest.useFakeTimers();
  sockets[0].close();
  jest.advanceTimersByTime(1000);
  jest.useRealTimers();
  sockets[1].send({ offset: 0, text: 'one\ntwo\n' });
  sockets[1].send({ end: true });
  draw();
  expect(lines.textContent).toBe('one\ntwo\n');
  expect(footer.textContent).toBe('End of the log');
  widget.dispose();
});
