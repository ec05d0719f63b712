/** What the panel shows of runs, and what can be done with them there. */
import { fireEvent, screen } from '@testing-library/react';

import { button, draw } from './drawnPanel';
import { notebookModel, pipeline, run, step, until } from './fakes';

describe('the panel of a notebook with runs', () => {
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
});
