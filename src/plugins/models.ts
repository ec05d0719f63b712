/** The two plugins that hold state: the runs, and the open notebooks. */
import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStateDB } from '@jupyterlab/statedb';

import { KfpClient } from '../client';
import { NotebookSessions, OpenFiles, RunChoices, RunsModel } from '../model';
import { IKfpRuns } from '../tokens';
import { ISessions } from './tokens';

export const runsPlugin: JupyterFrontEndPlugin<IKfpRuns> = {
  id: 'jupyter-kfp-ext:runs',
  description: 'Starts, cancels and follows the pipeline runs of notebooks.',
  autoStart: true,
  provides: IKfpRuns,
  activate: ({ serviceManager }: JupyterFrontEnd) =>
    new RunsModel(
      new KfpClient(serviceManager.serverSettings),
      serviceManager.events.stream
    )
};

export const sessionsPlugin: JupyterFrontEndPlugin<NotebookSessions> = {
  id: 'jupyter-kfp-ext:notebooks',
  description: 'Follows the open notebooks as pipelines.',
  autoStart: true,
  requires: [INotebookTracker, IKfpRuns],
  optional: [IStateDB],
  provides: ISessions,
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    runs: IKfpRuns,
    state: IStateDB | null
  ) =>
    new NotebookSessions(
      tracker,
      new KfpClient(app.serviceManager.serverSettings),
      runs,
      new RunChoices(state),
      new OpenFiles(app.shell, app.serviceManager.contents)
    )
};
