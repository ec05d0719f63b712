import { act, fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';

import { IActions } from '../actions';
import { ENABLE_COMMAND } from '../client';
import { NotebookView } from '../panel/PanelView';
import { afterToo } from '../panel/stepOrder';
import { IPipeline, IRun } from '../tokens';
import {
  Answer,
  FakeServer,
  notebookModel,
  pipeline,
  problem,
  READY,
  run,
  sessionFor,
  step,
  stepError,
  until
} from './fakes';

function fakeActions(): jest.Mocked<IActions> {
  return {
    run: jest.fn(),
    runWithOptions: jest.fn(),
    cancel: jest.fn(),
    pause: jest.fn(),
    goTo: jest.fn(),
    openLog: jest.fn(),
    openResults: jest.fn(),
    openExecuted: jest.fn(),
    openCode: jest.fn(),
    openExample: jest.fn(),
    openFile: jest.fn(),
    saveFiles: jest.fn(),
    saveAndRun: jest.fn(),
    openGraph: jest.fn(),
    openRuns: jest.fn(),
    showError: jest.fn(),
    goToError: jest.fn(),
    runFromError: jest.fn(),
    markSplit: jest.fn(),
    openBadgeMenu: jest.fn(),
    fix: jest.fn(),
    takeSuggestion: jest.fn(),
    orderAfter: jest.fn(),
    setName: jest.fn(),
    renameStep: jest.fn()
  };
}

async function draw(
  answer: IPipeline,
  runs: IRun[] = [],
  more: Record<string, Answer> = {}
) {
  const server = new FakeServer({
    'GET info': READY,
    'POST pipeline': { body: answer },
    'GET runs': { body: { runs, next: null } },
    ...Object.fromEntries(
      runs.map(each => [`GET runs/${each.id}`, { body: each }])
    ),
    ...more
  });
  const { session } = sessionFor(server, notebookModel([{ id: 'a' }]));
  const actions = fakeActions();
  render(<NotebookView session={session} actions={actions} />);
  session.setWatched(true);
  await until(
    () =>
      session.status !== null &&
      (runs.length === 0 || session.run?.steps.length === runs[0].steps.length)
  );
  return { session, actions, server };
}

function button(name: RegExp | string): HTMLButtonElement {
  return screen.getByRole('button', { name });
}

describe('the panel', () => {
  it('lists the steps with their states and opens what is clicked', async () => {
    const error = stepError();
    const { session, actions } = await draw(pipeline(['load', 'train']), [
      run('r1', {
        state: 'FAILED',
        started: 1000,
        ended: 1003,
        steps: [
          step('load', { state: 'SUCCEEDED', started: 1000, ended: 1001.5 }),
          step('train', { state: 'FAILED', started: 1002, ended: 1003, error })
        ]
      })
    ]);
    const rows = await screen.findAllByRole('listitem');
    const [load, train] = rows;
    within(load).getByRole('img', { name: 'Succeeded' });
    within(load).getByText('1.5 s');
    within(train).getByRole('img', { name: 'Failed' });

    fireEvent.click(within(load).getByTitle('Go to the cell of load'));
    expect(actions.goTo).toHaveBeenCalledWith(session, 'cell-load');
    fireEvent.click(button('Open the log of train'));
    expect(actions.openLog.mock.calls[0][1].task).toBe('train');
    fireEvent.click(button('Show the error of train'));
    expect(actions.showError.mock.calls[0][1].name).toBe('train');
    expect(
      screen.queryByRole('button', { name: 'Show the error of load' })
    ).toBe(null);
    session.dispose();
  });

  it('can be run, and cancelled only while a run is under way', async () => {
    const { session, actions } = await draw(pipeline(['load']), [
      run('r1', { steps: [step('load', { state: 'RUNNING', started: 1000 })] })
    ]);
    await screen.findByText('0 of 1 steps done · load running');
    fireEvent.click(button('Run'));
    expect(actions.run).toHaveBeenCalledWith(session);
    fireEvent.click(button('Cancel'));
    expect(actions.cancel).toHaveBeenCalledWith(session);
    session.dispose();
  });

  it.each([
    ['RUNNING', 'Pause the run'],
    ['PAUSED', 'Go on with the run']
  ] as const)('a run that is %s offers: %s', async (state, name) => {
    const { session, actions } = await draw(pipeline(['load']), [
      run('r1', { state, steps: [step('load', { state: 'RUNNING' })] })
    ]);
    fireEvent.click(await screen.findByRole('button', { name }));
    expect(actions.pause).toHaveBeenCalledWith(session);
    session.dispose();
  });

  it('a run of a cluster cannot be paused', async () => {
    const { session } = await draw(pipeline(['load']), [
      run('r1', { engine: 'kfp', steps: [step('load', { state: 'RUNNING' })] })
    ]);
    await screen.findByText('0 of 1 steps done · load running');
    expect(screen.queryByRole('button', { name: 'Pause the run' })).toBe(null);
    session.dispose();
  });

  it('has nothing to cancel once the run ended', async () => {
    const { session } = await draw(pipeline(['load']), [
      run('r1', {
        state: 'SUCCEEDED',
        ended: 1001,
        metrics: { accuracy: 0.97321 },
        steps: [step('load', { state: 'SUCCEEDED', cached: true })]
      })
    ]);
    await screen.findByText('0.9732');
    expect(button('Cancel').disabled).toBe(true);
    screen.getByText('cached');
    session.dispose();
  });

  it('shows problems with their place and jumps to them', async () => {
    const { session, actions } = await draw(
      pipeline(['load'], {
        problems: [
          problem({
            code: 'syntax-error',
            message: 'The bracket is never closed.',
            remedy: 'Close it.',
            cell: 3,
            line: 2
          }),
          problem({
            code: 'kernel-missing',
            severity: 'warning',
            message: 'No kernel is named.',
            cell: null,
            cell_id: null,
            line: null
          })
        ]
      })
    );
    fireEvent.click(await screen.findByText('The bracket is never closed.'));
    expect(actions.goTo).toHaveBeenCalledWith(session, 'cell-load', 2);
    screen.getByText('Error · Cell 3, line 2');
    screen.getByText('Close it.');
    screen.getByText('No kernel is named.');
    screen.getByRole('img', { name: 'This step has problems' });
    session.dispose();
  });

  it('groups problems by cell and hides what is not asked for', async () => {
    const { session } = await draw(
      pipeline(['load', 'train'], {
        problems: [
          problem({ message: 'one', cell: 2, cell_id: 'cell-train' }),
          problem({ message: 'two' }),
          problem({ message: 'three', severity: 'info' }),
          problem({ message: 'four', severity: 'info', line: 2 })
        ]
      })
    );
    const cell = await screen.findByRole('list', { name: 'Cell 1' });
    expect(within(cell).getAllByRole('listitem')).toHaveLength(3);
    within(screen.getByRole('list', { name: 'Cell 2' })).getByText('one');

    const hints = button('2 hints');
    expect(hints.getAttribute('aria-pressed')).toBe('true');
    fireEvent.click(hints);
    expect(hints.getAttribute('aria-pressed')).toBe('false');
    expect(screen.queryByText('three')).toBe(null);
    screen.getByText('two');
    fireEvent.click(hints);
    screen.getByText('three');
    session.dispose();
  });

  it('makes a fix with one click', async () => {
    const fix = { title: 'Write images for imges', edits: [] };
    const broken = problem({ fixes: [fix] });
    const { session, actions } = await draw(
      pipeline(['load'], { problems: [broken] })
    );
    fireEvent.click(await screen.findByText('Write images for imges'));
    expect(actions.fix).toHaveBeenCalledWith(session, broken, fix);
    expect(actions.goTo).not.toHaveBeenCalled();
    session.dispose();
  });

  it('offers what a step would better ask for, until that is written', async () => {
    const suggested = { memory: '1.5Gi', cpu: '1' };
    const notebook = pipeline(['load', 'train']);
    notebook.steps[0].options = { memory: '8Gi', cpu: '1' };
    notebook.steps[1].options = suggested;
    const steps = ['load', 'train'].map(name =>
      step(name, { state: 'SUCCEEDED', started: 1, ended: 2, suggested })
    );
    const { session, actions } = await draw(notebook, [run('r1', { steps })]);
    expect(screen.getAllByRole('button', { name: /^Use/ })).toHaveLength(1);
    fireEvent.click(button('Use memory 1.5Gi'));
    expect(actions.takeSuggestion).toHaveBeenCalledWith(session, steps[0]);
  });

  it('has a step run after an earlier one that it is dragged onto', async () => {
    const steps = ['load', 'clean', 'train'];
    const answer = pipeline(steps);
    answer.steps[2].options = { after: ['clean'] };
    const { actions, session } = await draw(answer);
    const row = (name: string) =>
      document.querySelector<HTMLElement>(`[data-step="${name}"]`)!;
    // The drag events that JupyterLab gives to tests do not bubble.
    const fire = (name: string, type: string) =>
      fireEvent(
        row(name),
        Object.assign(new Event(type, { bubbles: true, cancelable: true }), {
          dataTransfer: { setData: jest.fn() }
        })
      );
    const drag = (step: string, onto: string) => {
      fire(step, 'dragstart');
      const offered = steps.filter(name => row(name).dataset.drop);
      fire(onto, 'dragover');
      fire(onto, 'drop');
      fire(step, 'dragend');
      return offered;
    };
    // Not onto one that it waits for already, nor onto itself or a later one.
    expect(drag('train', 'clean')).toEqual(['load']);
    expect(drag('load', 'train')).toEqual([]);
    expect(actions.orderAfter).not.toHaveBeenCalled();
    drag('train', 'load');
    expect(actions.orderAfter).toHaveBeenCalledWith(session, 'train', 'load');
    expect(afterToo(answer.steps, 'train', 'load')).toEqual(['clean', 'load']);
    expect(document.querySelector('[data-drop]')).toBeNull();
  });

  it('says so where there are no problems', async () => {
    const { session } = await draw(pipeline(['load']));
    await screen.findByText('No problems found.');
    session.dispose();
  });

  it('takes a parameter for the next run, and refuses what does not fit', async () => {
    const { session } = await draw(
      pipeline(['load'], {
        parameters: [
          { name: 'lr', type: 'float', default: 0.1, cell_id: 'p' },
          { name: 'fast', type: 'bool', default: false, cell_id: 'p' }
        ]
      })
    );
    const field = await screen.findByLabelText<HTMLInputElement>('lr');
    expect(field.value).toBe('0.1');
    fireEvent.change(field, { target: { value: 'big' } });
    screen.getByText('A number is needed.');
    expect(button('Run').disabled).toBe(true);
    fireEvent.change(field, { target: { value: '0.5' } });
    expect(button('Run').disabled).toBe(false);
    fireEvent.change(screen.getByLabelText('fast'), {
      target: { value: 'true' }
    });
    expect([...session.texts]).toEqual([
      ['lr', '0.5'],
      ['fast', 'true']
    ]);
    fireEvent.click(button('Reset lr'));
    expect(field.value).toBe('0.1');
    session.dispose();
  });

  it('renames the pipeline on Enter, and not on Escape or without a name', async () => {
    const { session, actions } = await draw(pipeline(['load']));
    const field = await screen.findByLabelText<HTMLInputElement>(
      'Name of the pipeline'
    );
    fireEvent.change(field, { target: { value: 'other' } });
    fireEvent.keyDown(field, { key: 'Escape' });
    expect(field.value).toBe('digits');
    fireEvent.change(field, { target: { value: '  ' } });
    fireEvent.keyDown(field, { key: 'Enter' });
    expect(actions.setName).not.toHaveBeenCalled();
    fireEvent.change(field, { target: { value: ' nightly ' } });
    fireEvent.keyDown(field, { key: 'Enter' });
    expect(actions.setName).toHaveBeenCalledWith(session, 'nightly');
    session.dispose();
  });

  it('shows an earlier run when it is picked, and says so', async () => {
    const { session } = await draw(pipeline(['load']), [
      run('20250102-b', {
        state: 'SUCCEEDED',
        steps: [step('load', { state: 'SUCCEEDED' })]
      }),
      run('20250101-a', {
        state: 'FAILED',
        steps: [step('load', { state: 'FAILED' })]
      })
    ]);
    fireEvent.click(
      await screen.findByTitle('Show the states of run 20250101-a')
    );
    await screen.findByText(/^An earlier run/);
    fireEvent.click(screen.getByTitle('Show the states of run 20250102-b'));
    expect(screen.queryByText(/^An earlier run/)).toBeNull();
    session.dispose();
  });

  it('has a switch for the outputs, and opens the executed notebook of each run', async () => {
    const { session, actions } = await draw(pipeline(['load']), [
      run('20250102-b', { state: 'SUCCEEDED', steps: [step('load')] }),
      run('20250101-a', { state: 'FAILED', steps: [step('load')] })
    ]);
    const outputs = await screen.findByLabelText<HTMLInputElement>(
      'Show the run’s outputs'
    );
    expect(outputs.checked).toBe(false);
    fireEvent.click(outputs);
    expect(session.outputs.shown).toBe(true);
    await until(() => outputs.checked);

    fireEvent.click(button('Open executed notebook'));
    const [, earlier] = screen.getAllByRole('button', {
      name: /^Open the executed notebook of the run of/
    });
    fireEvent.click(earlier);
    expect(actions.openExecuted.mock.calls.map(([each]) => each.id)).toEqual([
      '20250102-b',
      '20250101-a'
    ]);
    session.dispose();
  });

  it('offers no change of a read-only notebook, and says so', async () => {
    const { session, actions } = await draw(
      pipeline(['load'], {
        split: 'headings',
        problems: [problem({ fixes: [{ title: 'Write images', edits: [] }] })]
      })
    );
    expect(button('Write images').disabled).toBe(false);
    Object.assign(session.panel.context, {
      contentsModel: { writable: false }
    });
    await act(() => session.retry());
    screen.getByText(/read-only: it can be run/);
    for (const name of ['Write images', 'Keep these steps']) {
      expect(button(name).disabled).toBe(true);
    }
    const name = screen.getByLabelText<HTMLInputElement>(
      'Name of the pipeline'
    );
    expect(name.readOnly).toBe(true);
    fireEvent.click(button('Run'));
    expect(actions.run).toHaveBeenCalledTimes(1);
  });

  it('says that the notebook was edited since the run', async () => {
    const now = run('r1', { state: 'SUCCEEDED', steps: [step('load')] });
    const then = notebookModel([{ id: 'a', source: 'x = 1' }]).toJSON();
    const { session } = await draw(pipeline(['load']), [now], {
      'GET runs/r1/notebook': { body: then }
    });
    await screen.findByText(/was edited since this run/);
    session.notebook.cells.get(0).sharedModel.setSource('x = 1');
    session.show(null);
    await until(() => screen.queryByText(/was edited since this run/) === null);
    session.dispose();
  });

  it('says how an unmarked notebook is cut, and offers to keep that', async () => {
    const { session, actions } = await draw(
      pipeline(['load'], { split: 'headings' })
    );
    await screen.findByText(/each heading starts a step/);
    fireEvent.click(button('Keep these steps'));
    expect(actions.markSplit).toHaveBeenCalledWith(session);
    session.dispose();
  });

  it('names the command that brings a missing server extension', async () => {
    const { session, server } = await draw(pipeline([]), [], {
      'GET info': { status: 404, body: {} }
    });
    await screen.findByText(ENABLE_COMMAND);
    server.answers['GET info'] = READY;
    fireEvent.click(button('Try again'));
    await screen.findByLabelText('Name of the pipeline');
    session.dispose();
  });

  it('folds a section away', async () => {
    const { session } = await draw(pipeline(['load']));
    const head = await screen.findByRole('button', { name: /^Steps/ });
    expect(screen.getAllByRole('listitem')).toHaveLength(1);
    fireEvent.click(head);
    expect(screen.queryAllByRole('listitem')).toHaveLength(0);
    session.dispose();
  });
});
