/** Tokens that the plugins of this extension share among themselves. */
import { Token } from '@lumino/coreutils';

import { IActions } from '../actions';
import { NotebookSessions } from '../model';

export const ISessions = new Token<NotebookSessions>(
  'jupyter-kfp-ext:ISessions',
  'The open notebooks as pipelines.'
);

export const IPieceActions = new Token<IActions>(
  'jupyter-kfp-ext:IPieceActions',
  'What can be done from the panel and the badges.'
);

/** Id of the plugin that the settings and menus of `schema/plugin.json` belong to. */
export const SETTINGS_ID = 'jupyter-kfp-ext:plugin';
