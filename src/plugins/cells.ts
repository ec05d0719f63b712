/** Badges, errors and underlined problems at the cells of each open notebook. */
import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IActions } from '../actions';
import { CellDecorator } from '../cells/decorator';
import type { EditorMarks } from '../cells/EditorMarks';
import { ERROR_ARGS, NOTEBOOK_ARGS } from '../commandArgs';
import { CommandIDs } from '../commandIds';
import { DOMAIN } from '../components/translation';
import { stateIcons } from '../icons';
import { NotebookSession, NotebookSessions, stepNamed } from '../model';
import { IPieceActions, ISessions, SETTINGS_ID } from './tokens';

export const cellsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-kfp-ext:cells',
  description: 'Shows steps, states and errors at the cells.',
  autoStart: true,
  requires: [ISessions, IPieceActions],
  optional: [ISettingRegistry, ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    sessions: NotebookSessions,
    actions: IActions,
    registry: ISettingRegistry | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const decorators = new Set<CellDecorator | EditorMarks>();
    let settings: ISettingRegistry.ISettings | null = null;
    const enabled = () => settings?.composite['badges'] !== false;
    const marking = () => settings?.composite['problems'] !== false;
    const redraw = () => decorators.forEach(each => each.update());

    const decorate = (session: NotebookSession) => {
      const add = (drawn: CellDecorator | EditorMarks) => {
        decorators.add(drawn);
        session.panel.disposed.connect(() => decorators.delete(drawn));
      };
      add(new CellDecorator(session, actions, trans, enabled));
      // The linter of editors is loaded with the first notebook, not with JupyterLab.
      import('../cells/EditorMarks')
        .then(({ EditorMarks }) => {
          if (!session.panel.isDisposed) {
            add(new EditorMarks(session, actions, trans, marking));
          }
        })
        .catch(reason =>
          console.error('Problems cannot be underlined in the cells.', reason)
        );
    };
    sessions.open.forEach(decorate);
    sessions.added.connect((_, session) => decorate(session));
    registry
      ?.load(SETTINGS_ID)
      .then(loaded => {
        settings = loaded;
        loaded.changed.connect(redraw);
        redraw();
      })
      .catch(reason =>
        console.error('The settings of jupyter-kfp-ext are missing.', reason)
      );

    app.commands.addCommand(CommandIDs.showError, {
      describedBy: ERROR_ARGS,
      label: trans.__('Show error'),
      caption: trans.__('Show the error at the cell where it happened'),
      icon: stateIcons.FAILED,
      isEnabled: args => !!args['step'],
      execute: args => {
        const session = sessions.at(String(args['path']));
        const step = session && stepNamed(session.run, String(args['step']));
        if (session && step) {
          actions.showError(session, step);
        }
      }
    });
    app.commands.addCommand(CommandIDs.goToError, {
      describedBy: NOTEBOOK_ARGS,
      label: trans.__('Go to the error of the pipeline run'),
      caption: trans.__('Go to the line where the shown run failed'),
      icon: stateIcons.FAILED,
      isEnabled: args => !!sessions.meant(args['path'])?.error,
      execute: args => {
        const session = sessions.meant(args['path']);
        if (session?.error) {
          const { cellId, error } = session.error;
          actions.goTo(session, cellId, error.line);
        }
      }
    });
    palette?.addItem({
      command: CommandIDs.goToError,
      category: trans.__('Pipelines')
    });
  }
};
