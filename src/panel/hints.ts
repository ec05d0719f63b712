/** Which of the three first hints the panel shows; once they are done, none for ever. */
import { ISettingRegistry } from '@jupyterlab/settingregistry';

import { ISignal, Signal } from '@lumino/signaling';

/** Where the hints stand, in the order in which they are shown. */
export const HINT_PLACES = ['steps', 'run', 'results'] as const;
export type HintPlace = (typeof HINT_PLACES)[number];

/** The setting that says whether there are hints. */
const SETTING = 'hints';

export class Hints {
  constructor(private readonly settings: ISettingRegistry.ISettings) {
    settings.changed.connect(() => this._changed.emit());
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The place of the hint that is shown; null where there is none. */
  get place(): HintPlace | null {
    return this.settings.composite[SETTING] === false
      ? null
      : HINT_PLACES[this.shown];
  }

  /** Whether the user came to this hint by a click: it then takes the focus. */
  get turned(): boolean {
    return this.shown > 0;
  }

  /** Show the next hint; after the last one there are none any more. */
  async next(): Promise<void> {
    if (this.shown + 1 === HINT_PLACES.length) {
      await this.dismiss();
    } else {
      this.shown++;
      this._changed.emit();
    }
  }

  /** Show no hints any more: neither in this tab nor later. */
  dismiss(): Promise<void> {
    this.shown = 0;
    return this.settings.set(SETTING, false);
  }

  /** Show them once more from the first. */
  restart(): Promise<void> {
    this.shown = 0;
    this._changed.emit();
    return this.settings.set(SETTING, true);
  }

  private shown = 0;
  private readonly _changed = new Signal<this, void>(this);
}
