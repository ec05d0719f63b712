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

import { editIcon, settingsIcon } from '@jupyterlab/ui-components';

import { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { IActions } from '../actions';
import {
  chosenCells,
  markRole,
  markStep,
  joinSteps,
  removeMarks,
  splitStep
} from '../cells/marks';
import { proposeName } from '../cells/names';
import { CELL_OF_ARGS, NO_ARGS, ROLE_ARGS, STEP_OF_ARGS } from '../commandArgs';
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
import { IPieceActions, ISessions } from './tokens';

export const markingPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-kfp-ext:marking',
  description: 'Makes steps of cells.',
  autoStart: true,
  requires: [ISessions, IPieceActions],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    sessions: NotebookSessions,
    actions: IActions,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const { commands } = app;
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    /** The notebook and its chosen cells; null where nothing can be marked. */
    const choice = () => {
      const session = sessions.current;
      if (!session || session.readOnly) {
        return null;
      }
      const cells = chosenCells(session.panel);
      return cells.length ? { session, cells } : null;
    };
    /** The steps of the chosen cells, in the order of the notebook. */
    const stepsChosen = (): string[] => {
      const chosen = choice();
      const names = (chosen?.cells ?? [])
        .map(cell => chosen?.session.roleOf(cell.id)?.step)
        .filter((name): name is string => typeof name === 'string');
      return [...new Set(names)];
    };
    /** The chosen cell within a step, where the step can be cut. */
    const inStep = () => {
      const chosen = choice();
      const cell = chosen?.cells[0];
      const step = chosen?.session.pipeline?.steps.find(
        each => cell && each.cells.includes(cell.id)
      );
      return chosen && cell && step && step.cells[0] !== cell.id
        ? { session: chosen.session, cell }
        : null;
    };
    const sessionOf = (args: ReadonlyPartialJSONObject) =>
      sessions.meant(args['path']);
    /** The cell that is named, else the active one. */
    const target = (args: ReadonlyPartialJSONObject) => {
      const session = sessionOf(args);
      const cellId =
        args['cellId'] ?? session?.panel.content.activeCell?.model.id;
      return session && typeof cellId === 'string' ? { session, cellId } : null;
    };
    /** The step that is named, else that of the active cell. */
    const stepOf = (args: ReadonlyPartialJSONObject): string | null => {
      const at = target(args);
      return typeof args['step'] === 'string'
        ? args['step'] || null
        : ((at && at.session.roleOf(at.cellId)?.step) ?? null);
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
          const name = await askName(
            session,
            cells[0],
            trans,
            markOf(cells[0])?.step
          );
          if (name) {
            markStep(session.notebook, cells, name);
          }
        })
    });
    commands.addCommand(CommandIDs.renameStep, {
      describedBy: NO_ARGS,
      label: trans.__('Rename the step…'),
      caption: trans.__('Rename the step wherever it is named'),
      isEnabled: () => stepsChosen().length > 0,
      isVisible: () => stepsChosen().length > 0,
      execute: async () => {
        const chosen = choice();
        const [old] = stepsChosen();
        if (!chosen || old === undefined) {
          return;
        }
        const [cell] = chosen.cells;
        if (badgeAt(chosen.session, cell.id)) {
          chosen.session.options.renameAt(cell.id);
          return;
        }
        const name = await askName(chosen.session, cell, trans, old);
        if (name && name !== old) {
          actions.renameStep(chosen.session, old, name);
        }
      }
    });
    commands.addCommand(CommandIDs.renameHere, {
      describedBy: CELL_OF_ARGS,
      label: trans.__('Rename the step…'),
      caption: trans.__('Rename the step wherever it is named'),
      icon: editIcon,
      isEnabled: args => target(args)?.session.readOnly === false,
      execute: args => {
        const at = target(args);
        at?.session.options.renameAt(at.cellId);
      }
    });
    commands.addCommand(CommandIDs.editStep, {
      describedBy: STEP_OF_ARGS,
      label: trans.__('Edit options'),
      caption: trans.__('Memory, packages, retries and other options'),
      icon: settingsIcon,
      isEnabled: args => stepOf(args) !== null,
      execute: async args => {
        const session = sessionOf(args);
        const step = stepOf(args);
        if (session && step !== null) {
          await commands.execute(CommandIDs.openPanel);
          session.options.edit(step);
          await commands.execute(CommandIDs.showStep, { step });
        }
      }
    });
    commands.addCommand(CommandIDs.splitStep, {
      describedBy: NO_ARGS,
      label: trans.__('Split the step here…'),
      caption: trans.__('From this cell on, make another step of it'),
      isEnabled: () => inStep() !== null,
      execute: async () => {
        const chosen = inStep();
        if (!chosen || contradicts([chosen.cell], trans)) {
          return;
        }
        const { session, cell } = chosen;
        const name = await askName(session, cell, trans);
        if (name && session.pipeline) {
          splitStep(session.notebook, session.pipeline, cell.id, name);
        }
      }
    });
    const unmark = () =>
      apply((session, cells) => removeMarks(session.notebook, cells));
    const marked = () =>
      choice()?.cells.some(
        cell =>
          cell.getMetadata(METADATA_KEY) !== undefined ||
          foreignMark(cell) !== null
      ) ?? false;
    /** The steps that are put together: those of the chosen cells, else one with that above. */
    const joined = (): string[] => {
      const names = stepsChosen();
      const steps = sessions.current?.pipeline?.steps ?? [];
      const at = steps.findIndex(step => step.name === names[0]);
      return names.length === 1 && at > 0
        ? [steps[at - 1].name, ...names]
        : names;
    };
    /** Whether steps are joined, and not only cells that lose their mark. */
    const joinsSteps = () =>
      stepsChosen().length > 1 ||
      typeof sessions.current?.pipeline?.split === 'string';
    commands.addCommand(CommandIDs.joinAbove, {
      describedBy: NO_ARGS,
      label: () =>
        stepsChosen().length > 1
          ? trans.__('Join into one step')
          : trans.__('Join the step above'),
      caption: trans.__('Put these steps together'),
      isEnabled: () => (joinsSteps() ? joined().length > 1 : marked()),
      execute: async () => {
        const chosen = choice();
        const names = joined();
        const pipeline = chosen?.session.pipeline;
        if (!joinsSteps()) {
          await unmark();
        } else if (chosen && pipeline && !contradicts(chosen.cells, trans)) {
          joinSteps(chosen.session.notebook, pipeline, names);
        }
      }
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
    for (const command of [
      CommandIDs.makeStep,
      CommandIDs.splitStep,
      CommandIDs.joinAbove,
      CommandIDs.renameStep,
      CommandIDs.editStep
    ]) {
      palette?.addItem({ command, category });
    }
  }
};

/** Ask for a step's name; null where the user thought better of it. */
async function askName(
  session: NotebookSession,
  cell: ICellModel,
  trans: TranslationBundle,
  old?: string
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
    text: old ?? proposeName(session.notebook, index, taken),
    okLabel: old === undefined ? trans.__('Make step') : trans.__('Rename'),
    selectionRange: Infinity
  });
  return answer.button.accept ? (answer.value ?? '').trim() || null : null;
}

/** Whether the step of a cell has a badge there, in which it can be renamed. */
function badgeAt(session: NotebookSession, cellId: string): boolean {
  const cell = session.panel.content.widgets.find(
    each => each.model.id === cellId
  );
  return !!cell?.node.querySelector('.jp-kfp-CellBadge:not(.lm-mod-hidden)');
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
