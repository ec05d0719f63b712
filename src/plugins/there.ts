/** Opens what there is on clusters, and does there what is asked: runs of others, schedules. */
import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  Dialog,
  ICommandPalette,
  MainAreaWidget,
  Notification,
  showDialog,
  WidgetTracker
} from '@jupyterlab/apputils';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';

import { ThereClient } from '../client';
import { NO_ARGS, NOTEBOOK_ARGS } from '../commandArgs';
import { CommandIDs } from '../commandIds';
import { addTab, mainArea } from '../components/mainArea';
import { DOMAIN } from '../components/translation';
import { settleUnsaved } from '../dialog/askCode';
import { askSchedule } from '../dialog/askSchedule';
import { pipelineIcon } from '../icons';
import { NotebookSessions } from '../model';
import { asItStands, askNotebook } from '../there/askNotebook';
import { ThereModel } from '../there/model';
import type { IThereActions } from '../there/ThereView';
import { ThereWidget } from '../there/widget';
import { IKfpRuns } from '../tokens';
import { openRun } from './history';
import { attempt } from './messages';
import { ISessions } from './tokens';

const CLUSTERS_ID = 'jp-kfp-clusters';

export const therePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-kfp-ext:clusters',
  description: 'Shows runs of others, schedules and pipelines of clusters.',
  autoStart: true,
  requires: [ISessions, IKfpRuns],
  optional: [ILayoutRestorer, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    sessions: NotebookSessions,
    runs: IKfpRuns,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const { commands, shell } = app;
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const client = new ThereClient(app.serviceManager.serverSettings);
    const views = new WidgetTracker<MainAreaWidget<ThereWidget>>({
      namespace: 'jp-kfp-clusters'
    });
    const { places } = sessions;
    const known = () => places.connections.length > 0;

    commands.addCommand(CommandIDs.openClusters, {
      describedBy: NO_ARGS,
      label: trans.__('Pipelines on clusters'),
      caption: trans.__('Show runs of others, schedules and pipelines'),
      icon: pipelineIcon,
      execute: () => {
        const open = views.currentWidget;
        if (open) {
          shell.activateById(open.id);
          return open;
        }
        const model = new ThereModel(client, places);
        const actions = thereActions(app, sessions, runs, client, model, trans);
        const content = new ThereWidget(model, actions, trans);
        const label = trans.__('Pipelines on clusters');
        const widget = mainArea(content, CLUSTERS_ID, pipelineIcon, label);
        addTab(shell, widget);
        void views.add(widget);
        return widget;
      }
    });
    commands.addCommand(CommandIDs.schedule, {
      describedBy: NOTEBOOK_ARGS,
      label: trans.__('Schedule on a cluster…'),
      caption: trans.__('Have a cluster run this notebook by the clock'),
      icon: pipelineIcon,
      isVisible: known,
      isEnabled: args => known() && sessions.meant(args['path']) !== null,
      execute: async args => {
        const session = sessions.meant(args['path']);
        if (!session || !(await settleUnsaved(session, trans))) {
          return;
        }
        const made = await askSchedule(session, client, trans);
        if (made) {
          await views.currentWidget?.content.model.refresh();
          Notification.success(
            trans.__(
              '%1 runs on %2: %3',
              made.name,
              made.connection,
              made.when
            ),
            {
              autoClose: 8000,
              actions: [
                {
                  label: trans.__('Show'),
                  callback: () => void commands.execute(CommandIDs.openClusters)
                }
              ]
            }
          );
        }
      }
    });
    const changed = () => commands.notifyCommandChanged(CommandIDs.schedule);
    places.changed.connect(changed);
    sessions.currentChanged.connect(changed);

    const category = trans.__('Pipelines');
    palette?.addItem({ command: CommandIDs.openClusters, category });
    palette?.addItem({ command: CommandIDs.schedule, category });
    void restorer?.restore(views, {
      command: CommandIDs.openClusters,
      name: () => CLUSTERS_ID
    });
  }
};

function thereActions(
  app: JupyterFrontEnd,
  sessions: NotebookSessions,
  runs: IKfpRuns,
  client: ThereClient,
  model: ThereModel,
  trans: TranslationBundle
): IThereActions {
  const { commands } = app;
  /** Do it, and show how things stand then. */
  const attemptAndLook = async (
    what: () => Promise<unknown>
  ): Promise<void> => {
    await attempt(what);
    await model.refresh();
  };
  return {
    open: there =>
      void attemptAndLook(async () => {
        let id = there.run_id;
        if (!id) {
          const session = await askNotebook(sessions, trans);
          if (session === undefined) {
            return;
          }
          id = await client.attach(
            model.connection,
            there.remote_id,
            session && asItStands(session)
          );
          if (session === null) {
            await commands.execute(CommandIDs.openRuns);
            return;
          }
        }
        await openRun(commands, await runs.load(id), trans);
      }),
    switch: (schedule, on) =>
      void attemptAndLook(() => client.switchSchedule(schedule, on)),
    bring: schedule =>
      void attemptAndLook(async () => {
        const found = await client.runsOf(schedule);
        if (found.length > 0) {
          await commands.execute(CommandIDs.openRuns, {
            path: schedule.notebook ?? ''
          });
        } else {
          Notification.info(
            trans.__('%1 has not started a run yet.', schedule.name),
            { autoClose: 5000 }
          );
        }
      }),
    remove: schedule =>
      void attemptAndLook(async () => {
        const { button } = await showDialog({
          title: trans.__('Remove the schedule %1?', schedule.name),
          body: trans.__('It starts no more runs; those that it started stay.'),
          buttons: [
            Dialog.cancelButton(),
            Dialog.warnButton({ label: trans.__('Remove') })
          ]
        });
        if (button.accept) {
          await client.unschedule(schedule);
        }
      }),
    schedule: () => {
      if (commands.isEnabled(CommandIDs.schedule)) {
        void commands.execute(CommandIDs.schedule);
      } else {
        Notification.info(trans.__('Open the notebook to schedule first.'), {
          autoClose: 5000
        });
      }
    }
  };
}
