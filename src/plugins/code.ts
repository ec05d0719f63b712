/** Opens the code of a run, and writes it into a folder again. */
import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  InputDialog,
  MainAreaWidget,
  Notification,
  WidgetTracker
} from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';

import { KfpClient } from '../client';
import { RunCodeWidget } from '../code/widget';
import { RUN_ARGS } from '../commandArgs';
import { CommandIDs } from '../commandIds';
import { addTab, mainArea } from '../components/mainArea';
import { DOMAIN } from '../components/translation';
import { pipelineIcon } from '../icons';
import { nameOf } from '../model';
import { IKfpRuns } from '../tokens';

export const codePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-kfp-ext:code',
  description: 'Shows what code a run ran and what changed since.',
  autoStart: true,
  requires: [IKfpRuns],
  optional: [ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    runs: IKfpRuns,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ) => {
    const { commands, shell } = app;
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const client = new KfpClient(app.serviceManager.serverSettings);
    const tabs = new WidgetTracker<MainAreaWidget<RunCodeWidget>>({
      namespace: 'jp-kfp-code'
    });
    commands.addCommand(CommandIDs.openCode, {
      describedBy: RUN_ARGS,
      label: trans.__('Show the code of the run'),
      caption: trans.__('What code it ran, and what changed since'),
      icon: pipelineIcon,
      isEnabled: args => !!args['runId'],
      execute: async args => {
        const runId = String(args['runId']);
        const known = tabs.find(widget => widget.content.runId === runId);
        if (known) {
          shell.activateById(known.id);
          return known;
        }
        const content = new RunCodeWidget(
          runId,
          {
            readCode: () => client.codeOfRun(runId),
            readChanges: () => client.codeChanges(runId),
            onOpen: path => void commands.execute('docmanager:open', { path }),
            onRestore: () => void restore(app, client, runs, runId, trans)
          },
          trans
        );
        const run = runs.get(runId);
        const label = trans.__('Code of %1', run ? nameOf(run) : runId);
        const widget = mainArea(
          content,
          `jp-kfp-code-${runId}`,
          pipelineIcon,
          label
        );
        addTab(shell, widget);
        await tabs.add(widget);
        return widget;
      }
    });
    void restorer?.restore(tabs, {
      command: CommandIDs.openCode,
      args: widget => ({ runId: widget.content.runId }),
      name: widget => widget.id
    });
  }
};

/** Ask for a folder, write the code of a run into it, and show it in the file browser. */
async function restore(
  app: JupyterFrontEnd,
  client: KfpClient,
  runs: IKfpRuns,
  runId: string,
  trans: TranslationBundle
): Promise<void> {
  const notebook = runs.get(runId)?.notebook ?? '';
  const asked = await InputDialog.getText({
    title: trans.__('Restore the code of a run'),
    label: trans.__('New folder'),
    text: PathExt.join(PathExt.dirname(notebook), `code-${runId}`),
    okLabel: trans.__('Restore')
  });
  const path = asked.value?.trim();
  if (!asked.button.accept || !path) {
    return;
  }
  try {
    const files = await client.restoreCode(runId, path);
    Notification.success(
      trans._n(
        'Restored %1 file into %2',
        'Restored %1 files into %2',
        files.length,
        path
      ),
      {
        autoClose: 8000,
        actions: [
          {
            label: trans.__('Show'),
            callback: () =>
              void app.commands.execute('filebrowser:open-path', { path })
          }
        ]
      }
    );
  } catch (error) {
    Notification.error(error instanceof Error ? error.message : String(error), {
      autoClose: 8000
    });
  }
}
