/** Opens the graph of a notebook's steps beside it, and joins it to the cells, logs and menus. */
import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  MainAreaWidget,
  WidgetTracker
} from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { MenuSvg } from '@jupyterlab/ui-components';

import { IActions } from '../actions';
import { KfpClient } from '../client';
import { CELL_ARGS, NOTEBOOK_ARGS } from '../commandArgs';
import { CommandIDs } from '../commandIds';
import { downloadText } from '../components/download';
import { addTab, mainArea } from '../components/mainArea';
import { openMenu } from '../components/menu';
import { DOMAIN } from '../components/translation';
import type { IGraphActions } from '../graph/GraphView';
import { GraphWidget } from '../graph/widget';
import { graphIcon } from '../icons';
import { NotebookSessions } from '../model';
import { IPipeline } from '../tokens';
import { IPieceActions, ISessions } from './tokens';

export const graphPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-kfp-ext:graph',
  description: 'Shows the steps of a notebook or a run as a graph.',
  autoStart: true,
  requires: [ISessions, IPieceActions],
  optional: [ILayoutRestorer, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    sessions: NotebookSessions,
    pieces: IActions,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const { commands, shell } = app;
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const tracker = new WidgetTracker<MainAreaWidget<GraphWidget>>({
      namespace: 'jp-kfp-graph'
    });
    const actions = graphActions(app, pieces);
    const open = (path: string) =>
      void commands.execute('docmanager:open', { path });

    commands.addCommand(CommandIDs.openGraph, {
      describedBy: NOTEBOOK_ARGS,
      label: trans.__('Show pipeline graph'),
      caption: trans.__('Show the steps and what flows between them'),
      icon: graphIcon,
      isEnabled: args => !!args['path'] || sessions.current !== null,
      execute: args => {
        const path = String(args['path'] ?? sessions.current?.path ?? '');
        const known = tracker.find(widget => widget.content.path === path);
        if (known) {
          shell.activateById(known.id);
          return known;
        }
        const content = new GraphWidget(path, sessions, actions, open, trans);
        const widget = mainArea(content, `jp-kfp-graph-${path}`, graphIcon);
        const notebook = sessions.at(path)?.panel;
        addTab(
          shell,
          widget,
          notebook?.isAttached
            ? { ref: notebook.id, mode: 'split-right' }
            : undefined
        );
        void tracker.add(widget);
        content.title.changed.connect(() => void tracker.save(widget));
        return widget;
      }
    });
    commands.addCommand(CommandIDs.goToCell, {
      describedBy: CELL_ARGS,
      label: trans.__('Go to the cell'),
      isEnabled: args => !!args['cellId'],
      execute: args => {
        const session = sessions.at(String(args['path']));
        if (session) {
          actions.goTo(session, String(args['cellId']));
        }
      }
    });
    sessions.currentChanged.connect(() =>
      commands.notifyCommandChanged(CommandIDs.openGraph)
    );
    palette?.addItem({
      command: CommandIDs.openGraph,
      category: trans.__('Pipelines')
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.openGraph,
      args: widget => ({ path: widget.content.path }),
      name: widget => widget.content.path
    });
  }
};

function graphActions(app: JupyterFrontEnd, pieces: IActions): IGraphActions {
  const { commands, shell } = app;
  const client = new KfpClient(app.serviceManager.serverSettings);
  /** What runs were started with never changes. */
  const planned = new Map<string, Promise<IPipeline>>();
  return {
    goTo: (session, cellId) => {
      if (!session.panel.isVisible) {
        shell.activateById(session.panel.id);
      }
      pieces.goTo(session, cellId);
    },
    openLog: (run, node, iteration) => {
      if (node.status && node.status.started !== null) {
        void commands.execute(CommandIDs.openLog, {
          runId: run.id,
          task: iteration
            ? `${node.status.task}[${iteration}]`
            : node.status.task,
          name: iteration ? `${node.id}[${iteration}]` : node.id
        });
      }
    },
    openMenu: (session, run, node, x, y) => {
      const { status } = node;
      const menu = new MenuSvg({ commands });
      menu.addItem({
        command: CommandIDs.goToCell,
        args: { path: session.path, cellId: node.cells[0] ?? '' }
      });
      if (run && status) {
        const ran = {
          runId: run.id,
          task: status.started !== null ? status.task : '',
          name: node.id
        };
        menu.addItem({ command: CommandIDs.openLog, args: ran });
        menu.addItem({ command: CommandIDs.openResults, args: ran });
        menu.addItem({
          command: CommandIDs.showError,
          args: { path: session.path, step: status.error ? node.id : '' }
        });
      }
      menu.addItem({ command: CommandIDs.showStep, args: { step: node.id } });
      openMenu(menu, x, y);
    },
    pipelineOf: run => {
      const known = planned.get(run.id);
      const asked = known ?? client.pipelineOfRun(run.id);
      if (!known) {
        planned.set(run.id, asked);
        asked.catch(() => planned.delete(run.id));
      }
      return asked;
    },
    save: (name, svg) => downloadText(name, svg, 'image/svg+xml')
  };
}
