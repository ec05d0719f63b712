/** What there is on one cluster, as the view shows it: read when it is asked for, never polled. */
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { ThereClient } from '../client';
import { RunPlaces } from '../model';
import { INamed, IRunThere, ISchedule, IVersion } from '../tokens';

/** A list that is read: what is known of it by now. */
export interface IRead<T> {
  items: readonly T[];
  state: 'loading' | 'ready' | 'failed';
  /** Why it could not be read. */
  failure: string;
}

const UNREAD: IRead<never> = { items: [], state: 'loading', failure: '' };

export class ThereModel implements IDisposable {
  constructor(
    private readonly client: ThereClient,
    readonly places: RunPlaces
  ) {
    places.changed.connect(this.onPlaces, this);
    void places.refresh();
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The cluster that is shown; empty where there is none. */
  get connection(): string {
    return this._connection;
  }

  /** The namespace that is shown; empty: the connection's. */
  get namespace(): string {
    return this._namespace;
  }

  runs: IRead<IRunThere> = UNREAD;
  schedules: IRead<ISchedule> = UNREAD;
  pipelines: IRead<INamed> = UNREAD;

  /** Whether something is being read. */
  get loading(): boolean {
    return this.lists.some(each => each.state === 'loading');
  }

  /** When all of it was read last, in seconds since 1970; null where it never was. */
  get readAt(): number | null {
    return this._readAt;
  }

  /** The versions of a pipeline; undefined where they were not asked for. */
  versionsOf(pipeline: string): IRead<IVersion> | undefined {
    return this.versions.get(pipeline);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this.places.changed.disconnect(this.onPlaces, this);
      Signal.clearData(this);
    }
  }

  /** Show another cluster, or another namespace of it. */
  show(connection: string, namespace = ''): void {
    if (connection !== this._connection || namespace !== this._namespace) {
      this._connection = connection;
      this._namespace = namespace;
      this.runs = this.schedules = this.pipelines = UNREAD;
      this._readAt = null;
      void this.refresh();
    }
  }

  /** Read all of it again; what is known stays to be seen meanwhile. */
  async refresh(): Promise<void> {
    const place = this.place;
    this.versions.clear();
    await Promise.all([
      this.read(this.runs, this.client.runs(...place), found => {
        this.runs = found;
      }),
      this.read(this.schedules, this.client.schedules(...place), found => {
        this.schedules = found;
      }),
      this.read(
        this.pipelines,
        this.client.names(...place).then(each => each.pipelines),
        found => {
          this.pipelines = found;
        }
      )
    ]);
    if (
      this.isShown(place) &&
      this.lists.every(each => each.state === 'ready')
    ) {
      this._readAt = Date.now() / 1000;
      this._changed.emit();
    }
  }

  /** Read the versions of a pipeline. */
  async askVersions(pipeline: string): Promise<void> {
    await this.read(
      this.versions.get(pipeline) ?? UNREAD,
      this.client.versions(this._connection, pipeline),
      found => this.versions.set(pipeline, found)
    );
  }

  private get lists(): IRead<unknown>[] {
    return [this.runs, this.schedules, this.pipelines];
  }

  private get place(): [string, string] {
    return [this._connection, this._namespace];
  }

  private isShown([connection, namespace]: [string, string]): boolean {
    return connection === this._connection && namespace === this._namespace;
  }

  private async read<T>(
    before: IRead<T>,
    answer: Promise<T[]>,
    take: (found: IRead<T>) => void
  ): Promise<void> {
    const place = this.place;
    const tell = (found: IRead<T>) => {
      // Another cluster may be shown by now.
      if (this.isShown(place) && !this._isDisposed) {
        take(found);
        this._changed.emit();
      }
    };
    tell({ ...before, state: 'loading', failure: '' });
    try {
      tell({ items: await answer, state: 'ready', failure: '' });
    } catch (error) {
      const failure = error instanceof Error ? error.message : '';
      tell({ ...before, state: 'failed', failure });
    }
  }

  private onPlaces(): void {
    const names = this.places.connections.map(each => each.name);
    if (!names.includes(this._connection)) {
      this.show(this.places.meant('kfp', '') ?? '');
    }
    this._changed.emit();
  }

  private readonly versions = new Map<string, IRead<IVersion>>();
  private _connection = '';
  private _namespace = '';
  private _readAt: number | null = null;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}
