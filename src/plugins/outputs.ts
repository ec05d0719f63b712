/** What a run put out, in the notebook on request, and as a notebook of its own. */
import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, showErrorMessage } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { notebookIcon } from '@jupyterlab/ui-components';

import { KfpClient } from '../client';
import { NOTEBOOK_ARGS, RUN_ARGS } from '../commandArgs';
import { CommandIDs } from '../commandIds';
import { DOMAIN } from '../components/translation';
import { saveExecuted } from '../executed';
import { NotebookSessions } from '../model';
import { IKfpRuns } from '../tokens';
import { ISessions } from './tokens';

export const outputsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-kfp-ext:outputs',
  description: 'Shows what a run put out.',
  autoStart: true,
  requires: [ISessions, IKfpRuns],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    sessions: NotebookSessions,
    runs: IKfpRuns,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const { commands, serviceManager } = app;
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const client = new KfpClient(serviceManager.serverSettings);
    const target = (path: unknown) => sessions.meant(path);

    commands.addCommand(CommandIDs.toggleOutputs, {
      describedBy: NOTEBOOK_ARGS,
      label: trans.__('Show the run’s outputs'),
      caption: trans.__(
        'Show below each cell what the shown run printed there; the notebook is not changed'
      ),
      isEnabled: args => !!target(args['path'])?.run,
      isToggled: args => target(args['path'])?.outputs.shown ?? false,
      execute: args => {
        const outputs = target(args['path'])?.outputs;
        outputs?.setShown(!outputs.shown);
      }
    });
    commands.addCommand(CommandIDs.openExecuted, {
      describedBy: RUN_ARGS,
      label: trans.__('Open executed notebook'),
      caption: trans.__('Open the notebook with what the run put out'),
      icon: notebookIcon,
      isEnabled: args => !!(args['runId'] ?? sessions.current?.run),
      execute: async args => {
        const id = args['runId'] ?? sessions.current?.run?.id;
        try {
          const run = await runs.load(String(id));
          const { contents } = serviceManager;
          const path = await saveExecuted(run, contents, client);
          await commands.execute('docmanager:open', { path });
        } catch (error) {
          await showErrorMessage(
            trans.__('The executed notebook cannot be opened'),
            error instanceof Error ? error.message : String(error)
          );
        }
      }
    });
    const notify = () => {
      commands.notifyCommandChanged(CommandIDs.toggleOutputs);
      commands.notifyCommandChanged(CommandIDs.openExecuted);
    };
    sessions.currentChanged.connect(notify);
    runs.changed.connect(notify);
    const category = trans.__('Pipelines');
    palette?.addItem({ command: CommandIDs.toggleOutputs, category });
    palette?.addItem({ command: CommandIDs.openExecuted, category });
  }
};
