import { DocumentWidget } from '@jupyterlab/docregistry';
import { fireEvent, render, screen, within } from '@testing-library/react';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

import { RunCodeView } from '../code/RunCodeView';
import { filesOf, OpenFiles, shownPath } from '../model';
import { useSignal } from '../components/translation';
import { HelperCode, UnsavedFiles } from '../panel/HelperCode';
import { IPipeline, IShownFile } from '../tokens';
import {
  code,
  FakeOpenFiles,
  FakeServer,
  notebookModel,
  pipeline,
  problem,
  READY,
  run,
  sessionFor,
  until
} from './fakes';

const FILES: IShownFile[] = [
  { path: 'helpers/tools/a.py', place: 'a/tools/a.py', bytes: 9, hash: 'aa' },
  { path: 'helpers/@parent/b.py', place: null, bytes: 9, hash: 'bb' }
];

async function look(
  answer: Partial<IPipeline> = {},
  open = new FakeOpenFiles()
) {
  const server = new FakeServer({
    'GET info': READY,
    'POST pipeline': {
      body: pipeline(['load', 'train'], { files: FILES, ...answer })
    },
    'POST code': { body: code() },
    'GET connections': { body: { connections: [] } },
    'GET runs': { body: { runs: [], next: null } },
    'POST runs': { status: 201, body: { run_id: 'r1', problems: [] } },
    'GET runs/r1': { body: run('r1') }
  });
  const { session } = sessionFor(
    server,
    notebookModel([{ id: 'cell-load', source: 'x' }]),
    undefined,
    undefined,
    open
  );
  session.setWatched(true);
  await until(() => session.pipeline !== null);
  const actions = {
    openFile: jest.fn(),
    goTo: jest.fn(),
    saveFiles: jest.fn(),
    saveAndRun: jest.fn()
  };
  return { server, session, open, actions };
}

test.each([
  ['helpers/tools/a.py', 'tools/a.py'],
  ['helpers/@parent/@parent/lib/b.py', '../../lib/b.py'],
  ['files/a.csv', 'a.csv'],
  ['helpers/@far/c.py', '@far/c.py']
])('%s is shown as %s', (path, shown) => {
  expect(shownPath(path)).toBe(shown);
});

it('gathers the steps that need a file for one reason', () => {
  const [told, b, a] = filesOf(code());
  expect(told.needs).toEqual([{ steps: ['train'], use: null }]);
  expect(b.needs.map(each => each.use?.chain)).toEqual([['tools.a']]);
  expect(a.needs.map(each => each.steps)).toEqual([['load', 'train']]);
});

describe('the files of a notebook', () => {
  it('are asked for only while someone looks', async () => {
    const { server, session } = await look();
    expect(server.count('POST code')).toBe(0);
    session.code.setWatched(true);
    await until(() => session.code.code !== null);
    session.code.setWatched(true);
    expect(server.count('POST code')).toBe(1);
    session.dispose();
  });

  it('go to the run as they were shown', async () => {
    const { server, session } = await look();
    await session.start();
    const started = server.calls.find(each => each.call === 'POST runs');
    expect(started?.body).toMatchObject({
      shown: { 'helpers/tools/a.py': 'aa', 'helpers/@parent/b.py': 'bb' }
    });
    session.dispose();
  });

  it('are looked at before a run where one was saved just now', async () => {
    const { server, session, open } = await look();
    open.written.emit();
    expect(session.code.stale).toBe(true);
    await session.start();
    const calls = server.calls.map(each => each.call);
    expect(calls.indexOf('POST runs')).toBeGreaterThan(
      calls.lastIndexOf('POST pipeline')
    );
    expect(server.count('POST pipeline')).toBe(2);
    session.dispose();
  });

  it('count as unsaved only where a step gets them', async () => {
    const open = new FakeOpenFiles(['a/tools/a.py', 'a/other.py']);
    const { session } = await look({}, open);
    expect(session.code.unsaved).toEqual(['a/tools/a.py']);
    await session.code.save();
    expect(open.saved).toEqual(['a/tools/a.py']);
    expect(session.code.unsaved).toEqual([]);
    session.dispose();
  });

  it('say why the server could not be asked', async () => {
    const { server, session } = await look();
    server.answers['POST code'] = {
      status: 500,
      body: { message: 'disk full', problems: [] }
    };
    session.code.setWatched(true);
    await until(() => session.code.failure === 'disk full');
    session.dispose();
  });
});

describe('tabs', () => {
  it('are unsaved by their contents path, and each is saved once', async () => {
    const model = {
      dirty: true,
      stateChanged: new Signal<object, { name: string }>({})
    };
    const context = {
      path: 'RTC:a/b.py',
      model,
      disposed: new Signal<object, void>({}),
      ready: Promise.resolve(),
      save: jest.fn(async () => undefined)
    };
    const tab = () =>
      Object.assign(Object.create(DocumentWidget.prototype) as object, {
        context
      });
    const shell = {
      widgets: (area = 'main') =>
        (area === 'main' ? [tab(), tab()] : []) as unknown as Iterator<Widget>,
      currentChanged: new Signal<object, unknown>({})
    };
    const fileChanged = new Signal<object, unknown>({});
    const open = new OpenFiles(
      shell as never,
      {
        fileChanged,
        localPath: (path: string) => path.replace('RTC:', '')
      } as never
    );
    const changed = jest.fn();
    const written = jest.fn();
    open.changed.connect(changed);
    open.written.connect(written);
    expect(open.unsaved(['a/b.py', 'c.py'])).toEqual(['a/b.py']);
    await open.save(['a/b.py']);
    expect(context.save).toHaveBeenCalledTimes(1);
    model.stateChanged.emit({ name: 'dirty' });
    model.stateChanged.emit({ name: 'other' });
    expect(changed).toHaveBeenCalledTimes(1);
    fileChanged.emit({});
    expect(written).toHaveBeenCalledTimes(1);
    model.dirty = false;
    expect(open.unsaved(['a/b.py'])).toEqual([]);
  });
});

function Drawn(props: Awaited<ReturnType<typeof look>>) {
  const { session } = props;
  const actions = props.actions as never;
  useSignal(session.changed);
  return (
    <>
      <UnsavedFiles session={session} actions={actions} />
      <HelperCode session={session} actions={actions} />
    </>
  );
}

describe('the section of helper code', () => {
  it('shows why each file goes, opens it and goes to the import', async () => {
    const refused = problem({
      code: 'helper-refused',
      message: 'The file `k.pem` is not sent along.'
    });
    const looked = await look({ problems: [refused, problem()] });
    const { session, actions } = looked;
    render(<Drawn {...looked} />);
    const list = await screen.findByRole('list', {
      name: 'Files that go with the steps'
    });
    const [told, b, a] = within(list).getAllByRole('listitem');
    expect(told.textContent).toBe(
      'told.txt1.5 kBtraindata, by its path in the code'
    );
    within(b).getByText('cell 1: tools.a → tools.b');
    expect(within(b).getByRole('button', { name: '../b.py' })).toHaveProperty(
      'disabled',
      true
    );
    fireEvent.click(within(a).getByRole('button', { name: 'tools/a.py' }));
    expect(actions.openFile).toHaveBeenCalledWith('a/tools/a.py');
    fireEvent.click(within(a).getByText('cell 1: tools.a'));
    expect(actions.goTo).toHaveBeenCalledWith(session, 'cell-load', 2);
    screen.getByText('Git commit ffffffffff, with changes since');
    screen.getByText('The file `k.pem` is not sent along.');
    expect(screen.queryByText('imges is not defined.')).toBe(null);
    expect(screen.queryByRole('button', { name: /kernel/ })).toBe(null);
    session.dispose();
  });

  it('offers to save what a tab has, as long as it has it', async () => {
    const open = new FakeOpenFiles(['a/tools/a.py']);
    const looked = await look({}, open);
    const { session, actions } = looked;
    render(<Drawn {...looked} />);
    screen.getByText('Not saved, so steps would not have it: a/tools/a.py');
    fireEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(actions.saveFiles).toHaveBeenCalledWith(session);
    fireEvent.click(screen.getByRole('button', { name: 'Save and run' }));
    expect(actions.saveAndRun).toHaveBeenCalledWith(session);
    await session.code.save();
    await until(() => screen.queryByText(/Not saved/) === null);
    session.dispose();
  });

  it('tells what the kernel has otherwise, and has it loaded again', async () => {
    const looked = await look({
      drift: [
        { module: 'tools.a', kind: 'changed', file: '/a/tools/a.py' },
        { module: 'tools.b', kind: 'elsewhere', file: '/old/b.py' },
        { module: 'tools.c', kind: 'twice', file: 'c' }
      ],
      reload_failed: { 'tools.d': 'ValueError: no' }
    });
    const { session } = looked;
    const kernel = {
      possible: true,
      agreed: false,
      setAgreed: jest.fn(),
      reload: jest.fn(),
      dispose: jest.fn()
    };
    Object.assign(session, { kernel });
    const { rerender } = render(<Drawn {...looked} />);
    fireEvent.click(
      screen.getByRole('button', { name: 'Compare with the kernel' })
    );
    expect(kernel.setAgreed).toHaveBeenCalledWith(true);
    kernel.agreed = true;
    rerender(<Drawn {...looked} />);
    screen.getByText('tools.a: the file was changed since it was loaded');
    screen.getByText('tools.b: loaded from /old/b.py, steps get another file');
    screen.getByText('tools.c: the same file is loaded as c, too');
    screen.getByText('tools.d could not be loaded again: ValueError: no');
    fireEvent.click(screen.getByRole('button', { name: 'Reload' }));
    expect(kernel.reload).toHaveBeenCalledWith(['tools.a']);
    session.dispose();
  });
});

describe('the code of a run', () => {
  const draw = (readChanges: () => Promise<never[]>) => {
    const view = {
      readCode: () => Promise.resolve(code()),
      readChanges: jest.fn(readChanges),
      onOpen: jest.fn(),
      onRestore: jest.fn()
    };
    render(<RunCodeView {...view} />);
    return view;
  };

  it('has its files and what changed since, compared again on request', async () => {
    const change = {
      kind: 'changed',
      what: 'file',
      name: 'helpers/@parent/b.py',
      diff: '--- b\n+++ b\n@@ -1 +1 @@\n-x = 1\n+x = 2'
    };
    const view = draw(() => Promise.resolve([change as never]));
    await screen.findByText('../b.py: changed');
    screen.getByText('-x = 1');
    expect(screen.queryByText('--- b')).toBe(null);
    screen.getByText(
      'Bundle 0123456789abcdef · Git commit ffffffffff, with changes'
    );
    expect(screen.getByRole('button', { name: '../b.py' })).toHaveProperty(
      'disabled',
      true
    );
    fireEvent.click(screen.getByRole('button', { name: 'tools/a.py' }));
    expect(view.onOpen).toHaveBeenCalledWith('a/tools/a.py');
    fireEvent.click(
      screen.getByRole('button', { name: 'Restore to a folder…' })
    );
    expect(view.onRestore).toHaveBeenCalled();
    fireEvent.click(screen.getByRole('button', { name: 'Compare again' }));
    await until(() => view.readChanges.mock.calls.length === 2);
  });

  it('says that nothing changed, and why it cannot be told', async () => {
    let answer: Promise<never[]> = Promise.resolve([]);
    draw(() => answer);
    await screen.findByText(/the saved notebook and its files are the same/);
    answer = Promise.reject(new Error('the notebook is gone'));
    fireEvent.click(screen.getByRole('button', { name: 'Compare again' }));
    await screen.findByText('the notebook is gone');
  });
});
