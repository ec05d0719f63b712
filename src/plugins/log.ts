/** Opens the log of a step in the lower half of the main area. */
import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { textEditorIcon } from '@jupyterlab/ui-components';

import { StepClient } from '../client';
import { RUN_STEP_ARGS } from '../commandArgs';
import { CommandIDs } from '../commandIds';
import { addBelow, mainArea } from '../components/mainArea';
import { DOMAIN } from '../components/translation';
import { LogSource } from '../log/source';
import { LogStore } from '../log/store';
import { containersOf, partsOf } from '../log/parts';
import { ILogOpener, LogWidget } from '../log/widget';
import { IKfpRuns } from '../tokens';

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
    const { serverSettings } = app.serviceManager;
    const tracker = new WidgetTracker<MainAreaWidget<LogWidget>>({
      namespace: 'jp-kfp-log'
    });
    const opened = new WeakMap<MainAreaWidget<LogWidget>, ILogArgs>();

    app.commands.addCommand(CommandIDs.openLog, {
      describedBy: RUN_STEP_ARGS,
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
          openerOf(new StepClient(serverSettings, log.runId)),
          log.task,
          () => partsOf(runs.get(log.runId), log.task, trans),
          () => containersOf(runs.get(log.runId), trans),
          trans
        );
        const label = trans.__('%1 · log', log.name);
        const widget = mainArea(content, id, textEditorIcon, label);
        widget.title.caption = trans.__(
          'Log of step %1, run %2',
          log.name,
          log.runId
        );
        opened.set(widget, log);
        addBelow(app.shell, tracker, widget);
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
function openerOf(client: StepClient): ILogOpener {
  return {
    open: task =>
      new LogStore(
        {
          index: offset => client.logIndex(task, offset),
          window: (offset, limit) => client.logWindow(task, offset, limit),
          search: text => client.searchLog(task, text)
        },
        new LogSource(() => client.openLog(task))
      ),
    file: task => client.logFile(task)
  };
}
