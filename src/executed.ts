/** Keeps the executed notebook of a run as a file, so that it can be opened like any other. */
import { PathExt } from '@jupyterlab/coreutils';
import { Contents, ServerConnection } from '@jupyterlab/services';

import { KfpClient } from './client';
import { isEnded } from './model';
import { IRun } from './tokens';

const MISSING = 404;

/**
 * Where the executed notebook of a run belongs: beside the notebook. A run that is still under way
 * gets a name of its own, because the file says only what was there by then.
 */
export function executedPath(run: IRun): string {
  const source = run.notebook ?? `${run.name}.ipynb`;
  const base = PathExt.basename(source, PathExt.extname(source));
  const part = isEnded(run.state) ? '' : `.part-${run.seq}`;
  return PathExt.join(
    PathExt.dirname(source),
    `${base}.run-${run.id}${part}.ipynb`
  );
}

/**
 * Save the executed notebook of a run, unless it was saved before: a file is never overwritten.
 *
 * @returns its contents path.
 */
export async function saveExecuted(
  run: IRun,
  contents: Contents.IManager,
  client: KfpClient
): Promise<string> {
  const path = executedPath(run);
  if (!(await exists(path, contents))) {
    await contents.save(path, {
      type: 'notebook',
      format: 'json',
      content: await client.executedNotebook(run.id)
    });
  }
  return path;
}

async function exists(
  path: string,
  contents: Contents.IManager
): Promise<boolean> {
  try {
    await contents.get(path, { content: false });
    return true;
  } catch (error) {
    if (
      error instanceof ServerConnection.ResponseError &&
      error.response.status === MISSING
    ) {
      return false;
    }
    throw error;
  }
}
