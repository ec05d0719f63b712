/** JupyterLab in one of its themes, with settings of ours where a test needs others. */
import { galata } from '@jupyterlab/galata';

/** What `mockSettings` of a test is to be. */
export function inTheme(
  theme: string,
  ours?: Record<string, unknown>
): Record<string, unknown> {
  return {
    ...galata.DEFAULT_SETTINGS,
    '@jupyterlab/apputils-extension:themes': { theme },
    ...(ours && { 'jupyter-kfp-ext:plugin': ours })
  };
}
