/** Draws the panel for tests of what it shows. */
import { render, screen } from '@testing-library/react';
import * as React from 'react';

import { IActions } from '../actions';
import { NotebookView } from '../panel/PanelView';
import { IPipeline, IRun } from '../tokens';
import {
  Answer,
  FakeServer,
  notebookModel,
  READY,
  sessionFor,
  until
} from './fakes';

/** Does nothing, and knows what it was asked for. */
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

/** The panel of a notebook that the server says this of, drawn with its runs. */
export async function draw(
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

export function button(name: RegExp | string): HTMLButtonElement {
  return screen.getByRole('button', { name });
}
