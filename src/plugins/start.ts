/** The way in: the examples, from the launcher, the palette and the panel; and a link to read on. */
import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { KfpClient } from '../client';
import { FOLDER_ARGS, NO_ARGS } from '../commandArgs';
import { CommandIDs } from '../commandIds';
import { DOMAIN } from '../components/translation';
import { pipelineIcon } from '../icons';
import { attempt } from './messages';

/** The folder that the examples are written into. */
const FOLDER = 'pipeline-example';

const READ_ON = 'https://www.kubeflow.org/docs/components/pipelines/overview/';

export const startPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-kfp-ext:start',
  description: 'Opens the examples, and what there is to read on pipelines.',
  autoStart: true,
  optional: [IDefaultFileBrowser, ICommandPalette, ILauncher, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    browser: IDefaultFileBrowser | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    translator: ITranslator | null
  ) => {
    const { commands } = app;
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const client = new KfpClient(app.serviceManager.serverSettings);

    commands.addCommand(CommandIDs.openExample, {
      describedBy: FOLDER_ARGS,
      label: args =>
        args['isPalette'] ? trans.__('Open the example') : trans.__('Example'),
      caption: trans.__(
        'Write the example into the folder %1, and open it with the pipeline panel',
        FOLDER
      ),
      icon: pipelineIcon,
      execute: async args => {
        const cwd = args['cwd'] ?? browser?.model.path ?? '';
        // A drive of another extension has a name before its paths: files are where there is none.
        const below = String(cwd).includes(':') ? '' : `${String(cwd)}/`;
        await attempt(async () => {
          const { notebook } = await client.writeExamples(`${below}${FOLDER}`);
          await commands.execute('docmanager:open', { path: notebook });
          await commands.execute(CommandIDs.openPanel);
        });
      }
    });
    commands.addCommand(CommandIDs.readOn, {
      describedBy: NO_ARGS,
      label: trans.__('About Kubeflow Pipelines'),
      caption: trans.__('Open the documentation of Kubeflow Pipelines'),
      execute: () => {
        window.open(READ_ON, '_blank', 'noopener');
      }
    });
    const category = trans.__('Pipelines');
    palette?.addItem({
      command: CommandIDs.openExample,
      category,
      args: { isPalette: true }
    });
    palette?.addItem({ command: CommandIDs.readOn, category });
    launcher?.add({ command: CommandIDs.openExample, category, rank: 1 });
  }
};
