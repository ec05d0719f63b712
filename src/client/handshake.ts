/**
 * Tells, before anything else is asked, whether the server extension is there and fits this
 * frontend, and which command mends it where not.
 */
import { ServerConnection } from '@jupyterlab/services';

import { VERSION } from '../version';
import { requestAPI, ServerError } from './request';

/** What the first call found out. */
export type ServerStatus =
  | { kind: 'ready'; version: string; engines: string[] }
  | { kind: 'missing'; command: string }
  | { kind: 'version'; version: string; command: string }
  | { kind: 'unreachable'; message: string };

export const ENABLE_COMMAND = 'jupyter server extension enable jupyter_kfp_ext';

/** The command that brings server and frontend to the same version. */
export function installCommand(version: string): string {
  return `pip install jupyter-kfp-ext==${version}`;
}

/** Ask the server extension who it is. Never throws. */
export async function handshake(
  settings: ServerConnection.ISettings
): Promise<ServerStatus> {
  try {
    const info = await requestAPI<{ version: string; engines: string[] }>(
      'info',
      settings
    );
    return info.version === VERSION
      ? { kind: 'ready', ...info }
      : {
          kind: 'version',
          version: info.version,
          command: installCommand(VERSION)
        };
  } catch (error) {
    const status = error instanceof ServerError ? error.status : 0;
    return status === 404
      ? { kind: 'missing', command: ENABLE_COMMAND }
      : {
          kind: 'unreachable',
          message: error instanceof Error ? error.message : String(error)
        };
  }
}
