import { act, fireEvent, screen, within } from '@testing-library/react';

import { ENABLE_COMMAND } from '../client';
import { afterToo } from '../panel/stepOrder';
import { button, draw } from './drawnPanel';
import { pipeline, problem, READY, run, step, stepError } from './fakes';

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
