/** The frame of the dialogs in which something of a run is typed. */
import { Dialog, ReactWidget } from '@jupyterlab/apputils';

/** Ask with a form, its first field ready to be typed in; false where the user thought better. */
export async function askForm(
  body: ReactWidget,
  title: string,
  accept: string
): Promise<boolean> {
  const dialog = new Dialog({
    title,
    body,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: accept })],
    focusNodeSelector: 'input'
  });
  const { button } = await dialog.launch();
  return button.accept;
}
