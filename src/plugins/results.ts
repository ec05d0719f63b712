/** Opens what the steps of a run have left beside their logs, and brings values into kernels. */
import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  Clipboard,
  MainAreaWidget,
  Notification,
  WidgetTracker
} from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';
import { tableRowsIcon } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';

import { StepClient } from '../client';
import { RUN_STEP_ARGS } from '../commandArgs';
import { CommandIDs } from '../commandIds';
import { addBelow, mainArea } from '../components/mainArea';
import { DOMAIN } from '../components/translation';
import { NotebookSession, NotebookSessions } from '../model';
import { pullInto, pullLine } from '../results/pull';
import type { IResultsActions } from '../results/items';
import { ResultsWidget } from '../results/widget';
import { IKfpRuns } from '../tokens';
import { ISessions } from './tokens';

export const resultsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-kfp-ext:results',
  description: 'Shows what the steps of a run have left.',
  autoStart: true,
  requires: [ISessions, IKfpRuns],
  optional: [ILayoutRestorer, IRenderMimeRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    sessions: NotebookSessions,
    runs: IKfpRuns,
    restorer: ILayoutRestorer | null,
    rendermime: IRenderMimeRegistry | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { serverSettings } = app.serviceManager;
    const tracker = new WidgetTracker<MainAreaWidget<ResultsWidget>>({
      namespace: 'jp-kfp-results'
    });

    app.commands.addCommand(CommandIDs.openResults, {
      describedBy: RUN_STEP_ARGS,
      label: trans.__('Open results'),
      caption: trans.__(
        'Show the values, files and metrics that the step left'
      ),
      icon: tableRowsIcon,
      isEnabled: args => !!args['task'],
      execute: args => {
        const runId = String(args['runId']);
        const task = String(args['task']);
        const id = `jp-kfp-results-${runId}-${task}`;
        const known = tracker.find(widget => widget.id === id);
        if (known) {
          app.shell.activateById(id);
          return known;
        }
        const sessionOf = () => {
          const path = runs.get(runId)?.notebook;
          return path ? sessions.at(path) : null;
        };
        const content = new ResultsWidget(
          runs,
          runId,
          task,
          () =>
            actionsOf(
              new StepClient(serverSettings, runId),
              runId,
              sessionOf(),
              app.commands,
              trans
            ),
          rendermime,
          trans
        );
        const label = trans.__('%1 · results', String(args['name'] ?? task));
        const widget = mainArea(content, id, tableRowsIcon, label);
        addBelow(app.shell, tracker, widget);
        return widget;
      }
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.openResults,
      args: ({ content }) => ({ runId: content.runId, task: content.task }),
      name: widget => widget.id
    });
  }
};

function actionsOf(
  client: StepClient,
  runId: string,
  session: NotebookSession | null,
  commands: CommandRegistry,
  trans: TranslationBundle
): IResultsActions {
  return {
    read: task => client.results(task),
    look: (task, file) => client.lookAt(task, file),
    fileUrl: (task, file) => client.resultFile(task, file),
    copyPull: (task, name) => {
      Clipboard.copyToSystem(pullLine(runId, task, name));
      Notification.success(trans.__('Copied: paste it into a cell.'), {
        autoClose: 3000
      });
    },
    showOutputs:
      session &&
      (() => {
        const { path } = session.panel.context;
        session.outputs.setShown(true);
        void commands.execute(CommandIDs.showRun, { runId, path });
      }),
    pull:
      session &&
      ((task, name) => {
        void Notification.promise(
          pullInto(session.panel.sessionContext, runId, task, name, trans),
          {
            pending: {
              message: trans.__('Bringing %1 into the kernel…', name),
              options: { autoClose: false }
            },
            success: {
              message: () => trans.__('%1 is in the kernel.', name),
              options: { autoClose: 3000 }
            },
            error: {
              message: error =>
                error instanceof Error ? error.message : String(error),
              options: { autoClose: 8000 }
            }
          }
        );
      })
  };
}
