/**
 * Running and cancelling: the commands behind the panel, the notebook's toolbar, the menus, the
 * command palette and the file browser. `schema/plugin.json` places them.
 */
import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { stopIcon } from '@jupyterlab/ui-components';

import { IActions } from '../actions';
import { NO_ARGS, NOTEBOOK_ARGS } from '../commandArgs';
import { CommandIDs } from '../commandIds';
import { DOMAIN } from '../components/translation';
import { settleChanged, settleUnsaved } from '../dialog/askCode';
import { askRun } from '../dialog/RunDialog';
import { pipelineIcon } from '../icons';
import { ServerError } from '../client';
import { NotebookSession, NotebookSessions } from '../model';
import { IKfpRuns, IRun, RunPart } from '../tokens';
import { followRun, IMessageActions, tellRefusal } from './messages';
import { IPieceActions, ISessions, SETTINGS_ID } from './tokens';

export const runningPlugin: JupyterFrontEndPlugin<void> = {
  id: SETTINGS_ID,
  description: 'Runs notebooks as pipelines.',
  autoStart: true,
  requires: [ISessions, IKfpRuns, IPieceActions],
  optional: [
    IFileBrowserFactory,
    ICommandPalette,
    ITranslator,
    ISettingRegistry
  ],
  activate: (
    app: JupyterFrontEnd,
    sessions: NotebookSessions,
    runs: IKfpRuns,
    pieces: IActions,
    browser: IFileBrowserFactory | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null,
    registry: ISettingRegistry | null
  ) => {
    const { commands } = app;
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const messages = messageActions(app, sessions, pieces);
    let settings: ISettingRegistry.ISettings | null = null;
    registry
      ?.load(SETTINGS_ID)
      .then(loaded => {
        settings = loaded;
      })
      .catch(reason =>
        console.error('The settings of jupyter-kfp-ext are missing.', reason)
      );

    /** Start a run by the given way, and tell how it goes. */
    const launch = async (
      path: string,
      start: (anyway: boolean) => Promise<{ run: IRun }>,
      anyway = false
    ): Promise<void> => {
      const session = sessions.at(path);
      try {
        const { run } = await start(anyway);
        if (settings?.composite['notifications'] !== false) {
          followRun(runs, run, messages, trans);
        }
      } catch (error) {
        if (session && isChangedCode(error)) {
          if (await settleChanged(session, error.message, trans)) {
            await launch(path, start, anyway);
          }
          return;
        }
        tellRefusal(path, error, messages, trans, () => {
          void launch(path, start, true);
        });
      }
    };
    const starting = new Set<NotebookSession>();
    /**
     * Start a run of an open notebook, once its files are as the user wants them. Pressing again
     * while it starts is one press.
     */
    const launchOpen = async (
      session: NotebookSession,
      part: RunPart = {}
    ): Promise<void> => {
      if (starting.has(session)) {
        return;
      }
      starting.add(session);
      try {
        if (await settleUnsaved(session, trans)) {
          await launch(session.path, anyway => session.start(anyway, part));
        }
      } finally {
        starting.delete(session);
      }
    };
    const target = (path: unknown) => sessions.meant(path);
    const selected = (): string[] =>
      [...(browser?.tracker.currentWidget?.selectedItems() ?? [])]
        .filter(item => item.type === 'notebook')
        .map(item => item.path);

    commands.addCommand(CommandIDs.run, {
      describedBy: NOTEBOOK_ARGS,
      label: args => (args['toolbar'] ? '' : trans.__('Run as pipeline')),
      caption: trans.__('Run this notebook as a pipeline'),
      icon: pipelineIcon,
      isEnabled: args => target(args['path']) !== null,
      execute: async args => {
        const session = target(args['path']);
        if (session) {
          await launchOpen(session);
        }
      }
    });
    commands.addCommand(CommandIDs.runWithOptions, {
      describedBy: NOTEBOOK_ARGS,
      label: trans.__('Run as pipeline with options…'),
      caption: trans.__('Choose where and how this notebook runs, then run it'),
      icon: pipelineIcon,
      isEnabled: args => target(args['path']) !== null,
      execute: async args => {
        const session = target(args['path']);
        const asked = session && (await askRun(session, trans));
        if (session && asked) {
          session.choose(asked.choice);
          await (asked.scheduled
            ? commands.execute(CommandIDs.schedule, { path: session.path })
            : launchOpen(session, asked.part));
        }
      }
    });
    /** The name of the step that the active cell of the current notebook belongs to. */
    const activeStep = (): string | null => {
      const session = sessions.current;
      const cell = session?.panel.content.activeCell?.model.id;
      return (cell && session?.pipeline?.cells[cell]?.step) || null;
    };
    const addPart = (
      id: string,
      label: string,
      caption: string,
      part: (step: string) => RunPart
    ) =>
      commands.addCommand(id, {
        describedBy: NO_ARGS,
        label,
        caption,
        icon: pipelineIcon,
        isEnabled: () => activeStep() !== null,
        execute: async () => {
          const session = sessions.current;
          const step = activeStep();
          if (session && step !== null) {
            await launchOpen(session, part(step));
          }
        }
      });
    addPart(
      CommandIDs.runFrom,
      trans.__('Run from here as pipeline'),
      trans.__(
        'Run the step of this cell and all that depends on it, with the results of an earlier run'
      ),
      from => ({ from })
    );
    addPart(
      CommandIDs.runOnly,
      trans.__('Run only this step'),
      trans.__(
        'Run the step of this cell alone, with the results of an earlier run'
      ),
      only => ({ only })
    );
    commands.addCommand(CommandIDs.runFromError, {
      describedBy: NOTEBOOK_ARGS,
      label: trans.__('Run from the failed step'),
      caption: trans.__(
        'Run the step that failed and what follows, as the notebook is now; take the rest from that run'
      ),
      icon: pipelineIcon,
      isEnabled: args => {
        const session = target(args['path']);
        return !!session?.error && !session.activeRun;
      },
      execute: async args => {
        const session = target(args['path']);
        if (session?.run) {
          await launchOpen(session, { resume: session.run.id });
        }
      }
    });
    commands.addCommand(CommandIDs.runSelected, {
      describedBy: NO_ARGS,
      label: trans.__('Run as pipeline'),
      caption: trans.__('Run the selected notebooks as pipelines'),
      icon: pipelineIcon,
      isEnabled: () => selected().length > 0,
      execute: async () => {
        for (const path of selected()) {
          // A notebook that is open runs as it stands in its tab, saved or not.
          const session = sessions.at(path);
          await (session
            ? launchOpen(session)
            : launch(path, anyway =>
                runs.start({ path, ...(anyway && { ignore_resources: true }) })
              ));
        }
      }
    });
    commands.addCommand(CommandIDs.cancel, {
      describedBy: NOTEBOOK_ARGS,
      label: trans.__('Cancel pipeline run'),
      caption: trans.__('Cancel the run of this notebook'),
      icon: stopIcon,
      isEnabled: args => !!target(args['path'])?.activeRun,
      execute: async args => {
        const session = target(args['path']);
        try {
          await session?.cancel();
        } catch (error) {
          tellRefusal(session?.path ?? '', error, messages, trans);
        }
      }
    });
    const isPaused = (path: unknown) =>
      target(path)?.pausableRun?.state === 'PAUSED';
    commands.addCommand(CommandIDs.pause, {
      describedBy: NOTEBOOK_ARGS,
      label: args =>
        isPaused(args['path'])
          ? trans.__('Go on with the pipeline run')
          : trans.__('Pause pipeline run'),
      caption: trans.__('Stop the processes of the run where they are'),
      isEnabled: args => !!target(args['path'])?.pausableRun,
      execute: async args => {
        const session = target(args['path']);
        try {
          await session?.pause();
        } catch (error) {
          tellRefusal(session?.path ?? '', error, messages, trans);
        }
      }
    });
    sessions.currentChanged.connect(() => {
      commands.notifyCommandChanged(CommandIDs.run);
      commands.notifyCommandChanged(CommandIDs.runWithOptions);
      commands.notifyCommandChanged(CommandIDs.cancel);
      commands.notifyCommandChanged(CommandIDs.pause);
    });
    runs.changed.connect(() => {
      commands.notifyCommandChanged(CommandIDs.cancel);
      commands.notifyCommandChanged(CommandIDs.pause);
    });
    const category = trans.__('Pipelines');
    palette?.addItem({ command: CommandIDs.run, category });
    palette?.addItem({ command: CommandIDs.runWithOptions, category });
    palette?.addItem({ command: CommandIDs.runFrom, category });
    palette?.addItem({ command: CommandIDs.runOnly, category });
    palette?.addItem({ command: CommandIDs.runFromError, category });
    palette?.addItem({ command: CommandIDs.pause, category });
    palette?.addItem({ command: CommandIDs.cancel, category });
  }
};

/** Whether a run was refused because files are not what was shown. */
function isChangedCode(error: unknown): error is ServerError {
  return (
    error instanceof ServerError && error.problems[0]?.code === 'code-changed'
  );
}

/** What the buttons of a notification do; the notebook is opened where it is not. */
function messageActions(
  app: JupyterFrontEnd,
  sessions: NotebookSessions,
  pieces: IActions
): IMessageActions {
  const open = async (path: string): Promise<NotebookSession | null> => {
    await app.commands.execute('docmanager:open', { path });
    const session = sessions.at(path);
    if (session) {
      app.shell.activateById(session.panel.id);
      await session.panel.revealed;
    }
    return session;
  };
  return {
    show: async (path, cellId, line) => {
      const session = await open(path);
      if (session && cellId) {
        pieces.goTo(session, cellId, line);
      } else {
        await app.commands.execute(CommandIDs.openPanel);
      }
    },
    showError: async (path, step) => {
      const session = await open(path);
      if (session) {
        pieces.showError(session, step);
      }
    },
    openLog: (run, step) => pieces.openLog(run, step)
  };
}
