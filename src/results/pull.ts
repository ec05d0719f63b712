/** Values of a run in a notebook's kernel, by the magic that anyone can type as well. */
import { ISessionContext } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';

/** The line that binds a value in a kernel that has the extension's magics. */
export function pullLine(runId: string, task: string, name: string): string {
  return `%load_ext jupyter_kfp_ext\n%kfp pull ${runId} ${task} ${name}`;
}

/**
 * Bind a value of a run in a notebook's kernel.
 *
 * @returns its name.
 * @throws `Error` in the kernel's words where it cannot.
 */
export async function pullInto(
  context: ISessionContext,
  runId: string,
  task: string,
  name: string,
  trans: TranslationBundle
): Promise<string> {
  const kernel = context.session?.kernel;
  if (!kernel) {
    throw new Error(trans.__('The notebook has no kernel. Start one first.'));
  }
  const told: string[] = [];
  const future = kernel.requestExecute({
    code: pullLine(runId, task, name),
    store_history: false,
    stop_on_error: true
  });
  future.onIOPub = message => {
    const { content } = message;
    if ('name' in content && content.name === 'stderr') {
      told.push(String(content.text));
    }
  };
  const reply = await future.done;
  if (reply.content.status !== 'ok') {
    const said =
      'evalue' in reply.content
        ? `${reply.content.ename}: ${reply.content.evalue}`
        : '';
    throw new Error(said || trans.__('The kernel was stopped.'));
  }
  if (told.length > 0) {
    throw new Error(told.join('').trim());
  }
  return name;
}
