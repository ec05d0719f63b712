/** A dialog around a form: what is typed there is its value, and stands there when asked again. */
import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';

import * as React from 'react';

import { TranslationContext } from '../components/translation';

/** A form that is filled in: with `value` at first, telling each change. */
export type Form<T> = (
  value: T,
  onValue: (value: T) => void
) => React.ReactElement;

/**
 * Ask with a form.
 *
 * @param accepts - the buttons that take what is typed, the last one by Enter.
 * @param focus - selects what is ready to be typed in.
 * @param ready - whether what is typed can be taken; the buttons that take it wait for it.
 * @returns what is typed and which button took it; null where the user thought better of it.
 */
export async function askByForm<T>(
  title: string,
  value: T,
  form: Form<T>,
  accepts: Dialog.IButton[],
  focus: string,
  trans: TranslationBundle,
  ready: (value: T) => boolean = () => true
): Promise<{ value: T; button: Dialog.IButton } | null> {
  const body = new FormBody(value, form, trans, () => show());
  const dialog = new Dialog<T>({
    title,
    body,
    buttons: [Dialog.cancelButton({ label: trans.__('Cancel') }), ...accepts],
    focusNodeSelector: focus
  });
  dialog.addClass('jp-kfp-RunDialog');
  tabAround(dialog.node);
  const show = () => {
    dialog.node
      .querySelectorAll<HTMLButtonElement>('.jp-Dialog-button.jp-mod-accept')
      .forEach(each => (each.disabled = !ready(body.getValue())));
  };
  show();
  dialog.node.addEventListener(
    'keydown',
    event => {
      // Enter in a field presses the last button, also one that waits.
      if (event.key === 'Enter' && !ready(body.getValue())) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    },
    true
  );
  const { button, value: typed } = await dialog.launch();
  return button.accept && typed ? { value: typed, button } : null;
}

const FIELDS =
  ':is(button, input, select, textarea, summary, a[href]):not(:disabled)';

/**
 * Have Tab go from the last button to the first field. JupyterLab would go to what was first
 * before the form was drawn: a button.
 */
function tabAround(dialog: HTMLElement): void {
  const onKey = (event: KeyboardEvent) => {
    const all = dialog.querySelectorAll<HTMLElement>(FIELDS);
    const atEnd = document.activeElement === all[all.length - 1];
    if (event.key === 'Tab' && !event.shiftKey && atEnd) {
      event.preventDefault();
      event.stopImmediatePropagation();
      all[0].focus();
    }
  };
  dialog.addEventListener('keydown', onKey, true);
}

class FormBody<T> extends ReactWidget implements Dialog.IBodyWidget<T> {
  constructor(
    private value: T,
    private readonly form: Form<T>,
    private readonly trans: TranslationBundle,
    private readonly onValue: () => void
  ) {
    super();
    this.addClass('jp-kfp-RunDialog-body');
  }

  getValue(): T {
    return this.value;
  }

  render(): React.ReactElement {
    return (
      <TranslationContext.Provider value={this.trans}>
        {this.form(this.value, value => {
          this.value = value;
          this.onValue();
        })}
      </TranslationContext.Provider>
    );
  }
}
