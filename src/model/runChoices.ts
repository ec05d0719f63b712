/** Where notebooks can run, and what was chosen last for each of them. */
import { IStateDB } from '@jupyterlab/statedb';

import { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { ISignal, Signal } from '@lumino/signaling';

import { KfpClient, ThereClient } from '../client';
import { IConnection, IResources, IRunChoice, RunPart } from '../tokens';

const KEY = 'jupyter-kfp-ext:run-choices';
/** Notebooks whose choice is remembered. */
const REMEMBERED = 200;

/** The engine of clusters, which stands for the connection for all runs. */
const CLUSTER_ENGINE = 'kfp';

/** The clusters that runs can go to, asked for once and whenever somebody wants to choose. */
export class RunPlaces {
  constructor(private readonly client: KfpClient) {
    this.there = new ThereClient(client.settings);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get connections(): readonly IConnection[] {
    return this._connections;
  }

  /** Whether it is known by now which there are. */
  get answered(): boolean {
    return this._answered;
  }

  /** Why the last question had no answer; empty where it had one. */
  get failure(): string {
    return this._failure;
  }

  /**
   * The connection that a run goes by; null where it stays on this machine.
   *
   * @param chosen - what was chosen for the run.
   * @param said - what the notebook says.
   */
  meant(chosen: string | undefined, said: unknown): string | null {
    const name = chosen ?? said;
    const known = this._connections;
    const found =
      name === CLUSTER_ENGINE
        ? (known.find(each => each.default) ?? known[0])
        : known.find(each => each.name === name);
    return found?.name ?? null;
  }

  /** Names of experiments of a cluster, as far as they are known; they are asked for once. */
  experiments(connection: string): readonly string[] {
    if (!this.names.has(connection)) {
      this.names.set(connection, []);
      void this.readNames(connection);
    }
    return this.names.get(connection)!;
  }

  /** Where runs may be started on a cluster, as far as that is known; it is asked for once. */
  namespaces(connection: string): { own: string; names: readonly string[] } {
    if (!this.spaces.has(connection)) {
      this.spaces.set(connection, { own: '', names: [] });
      void this.readSpaces(connection);
    }
    return this.spaces.get(connection)!;
  }

  private async readSpaces(connection: string): Promise<void> {
    try {
      const { own, namespaces } = await this.there.namespaces(connection);
      const names = (namespaces ?? []).map(each => each.name);
      this.spaces.set(connection, { own, names });
      this._changed.emit();
    } catch {
      // Then runs are where the connection says.
    }
  }

  /** What a cluster has; null as long as that is not known. It is asked for once. */
  resources(connection: string): IResources | null {
    if (!this.has.has(connection)) {
      this.has.set(connection, null);
      void this.readResources(connection);
    }
    return this.has.get(connection)!;
  }

  private async readResources(connection: string): Promise<void> {
    try {
      this.has.set(connection, await this.there.resources(connection));
      this._changed.emit();
    } catch {
      // What is missing is said when the run starts, too.
    }
  }

  private async readNames(connection: string): Promise<void> {
    try {
      const { experiments } = await this.there.names(connection);
      this.names.set(
        connection,
        experiments.map(each => each.name)
      );
      this._changed.emit();
    } catch {
      // A name can be typed all the same.
    }
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
    this.names.clear();
    this.has.clear();
    this.spaces.clear();
    try {
      this._connections = await this.client.connections();
      this._answered = true;
      this._failure = '';
    } catch (error) {
      this.asked = false;
      this._failure = error instanceof Error ? error.message : String(error);
    }
    this._changed.emit();
  }

  private readonly there: ThereClient;
  private readonly names = new Map<string, readonly string[]>();
  private readonly spaces = new Map<
    string,
    { own: string; names: readonly string[] }
  >();
  private readonly has = new Map<string, IResources | null>();
  private asked = false;
  private _connections: readonly IConnection[] = [];
  private _answered = false;
  private _failure = '';
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

  /** What holds for a run of these steps; one that is resumed goes on where it was. */
  async forRun(path: string, part: RunPart): Promise<IRunChoice> {
    await this.read();
    const choice = this.of(path);
    if (part.resume === undefined) {
      return choice;
    }
    const { engine: _, namespace: __, ...how } = choice;
    return how;
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
