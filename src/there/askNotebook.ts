/** Asks at which notebook a run that was started elsewhere is to be shown. */
import { Dialog, InputDialog } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';

import { contentOf, NotebookSession, NotebookSessions } from '../model';

/**
 * Ask; the current notebook comes first.
 *
 * @returns null for none, undefined where the user thought better of it.
 */
export async function askNotebook(
  sessions: NotebookSessions,
  trans: TranslationBundle
): Promise<NotebookSession | null | undefined> {
  const open = [...sessions.open].sort(
    (a, b) => Number(b === sessions.current) - Number(a === sessions.current)
  );
  const none = trans.__('None: only in the list of runs');
  const { button, value } = await InputDialog.getItem({
    title: trans.__('Open a run of the cluster'),
    label: trans.__('Show its steps at the cells of'),
    items: [...open.map(each => each.path), none],
    okLabel: trans.__('Open'),
    cancelLabel: Dialog.cancelButton().label
  });
  if (!button.accept) {
    return undefined;
  }
  return open.find(each => each.path === value) ?? null;
}

/** A notebook as it stands in its tab. */
export function asItStands(session: NotebookSession) {
  return { path: session.path, notebook: contentOf(session.notebook) };
}
