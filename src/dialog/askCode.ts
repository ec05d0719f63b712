/** Asks before a run whose files are not what they seem: unsaved in a tab, or changed meanwhile. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';

import { NotebookSession } from '../model';

/**
 * Ask what is to be done with unsaved changes in files of the steps, and do it.
 *
 * @returns whether to run.
 */
export async function settleUnsaved(
  session: NotebookSession,
  trans: TranslationBundle
): Promise<boolean> {
  const { unsaved } = session.code;
  if (unsaved.length === 0) {
    return true;
  }
  const { button } = await showDialog({
    title: trans.__('Unsaved helper code'),
    body: trans.__(
      'Steps get files as they are saved, and these have changes that are not: %1',
      unsaved.join(', ')
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.createButton({
        label: trans.__('Run without them'),
        actions: ['run']
      }),
      Dialog.okButton({ label: trans.__('Save and run') })
    ]
  });
  if (!button.accept) {
    return false;
  }
  if (!button.actions.includes('run')) {
    await session.code.save();
    await session.retry();
  }
  return true;
}

/**
 * Show that files changed since they were shown, and what is sent now.
 *
 * @param words - which files, as the server says it.
 * @returns whether to run with them.
 */
export async function settleChanged(
  session: NotebookSession,
  words: string,
  trans: TranslationBundle
): Promise<boolean> {
  await session.retry();
  const { button } = await showDialog({
    title: trans.__('The code changed meanwhile'),
    body: trans.__('%1 Run with the code as it is now?', words),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Run') })
    ]
  });
  return button.accept;
}
