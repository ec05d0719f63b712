/** Adds the side panel and the commands that open it. */
import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IActions } from '../actions';
import { NO_ARGS, STEP_ARGS } from '../commandArgs';
import { CommandIDs } from '../commandIds';
import { DOMAIN } from '../components/translation';
import { pipelineIcon } from '../icons';
import { NotebookSessions } from '../model';
import { Hints } from '../panel/hints';
import { KfpPanel } from '../panel/widget';
import { IPieceActions, ISessions, SETTINGS_ID } from './tokens';

export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-kfp-ext:panel',
  description: 'Shows the pipeline of the current notebook beside it.',
  autoStart: true,
  requires: [ISessions, IPieceActions],
  optional: [ILayoutRestorer, ICommandPalette, ISettingRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    sessions: NotebookSessions,
    actions: IActions,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const panel = new KfpPanel(sessions, actions, trans);
    app.shell.add(panel, 'right', { rank: 850, type: 'Pipeline' });
    restorer?.add(panel, panel.id);

    app.commands.addCommand(CommandIDs.openPanel, {
      describedBy: NO_ARGS,
      label: trans.__('Show pipeline panel'),
      caption: trans.__('Show the steps and runs of this notebook'),
      icon: pipelineIcon,
      execute: () => app.shell.activateById(panel.id)
    });
    app.commands.addCommand(CommandIDs.showStep, {
      describedBy: STEP_ARGS,
      label: trans.__('Show in the panel'),
      icon: pipelineIcon,
      isEnabled: args => !!args['step'],
      execute: args => {
        app.shell.activateById(panel.id);
        panel.reveal(String(args['step']));
      }
    });
    const category = trans.__('Pipelines');
    palette?.addItem({ command: CommandIDs.openPanel, category });
    registry
      ?.load(SETTINGS_ID)
      .then(settings => {
        const hints = new Hints(settings);
        panel.setHints(hints);
        app.commands.addCommand(CommandIDs.showHints, {
          describedBy: NO_ARGS,
          label: trans.__('Show the hints again'),
          caption: trans.__('Show the three first hints of the pipeline panel'),
          execute: async () => {
            await hints.restart();
            app.shell.activateById(panel.id);
          }
        });
        palette?.addItem({ command: CommandIDs.showHints, category });
      })
      .catch(reason =>
        console.error('The settings of jupyter-kfp-ext are missing.', reason)
      );
  }
};
