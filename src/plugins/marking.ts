/** The commands of a cell's context menu that say what the cell is for. */
import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  InputDialog,
  Notification
} from '@jupyterlab/apputils';
import { ICellModel } from '@jupyterlab/cells';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';

import {
  chosenCells,
  markRole,
  markStep,
  removeMarks,
  renameStep
} from '../cells/marks';
import { proposeName } from '../cells/names';
import { NO_ARGS, ROLE_ARGS } from '../commandArgs';
import { CommandIDs } from '../commandIds';
import { DOMAIN } from '../components/translation';
import { roleWord } from '../format';
import {
  foreignMark,
  markOf,
  METADATA_KEY,
  NotebookSession,
  NotebookSessions
} from '../model';
import { Role } from '../tokens';
import { ISessions } from './tokens';

export const markingPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-kfp-ext:marking',
  description: 'Makes steps of cells.',
  autoStart: true,
  requires: [ISessions],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    sessions: NotebookSessions,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const { commands } = app;
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    /** The notebook and its chosen cells; null where nothing can be marked. */
    const choice = () => {
      const session = sessions.current;
      if (!session || session.notebook.readOnly) {
        return null;
      }
      const cells = chosenCells(session.panel);
      return cells.length ? { session, cells } : null;
    };
    const chosenStep = (): string | undefined => {
      const chosen = choice();
      return chosen ? markOf(chosen.cells[0])?.step : undefined;
    };
    /** Do it to the chosen cells, unless their own text or tags would contradict it. */
    const apply = async (
      edit: (session: NotebookSession, cells: ICellModel[]) => unknown
    ) => {
      const chosen = choice();
      if (chosen && !contradicts(chosen.cells, trans)) {
        await edit(chosen.session, chosen.cells);
      }
    };

    commands.addCommand(CommandIDs.makeStep, {
      describedBy: NO_ARGS,
      label: trans.__('Make a step…'),
      caption: trans.__('Make the selected cells a step of the pipeline'),
      isEnabled: () => choice() !== null,
      execute: () =>
        apply(async (session, cells) => {
          const name = await askName(session, cells[0], trans);
          if (name) {
            markStep(session.notebook, cells, name);
          }
        })
    });
    commands.addCommand(CommandIDs.renameStep, {
      describedBy: NO_ARGS,
      label: trans.__('Rename the step…'),
      caption: trans.__('Rename the step in all its cells'),
      isEnabled: () => chosenStep() !== undefined,
      isVisible: () => chosenStep() !== undefined,
      execute: () =>
        apply(async (session, cells) => {
          const old = markOf(cells[0])?.step;
          const name = await askName(session, cells[0], trans);
          if (old !== undefined && name && name !== old) {
            renameStep(session.notebook, old, name);
          }
        })
    });
    const unmark = () =>
      apply((session, cells) => removeMarks(session.notebook, cells));
    const marked = () =>
      choice()?.cells.some(
        cell =>
          cell.getMetadata(METADATA_KEY) !== undefined ||
          foreignMark(cell) !== null
      ) ?? false;
    commands.addCommand(CommandIDs.joinAbove, {
      describedBy: NO_ARGS,
      label: trans.__('Join the step above'),
      caption: trans.__('Let these cells belong to the step before them'),
      isEnabled: marked,
      execute: unmark
    });
    commands.addCommand(CommandIDs.removeMark, {
      describedBy: NO_ARGS,
      label: trans.__('Remove mark'),
      caption: trans.__('Remove what was said about these cells'),
      isEnabled: marked,
      execute: unmark
    });
    commands.addCommand(CommandIDs.setRole, {
      describedBy: ROLE_ARGS,
      label: args => roleWord(args['role'] as Role, trans),
      isEnabled: () => choice() !== null,
      isToggled: args => {
        const chosen = choice();
        return (
          !!chosen && markOf(chosen.cells[0])?.role === String(args['role'])
        );
      },
      execute: args =>
        apply((session, cells) =>
          markRole(session.notebook, cells, args['role'] as Role)
        )
    });
    const category = trans.__('Pipelines');
    for (const command of [CommandIDs.makeStep, CommandIDs.joinAbove]) {
      palette?.addItem({ command, category });
    }
  }
};

/** Ask for a step's name; null where the user thought better of it. */
async function askName(
  session: NotebookSession,
  cell: ICellModel,
  trans: TranslationBundle
): Promise<string | null> {
  const index = [...session.notebook.cells].findIndex(
    each => each.id === cell.id
  );
  const taken = new Set(
    session.pipeline?.split === null
      ? session.pipeline.steps.map(step => step.name)
      : []
  );
  const answer = await InputDialog.getText({
    title: trans.__('Step of the pipeline'),
    label: trans.__('Name'),
    text: markOf(cell)?.step ?? proposeName(session.notebook, index, taken),
    okLabel: trans.__('Make step'),
    selectionRange: Infinity
  });
  return answer.button.accept ? (answer.value ?? '').trim() || null : null;
}

/** Say that a cell is marked in its own text or tags, where a second mark would contradict it. */
function contradicts(cells: ICellModel[], trans: TranslationBundle): boolean {
  for (const cell of cells) {
    const mark = foreignMark(cell);
    if (mark) {
      Notification.warning(
        mark.kind === 'magic'
          ? trans.__(
              'This cell is marked by its first line, “%1”. Edit that line instead.',
              mark.text
            )
          : trans.__(
              'This cell is marked by its tags: %1. Edit the tags in the property inspector instead.',
              mark.text
            ),
        { autoClose: 8000 }
      );
      return true;
    }
  }
  return false;
}
