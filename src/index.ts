/** The plugins of the extension. Each holds one duty; `tokens.ts` is what others may use. */
import { actionsPlugin } from './plugins/actions';
import { cellsPlugin } from './plugins/cells';
import { graphPlugin } from './plugins/graph';
import { historyPlugin } from './plugins/history';
import { logPlugin } from './plugins/log';
import { markingPlugin } from './plugins/marking';
import { runsPlugin, sessionsPlugin } from './plugins/models';
import { outputsPlugin } from './plugins/outputs';
import { panelPlugin } from './plugins/panel';
import { runningPlugin } from './plugins/running';
import { statusBarPlugin } from './plugins/statusbar';

export * from './tokens';

export default [
  runsPlugin,
  sessionsPlugin,
  actionsPlugin,
  runningPlugin,
  markingPlugin,
  cellsPlugin,
  outputsPlugin,
  panelPlugin,
  logPlugin,
  graphPlugin,
  statusBarPlugin,
  historyPlugin
];
