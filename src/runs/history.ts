/**
 * All runs that the server knows, newest first: read page by page, and kept up to date by what is
 * pushed. Only summaries: ten thousand of them are some megabytes.
 */
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { KfpClient } from '../client';
import { IAbout, IKfpRuns, IRun, IRunSummary } from '../tokens';

/** Runs of the first page, which is to be there at once, and of each later one. */
const FIRST_PAGE = 100;
const PAGE = 1000;

export type HistoryState = 'loading' | 'ready' | 'failed';

export class RunHistory implements IDisposable {
  constructor(
    private readonly client: KfpClient,
    private readonly live: IKfpRuns
  ) {
    live.changed.connect(this.onChanged, this);
  }

  /** A run came, went or changed, or more of them were read. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The runs that are known by now, newest first; another array after each change. */
  get all(): readonly IRunSummary[] {
    this.sorted ??= [...this.runs.values()].sort((a, b) =>
      a.id < b.id ? 1 : -1
    );
    return this.sorted;
  }

  get state(): HistoryState {
    return this._state;
  }

  /** Why reading failed; empty where it did not. */
  get failure(): string {
    return this._failure;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this.live.changed.disconnect(this.onChanged, this);
      Signal.clearData(this);
    }
  }

  /** Read all runs anew. What is known stays to be seen meanwhile. */
  async load(): Promise<void> {
    const turn = ++this.turn;
    this.set('loading');
    const known = [...this.runs.keys()];
    const seen = new Set<string>();
    try {
      let next: string | null | undefined = undefined;
      while (next !== null) {
        const size: number = next === undefined ? FIRST_PAGE : PAGE;
        const page: { runs: IRunSummary[]; next: string | null } =
          await this.client.runs(size, next);
        if (turn !== this.turn || this._isDisposed) {
          return;
        }
        for (const run of page.runs) {
          seen.add(run.id);
          this.learn(run);
        }
        next = page.next;
        this.emit();
      }
      // What others deleted goes; what began since the first page stays.
      known.filter(id => !seen.has(id)).forEach(id => this.runs.delete(id));
      this.set('ready');
    } catch (error) {
      if (turn === this.turn && !this._isDisposed) {
        this.set('failed', error instanceof Error ? error.message : '');
      }
    }
  }

  /** Say something of a run. */
  async say(id: string, said: Partial<IAbout>): Promise<void> {
    const about = await this.client.changeAbout(id, said);
    const run = this.runs.get(id);
    if (run) {
      this.runs.set(id, { ...run, about });
      this.emit();
    }
  }

  /** Leave a run out of lists, or take it back. */
  async archive(id: string, archived: boolean): Promise<void> {
    await this.client.archive(id, archived);
    const run = this.runs.get(id);
    if (run) {
      this.runs.set(id, { ...run, archived });
      this.emit();
    }
  }

  /** Delete a run for good, and on its cluster where that is said. */
  async delete(id: string, cluster: boolean): Promise<void> {
    await this.client.delete(id, cluster);
    this.gone.add(id);
    this.runs.delete(id);
    this.emit();
  }

  /** Leave out runs that were removed all at once. */
  forget(ids: readonly string[]): void {
    for (const id of ids) {
      this.gone.add(id);
      this.runs.delete(id);
    }
    this.emit();
  }

  private onChanged(_: unknown, run: IRun): void {
    // What is known here may have been said since that message was sent.
    const known = this.runs.get(run.id) ?? run;
    const { about, archived } = known;
    if (this.learn({ ...run, about, archived })) {
      this.emit();
    }
  }

  /** Take what is not older than what is known; returns whether it was. */
  private learn(run: IRunSummary): boolean {
    const known = this.runs.get(run.id);
    if (this.gone.has(run.id) || (known && known.seq > run.seq)) {
      return false;
    }
    this.runs.set(run.id, run);
    return true;
  }

  private set(state: HistoryState, failure: string = ''): void {
    this._state = state;
    this._failure = failure;
    this.emit();
  }

  private emit(): void {
    this.sorted = null;
    this._changed.emit();
  }

  private readonly runs = new Map<string, IRunSummary>();
  /** What was deleted here: a late message must not bring it back. */
  private readonly gone = new Set<string>();
  private sorted: IRunSummary[] | null = null;
  private turn = 0;
  private _state: HistoryState = 'loading';
  private _failure = '';
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}
