/** Opens the list of all runs and their comparison, and does with runs what is asked there. */
import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  MainAreaWidget,
  Notification,
  WidgetTracker
} from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';
import { MenuSvg } from '@jupyterlab/ui-components';

import { CommandRegistry } from '@lumino/commands';

import { KfpClient } from '../client';
import { COMPARE_ARGS, NOTEBOOK_ARGS, RUN_ARGS } from '../commandArgs';
import { CommandIDs } from '../commandIds';
import { addTab, mainArea } from '../components/mainArea';
import { openMenu } from '../components/menu';
import { DOMAIN } from '../components/translation';
import { askClean, goneWords } from '../dialog/askClean';
import { pipelineIcon } from '../icons';
import { nameOf, NotebookSessions, RunPlaces } from '../model';
import { askParameters } from '../runs/askParameters';
import { confirmDelete } from '../runs/confirmDelete';
import { askAbout } from '../runs/EditAbout';
import { RunHistory } from '../runs/history';
import type { IRunsActions } from '../runs/RunsView';
import { CompareWidget, RunsWidget } from '../runs/widget';
import { IKfpRuns, IRunSummary } from '../tokens';
import { attempt } from './messages';
import { ISessions } from './tokens';

const RUNS_ID = 'jp-kfp-runs';

export const historyPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-kfp-ext:history',
  description: 'Lists all pipeline runs and compares them.',
  autoStart: true,
  requires: [ISessions, IKfpRuns],
  optional: [
    ILayoutRestorer,
    ICommandPalette,
    ILauncher,
    IRenderMimeRegistry,
    ITranslator
  ],
  activate: (
    app: JupyterFrontEnd,
    sessions: NotebookSessions,
    runs: IKfpRuns,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    rendermime: IRenderMimeRegistry | null,
    translator: ITranslator | null
  ) => {
    const { commands, shell } = app;
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const client = new KfpClient(app.serviceManager.serverSettings);
    const lists = new WidgetTracker<MainAreaWidget<RunsWidget>>({
      namespace: 'jp-kfp-runs'
    });
    const comparisons = new WidgetTracker<MainAreaWidget<CompareWidget>>({
      namespace: 'jp-kfp-compare'
    });

    commands.addCommand(CommandIDs.openRuns, {
      describedBy: NOTEBOOK_ARGS,
      label: trans.__('Pipeline runs'),
      caption: trans.__('Show all pipeline runs'),
      icon: pipelineIcon,
      execute: args => {
        const notebook = String(args['path'] ?? '');
        const known = lists.currentWidget;
        if (known) {
          known.content.narrow(notebook);
          shell.activateById(known.id);
          return known;
        }
        const history = new RunHistory(client, runs);
        const { places } = sessions;
        const actions = runsActions(app, runs, history, places, client, trans);
        const content = new RunsWidget(
          history,
          places,
          actions,
          notebook,
          trans
        );
        const label = trans.__('Pipeline runs');
        const widget = mainArea(content, RUNS_ID, pipelineIcon, label);
        addTab(shell, widget);
        void lists.add(widget);
        return widget;
      }
    });
    commands.addCommand(CommandIDs.compareRuns, {
      describedBy: COMPARE_ARGS,
      label: trans.__('Compare pipeline runs'),
      icon: pipelineIcon,
      isEnabled: args => !!args['runIds'],
      execute: args => {
        const ids = String(args['runIds']).split(',');
        const id = `jp-kfp-compare-${ids.join('-')}`;
        const known = comparisons.find(widget => widget.id === id);
        if (known) {
          shell.activateById(id);
          return known;
        }
        const content = new CompareWidget(
          ids,
          () => client.compare(ids),
          rendermime,
          trans
        );
        const label = trans._n('Compare %1 run', 'Compare %1 runs', ids.length);
        const widget = mainArea(content, id, pipelineIcon, label);
        addTab(shell, widget);
        void comparisons.add(widget);
        return widget;
      }
    });
    commands.addCommand(CommandIDs.showRun, {
      describedBy: RUN_ARGS,
      label: trans.__('Show in its notebook'),
      isEnabled: args => !!args['runId'] && !!args['path'],
      execute: async args => {
        await commands.execute('docmanager:open', { path: args['path'] });
        const session = sessions.at(String(args['path']));
        if (session) {
          const id = String(args['runId']);
          await runs.load(id);
          session.show(id);
          shell.activateById(session.panel.id);
          await commands.execute(CommandIDs.openPanel);
        }
      }
    });

    const category = trans.__('Pipelines');
    palette?.addItem({ command: CommandIDs.openRuns, category });
    launcher?.add({ command: CommandIDs.openRuns, category });
    void restorer?.restore(lists, {
      command: CommandIDs.openRuns,
      name: () => RUNS_ID
    });
    void restorer?.restore(comparisons, {
      command: CommandIDs.compareRuns,
      args: widget => ({ runIds: widget.content.ids.join(',') }),
      name: widget => widget.id
    });
  }
};

/** Show a run in its notebook, or what it executed where that is not here. */
export async function openRun(
  commands: CommandRegistry,
  run: IRunSummary,
  trans: TranslationBundle
): Promise<void> {
  if (run.notebook === null) {
    Notification.info(
      trans.__(
        'The notebook of %1 is not below the folder that this server shows; its executed notebook opens instead.',
        nameOf(run)
      ),
      { autoClose: 5000 }
    );
    await commands.execute(CommandIDs.openExecuted, { runId: run.id });
    return;
  }
  await commands.execute(CommandIDs.showRun, {
    runId: run.id,
    path: run.notebook
  });
}

function runsActions(
  app: JupyterFrontEnd,
  runs: IKfpRuns,
  history: RunHistory,
  places: RunPlaces,
  client: KfpClient,
  trans: TranslationBundle
): IRunsActions {
  const { commands } = app;
  return {
    open: run => void attempt(() => openRun(commands, run, trans)),
    openMenu: (run, x, y) => {
      const menu = new MenuSvg({ commands });
      menu.addItem({
        command: CommandIDs.showRun,
        args: { runId: run.id, path: run.notebook ?? '' }
      });
      menu.addItem({
        command: CommandIDs.openExecuted,
        args: { runId: run.id }
      });
      menu.addItem({ command: CommandIDs.openCode, args: { runId: run.id } });
      openMenu(menu, x, y);
    },
    compare: chosen => {
      // Code is compared with the oldest: what was changed since.
      const ids = chosen.map(run => run.id).sort();
      void commands.execute(CommandIDs.compareRuns, { runIds: ids.join(',') });
    },
    cancel: chosen =>
      void attempt(() => Promise.all(chosen.map(run => runs.cancel(run.id)))),
    resume: run =>
      void attempt(async () => {
        const { run_id } = await client.resume(run.id);
        await runs.load(run_id);
      }),
    edit: run =>
      void attempt(async () => {
        const said = await askAbout(run, trans);
        if (said) {
          await history.say(run.id, said);
        }
      }),
    retry: run =>
      void attempt(async () => {
        await client.retry(run.id);
        await runs.load(run.id);
      }),
    clone: run =>
      void attempt(async () => {
        const parameters = await askParameters(run, trans);
        if (parameters) {
          const { run_id } = await client.clone(run.id, parameters);
          await runs.load(run_id);
        }
      }),
    openClusters: () => void commands.execute(CommandIDs.openClusters),
    clean: () =>
      void attempt(async () => {
        const gone = await askClean(client, places, trans);
        if (gone) {
          const words = goneWords(gone, trans).join(', ');
          Notification.success(trans.__('Removed: %1', words), {
            autoClose: 8000
          });
          history.forget(gone.runs);
        }
      }),
    archive: (chosen, archived) =>
      void attempt(async () => {
        for (const run of chosen) {
          await history.archive(run.id, archived);
        }
      }),
    delete: chosen =>
      void attempt(async () => {
        const sure = await confirmDelete(client, chosen, trans);
        if (sure) {
          for (const run of chosen) {
            await history.delete(run.id, sure.cluster && !!run.remote?.run_id);
          }
        }
      })
  };
}
