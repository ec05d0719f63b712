/** The plugins of the extension. Each holds one duty; `tokens.ts` is what others may use. */
import { actionsPlugin } from './plugins/actions';
import { cellsPlugin } from './plugins/cells';
import { codePlugin } from './plugins/code';
import { graphPlugin } from './plugins/graph';
import { historyPlugin } from './plugins/history';
import { logPlugin } from './plugins/log';
import { markingPlugin } from './plugins/marking';
import { runsPlugin, sessionsPlugin } from './plugins/models';
import { outputsPlugin } from './plugins/outputs';
import { panelPlugin } from './plugins/panel';
import { resultsPlugin } from './plugins/results';
import { runningPlugin } from './plugins/running';
import { startPlugin } from './plugins/start';
import { statusBarPlugin } from './plugins/statusbar';
import { therePlugin } from './plugins/there';

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
  startPlugin,
  logPlugin,
  resultsPlugin,
  graphPlugin,
  statusBarPlugin,
  historyPlugin,
  codePlugin,
  therePlugin
];
