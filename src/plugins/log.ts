/** Opens the log of a step in the lower half of the main area. */
import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';
import { textEditorIcon } from '@jupyterlab/ui-components';

import { KfpClient } from '../client';
import { LOG_ARGS } from '../commandArgs';
import { CommandIDs } from '../commandIds';
import { DOMAIN } from '../components/translation';
import { LogSource } from '../log/source';
import { LogStore } from '../log/store';
import { ILogPart } from '../log/Toolbar';
import { ILogOpener, LogWidget } from '../log/widget';
import { IKfpRuns, IRun } from '../tokens';

interface ILogArgs {
  runId: string;
  task: string;
  name: string;
}

export const logPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-kfp-ext:log',
  description: 'Shows the log of a step while it grows.',
  autoStart: true,
  requires: [IKfpRuns],
  optional: [ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    runs: IKfpRuns,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const client = new KfpClient(app.serviceManager.serverSettings);
    const tracker = new WidgetTracker<MainAreaWidget<LogWidget>>({
      namespace: 'jp-kfp-log'
    });
    const opened = new WeakMap<MainAreaWidget<LogWidget>, ILogArgs>();

    app.commands.addCommand(CommandIDs.openLog, {
      describedBy: LOG_ARGS,
      label: trans.__('Open log'),
      caption: trans.__('Show what the step printed'),
      icon: textEditorIcon,
      isEnabled: args => !!args['task'],
      execute: args => {
        const log = args as unknown as ILogArgs;
        const id = `jp-kfp-log-${log.runId}-${log.task}`;
        const known = tracker.find(widget => widget.id === id);
        if (known) {
          app.shell.activateById(id);
          return known;
        }
        const content = new LogWidget(
          openerOf(client, log.runId),
          log.task,
          () => partsOf(runs.get(log.runId), log.task, trans),
          trans
        );
        const widget = new MainAreaWidget({ content });
        widget.id = id;
        widget.title.label = trans.__('%1 · log', log.name);
        widget.title.caption = trans.__(
          'Log of step %1, run %2',
          log.name,
          log.runId
        );
        widget.title.icon = textEditorIcon;
        opened.set(widget, log);
        const neighbour = tracker.currentWidget;
        app.shell.add(
          widget,
          'main',
          neighbour?.isAttached
            ? { ref: neighbour.id, mode: 'tab-after' }
            : { mode: 'split-bottom' }
        );
        void tracker.add(widget);
        app.shell.activateById(id);
        return widget;
      }
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.openLog,
      args: widget => ({ ...opened.get(widget)! }),
      name: widget => widget.id
    });
  }
};

/** How the logs of a run are read. */
function openerOf(client: KfpClient, runId: string): ILogOpener {
  return {
    open: task =>
      new LogStore(
        {
          index: offset => client.logIndex(runId, task, offset),
          window: (offset, limit) =>
            client.logWindow(runId, task, offset, limit),
          search: text => client.searchLog(runId, task, text)
        },
        new LogSource(() => client.openLog(runId, task))
      ),
    file: task => client.logFile(runId, task)
  };
}

/** A step and its iterations, each with a log of its own. */
function partsOf(
  run: IRun | undefined,
  task: string,
  trans: TranslationBundle
): ILogPart[] {
  const step = run?.steps.find(each => each.task === task);
  const whole = { task, label: trans.__('Whole step') };
  return [
    whole,
    ...(step?.iterations ?? []).map(each => ({
      task: `${task}[${each.key}]`,
      label: trans.__('Iteration %1: %2', each.key, each.item)
    }))
  ];
}
