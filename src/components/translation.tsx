/** The one hook for translation, and the one for redrawing when something tells that it changed. */
import { nullTranslator, TranslationBundle } from '@jupyterlab/translation';

import { ISignal } from '@lumino/signaling';
import * as React from 'react';

export const DOMAIN = 'jupyter_kfp_ext';

export const TranslationContext = React.createContext<TranslationBundle>(
  nullTranslator.load(DOMAIN)
);

/** The translation bundle that the widget was made with. */
export function useTrans(): TranslationBundle {
  return React.useContext(TranslationContext);
}

/**
 * Redraw whenever the signal is emitted.
 *
 * It is listened to as soon as the component stands: an effect that runs after the drawing would
 * miss what is told in between.
 */
export function useSignal<T, U>(signal: ISignal<T, U>): void {
  const [, redraw] = React.useReducer((count: number) => count + 1, 0);
  React.useLayoutEffect(() => {
    const slot = () => redraw();
    signal.connect(slot);
    return () => {
      signal.disconnect(slot);
    };
  }, [signal]);
}
