import { nullTranslator } from '@jupyterlab/translation';

import { Widget } from '@lumino/widgets';

import { ILogBlock, LogLayout } from '../log/layout';
import { findIn } from '../log/search';
import { LogSource } from '../log/source';
import { ILogReader, LogStore } from '../log/store';
import { colorAfter, shownText } from '../log/text';
import { LogWidget } from '../log/widget';
import { ILogIndex } from '../tokens';
import { FakeSocket, until } from './fakes';

describe('what is shown', () => {
  it.each([
    ['plain lines', 'a\nb\n', 'a\nb'],
    ['an empty line at the end', 'a\n\n', 'a\n'],
    ['a progress bar', '10%\r50%\r100%\ndone', '100%\ndone'],
    ['Windows line ends', 'a\r\nb', 'a\nb'],
    ['a carriage return at the end', '10%\r', '10%'],
    ['cursor moves', '\u001b[2Ka\u001b[1A', 'a'],
    ['colours', '\u001b[31mred\u001b[0m', '\u001b[31mred\u001b[0m']
  ])('%s as a terminal does', (_, text, expected) => {
    expect(shownText(text)).toBe(expected);
  });

  it('keeps the colour that goes on', () => {
    expect(colorAfter('', '\u001b[1m\u001b[31mx')).toBe('\u001b[1m\u001b[31m');
    expect(colorAfter('\u001b[1m', 'x\u001b[0my')).toBe('');
    expect(colorAfter('\u001b[1m', 'x')).toBe('\u001b[1m');
  });
});

function blocks(...lines: number[]): ILogBlock[] {
  let begin = 0;
  return lines.map(each => {
    const block = { begin, end: begin + 10 * each, lines: each };
    begin = block.end;
    return block;
  });
}

describe('LogLayout', () => {
  it('finds the blocks between two heights', () => {
    const layout = new LogLayout(10);
    layout.setBlocks(blocks(5, 10, 1));
    expect(layout.total).toBe(160);
    expect(layout.between(0, 1)).toEqual([0]);
    expect(layout.between(49, 50)).toEqual([0]);
    expect(layout.between(49, 51)).toEqual([0, 1]);
    expect(layout.between(-100, 1000)).toEqual([0, 1, 2]);
    expect(layout.between(155, 300)).toEqual([2]);
  });

  it('takes measures for what they are about', () => {
    const layout = new LogLayout(10);
    const [first, second] = blocks(5, 10);
    layout.setBlocks([first, second]);
    expect(layout.measure(second, 300)).toBe(true);
    expect(layout.measure(second, 300)).toBe(false);
    expect(layout.total).toBe(350);
    layout.setBlocks([first, { ...second, end: second.end + 10, lines: 11 }]);
    expect(layout.total).toBe(160);
  });

  it('finds a block by its first byte', () => {
    const layout = new LogLayout(10);
    layout.setBlocks(blocks(1, 2, 3, 4));
    expect([0, 10, 30, 60].map(byte => layout.indexOf(byte))).toEqual([
      0, 1, 2, 3
    ]);
    expect(layout.indexOf(11)).toBe(-1);
  });

  it('scales what is too high for a browser, and reaches both ends', () => {
    const layout = new LogLayout(10, 1000);
    layout.setBlocks(blocks(500, 500));
    expect(layout.height).toBe(1000);
    expect(layout.topAt(0, 100)).toBe(0);
    expect(layout.topAt(900, 100)).toBe(10_000 - 100);
    expect(layout.scrollTo(layout.topAt(123, 100), 100)).toBeCloseTo(123);
  });

  it('is empty without blocks', () => {
    const layout = new LogLayout(10);
    expect([layout.total, layout.between(0, 100)]).toEqual([0, []]);
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
    const seen: unknown[] = [];
    source.grown.connect((_, size) => seen.push(size));
    source.stateChanged.connect((_, state) => seen.push(state));
    return { sockets, source, seen };
  }

  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('follows until the end and then lets go', () => {
    const { sockets, seen } = make();
    sockets[0].send({ size: 1 });
    sockets[0].send({ size: 2 });
    sockets[0].send({ end: true });
    expect(seen).toEqual(['following', 1, 2, 'ended']);
    expect(sockets[0].closed).toBe(true);
    jest.advanceTimersByTime(100_000);
    expect(sockets).toHaveLength(1);
  });

  it('connects again with growing waits', () => {
    const { sockets, seen } = make();
    sockets[0].send({ size: 1 });
    sockets[0].close();
    jest.advanceTimersByTime(1000);
    expect(sockets).toHaveLength(2);
    sockets[1].close();
    jest.advanceTimersByTime(1000);
    expect(sockets).toHaveLength(2);
    jest.advanceTimersByTime(1000);
    expect(sockets).toHaveLength(3);
    sockets[2].send({ size: 2 });
    expect(seen).toEqual(['following', 1, 'lost', 'following', 2]);
  });

  it('does not connect again once nobody reads', () => {
    const { sockets, source } = make();
    source.dispose();
    expect(sockets[0].closed).toBe(true);
    jest.advanceTimersByTime(100_000);
    expect(sockets).toHaveLength(1);
  });
});

/** A log on a server that cuts it into blocks of two lines. */
class FakeLog implements ILogReader {
  text = '';
  /** Where something was left out: from, to. */
  gap: [number, number] | null = null;
  readonly asked: string[] = [];

  async index(offset: number): Promise<ILogIndex> {
    this.asked.push(`index ${offset}`);
    const blocks: [number, number][] = [];
    let end = offset;
    const lines = this.text.slice(offset).match(/[^\n]*\n|[^\n]+$/g) ?? [];
    for (let i = 0; i < lines.length; i += 2) {
      const two = lines.slice(i, i + 2);
      end += two.join('').length;
      blocks.push([end, two.length]);
    }
    return { offset, size: this.text.length, blocks };
  }

  async window(offset: number, limit: number) {
    this.asked.push(`window ${offset}`);
    if (this.gap && offset >= this.gap[0] && offset < this.gap[1]) {
      return { offset, text: '[left out]', end: this.gap[1], complete: false };
    }
    const text = this.text.slice(offset, offset + limit);
    return { offset, text, end: offset + text.length, complete: false };
  }

  async search(text: string) {
    const at = this.text.slice(0, this.text.indexOf(text)).split('\n').length;
    const line = at - 1;
    const begin = this.text
      .split('\n')
      .slice(0, line - (line % 2))
      .reduce((sum, each) => sum + each.length + 1, 0);
    const places: [number, number][] = this.text.includes(text)
      ? [[begin, line % 2]]
      : [];
    return { places, complete: true };
  }
}

function makeStore(log: FakeLog) {
  const socket = new FakeSocket('ws://fake');
  const source = new LogSource(() => socket as unknown as WebSocket);
  return { store: new LogStore(log, source), socket };
}

describe('LogStore', () => {
  it('asks only for what came since, and reads a block once', async () => {
    const log = new FakeLog();
    const { store, socket } = makeStore(log);
    log.text = '1\n2\n3\n';
    socket.send({ size: log.text.length });
    await until(() => store.blocks.length === 2);
    log.text += '4\n5\n';
    socket.send({ size: log.text.length });
    await until(() => store.blocks.length === 3);
    expect(log.asked).toEqual(['index 0', 'index 4']);
    expect(store.blocks.map(each => each.lines)).toEqual([2, 2, 1]);

    const [first] = store.blocks;
    expect(store.text(first, false)).toBe(undefined);
    expect(store.text(first, true)).toBe(undefined);
    store.text(first, true);
    await until(() => store.text(first, false) !== undefined);
    expect(store.text(first, true)).toBe('1\n2\n');
    expect(log.asked.slice(2)).toEqual(['window 0']);
    store.dispose();
  });

  it('takes growth together while it waits for an answer', async () => {
    const log = new FakeLog();
    const { store, socket } = makeStore(log);
    for (let i = 1; i <= 20; i++) {
      log.text += `${i}\n`;
      socket.send({ size: log.text.length });
    }
    await until(() => store.size === log.text.length);
    expect(log.asked.length).toBeLessThanOrEqual(2);
    expect(store.blocks).toHaveLength(10);
    store.dispose();
  });

  it('reads all of it again where it has become another log', async () => {
    const log = new FakeLog();
    const { store, socket } = makeStore(log);
    log.text = '1\n2\n3\n';
    socket.send({ size: log.text.length });
    await until(() => store.blocks.length === 2);
    const [first] = store.blocks;
    store.text(first, true);
    await until(() => store.text(first, false) !== undefined);
    log.text = '= first =\n1\n2\n3\n';
    socket.send({ size: 0 });
    socket.send({ size: log.text.length });
    await until(() => store.size === log.text.length);
    expect(log.asked[2]).toBe('index 0');
    expect(store.text(store.blocks[0], false)).toBe(undefined);
    store.dispose();
  });

  it('hands the colour on to the next block', async () => {
    const log = new FakeLog();
    const { store, socket } = makeStore(log);
    log.text = '\u001b[31m1\n2\n3\n';
    socket.send({ size: log.text.length });
    await until(() => store.blocks.length === 2);
    store.text(store.blocks[0], true);
    await until(() => store.text(store.blocks[0], false) !== undefined);
    store.text(store.blocks[1], true);
    await until(() => store.text(store.blocks[1], false) !== undefined);
    expect(store.text(store.blocks[1], false)).toBe('\u001b[31m3\n');
    store.dispose();
  });

  it('starts over where the middle of the log was left out', async () => {
    const log = new FakeLog();
    const { store, socket } = makeStore(log);
    log.text = '1\n2\n3\n4\n5\n6\n';
    socket.send({ size: log.text.length });
    await until(() => store.blocks.length === 3);
    log.gap = [4, 10];
    store.text(store.blocks[1], true);
    await until(() => log.asked.filter(each => each === 'index 0').length > 1);
    store.dispose();
  });

  it('does not ask again at once for what cannot be read', async () => {
    const log = new FakeLog();
    const { store, socket } = makeStore(log);
    log.text = '1\n2\n';
    socket.send({ size: log.text.length });
    await until(() => store.blocks.length === 1);
    const window = jest.fn().mockRejectedValue(new Error('gone'));
    log.window = window;
    // As a view does: whatever changed, it draws, and so asks for the text.
    store.changed.connect(() => store.text(store.blocks[0], true));
    store.text(store.blocks[0], true);
    await until(() => store.failure === 'gone');
    store.text(store.blocks[0], true);
    expect(window).toHaveBeenCalledTimes(1);
    store.dispose();
  });

  it('says why it cannot read', async () => {
    const log = new FakeLog();
    log.index = () => Promise.reject(new Error('no such run'));
    const { store, socket } = makeStore(log);
    socket.send({ size: 3 });
    await until(() => store.failure === 'no such run');
    store.dispose();
  });
});

test('a search is found across colours', () => {
  const node = document.createElement('pre');
  node.innerHTML = 'one\ntw<span>o thr</span>ee\nfour';
  const found = findIn(node, 1, 'TWO THREE');
  expect(found?.from[0].textContent).toBe('one\ntw');
  expect(found?.from[1]).toBe(4);
  expect(found?.to[0].textContent).toBe('ee\nfour');
  expect(found?.to[1]).toBe(2);
  expect(findIn(node, 0, 'two')).toBe(null);
  expect(findIn(node, 9, 'two')).toBe(null);
});

test('the widget draws what is there, says how it goes on, and finds', async () => {
  const log = new FakeLog();
  log.text = 'one\n\u001b[31mtwo\u001b[0m\n';
  const made: FakeSocket[] = [];
  const opened: string[] = [];
  const widget = new LogWidget(
    {
      open: task => {
        opened.push(task);
        const { store, socket } = makeStore(log);
        made.push(socket);
        return store;
      },
      file: task => `http://fake/${task}`
    },
    'train',
    () => [
      { task: 'train', label: 'Whole step' },
      { task: 'train[0]', label: 'Iteration 0' }
    ],
    () => [
      { task: '', label: 'Step' },
      { task: ':driver', label: 'Driver' }
    ],
    nullTranslator.load('jupyter_kfp_ext')
  );
  Widget.attach(widget, document.body);
  const find = (selector: string) => widget.node.querySelector(selector)!;
  const lines = find('[role="log"]');
  const footer = find('.jp-kfp-Log-footer');

  made[0].send({ size: log.text.length });
  await until(() => lines.textContent === 'one\ntwo');
  expect(lines.querySelector('.ansi-red-fg')?.textContent).toBe('two');
  expect(footer.textContent).toContain('Following');
  log.text += 'three\n';
  made[0].send({ size: log.text.length });
  await until(() => lines.textContent === 'one\ntwothree');
  made[0].send({ end: true });
  await until(() => footer.textContent!.startsWith('End of the log'));

  await until(() => widget.node.querySelector('select') !== null);
  const choice = find('select') as HTMLSelectElement;
  choice.value = 'train[0]';
  choice.dispatchEvent(new Event('change', { bubbles: true }));
  await until(() => opened.length === 2);
  expect(opened).toEqual(['train', 'train[0]']);
  expect((find('a') as HTMLAnchorElement).href).toContain('train');
  const container = () =>
    find('select[aria-label="Container"]') as HTMLSelectElement;
  container().value = ':driver';
  container().dispatchEvent(new Event('change', { bubbles: true }));
  await until(() => opened.length === 3);
  expect(opened[2]).toBe('train[0]:driver');
  await until(() => container().value === ':driver');
  widget.dispose();
  expect(made.map(each => each.closed)).toEqual([true, true, true]);
});
