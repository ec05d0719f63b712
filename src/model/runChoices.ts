/** Where notebooks can run, and what was chosen last for each of them. */
import { IStateDB } from '@jupyterlab/statedb';

import { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { ISignal, Signal } from '@lumino/signaling';

import { KfpClient } from '../client';
import { IConnection, IRunChoice } from '../tokens';

const KEY = 'jupyter-kfp-ext:run-choices';
/** Notebooks whose choice is remembered. */
const REMEMBERED = 200;

/** The clusters that runs can go to, asked for once and whenever somebody wants to choose. */
export class RunPlaces {
  constructor(private readonly client: KfpClient) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get connections(): readonly IConnection[] {
    return this._connections;
  }

  /** Ask, unless that was done. */
  async ask(): Promise<void> {
    if (!this.asked) {
      await this.refresh();
    }
  }

  /** Ask again: connections are added outside of this page. Without an answer the last one holds. */
  async refresh(): Promise<void> {
    this.asked = true;
    try {
      this._connections = await this.client.connections();
    } catch {
      this.asked = false;
      return;
    }
    this._changed.emit();
  }

  private asked = false;
  private _connections: readonly IConnection[] = [];
  private readonly _changed = new Signal<this, void>(this);
}

/** What was chosen last, by the path of a notebook; kept in the browser's workspace. */
export class RunChoices {
  /** @param state - null: nothing is kept beyond this page. */
  constructor(private readonly state: IStateDB | null) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Read what is kept, once. */
  read(): Promise<void> {
    this.reading ??= this.fetch();
    return this.reading;
  }

  of(path: string): IRunChoice {
    return this.chosen.get(path) ?? {};
  }

  set(path: string, choice: IRunChoice): void {
    this.chosen.delete(path);
    if (Object.keys(choice).length > 0) {
      this.chosen.set(path, choice);
    }
    for (const oldest of this.chosen.keys()) {
      if (this.chosen.size <= REMEMBERED) {
        break;
      }
      this.chosen.delete(oldest);
    }
    void this.state?.save(KEY, {
      chosen: [...this.chosen]
    } as unknown as ReadonlyPartialJSONObject);
    this._changed.emit();
  }

  private async fetch(): Promise<void> {
    try {
      const kept = (await this.state?.fetch(KEY)) as
        { chosen?: [string, IRunChoice][] } | undefined;
      // What was chosen since the question stands above what was kept.
      this.chosen = new Map([...(kept?.chosen ?? []), ...this.chosen]);
    } catch {
      // Kept by another version, or not readable: as if nothing was chosen.
      return;
    }
    this._changed.emit();
  }

  private reading: Promise<void> | null = null;
  private chosen = new Map<string, IRunChoice>();
  private readonly _changed = new Signal<this, void>(this);
}
