/**
 * Runs as the server reports them: snapshots, the messages pushed in between, and asking again
 * wherever a message was lost. Shared by all notebooks of a tab.
 */
import { Event } from '@jupyterlab/services';

import { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { ISignal, Signal } from '@lumino/signaling';

import { KfpClient, ServerError } from '../client';
import {
  IKfpRuns,
  IProblem,
  IRun,
  IRunMessage,
  IRunRequest,
  IRunSummary
} from '../tokens';
import { Presses } from './presses';
import { fold, isEnded } from './runState';

export const SCHEMA_ID = 'urn:jupyter-kfp-ext:run:v1';

/**
 * How often an active run is looked at besides the pushed messages, in milliseconds: a socket that
 * dies with the server or a sleeping laptop says nothing, so this is how soon the view heals.
 */
const CHECK_INTERVAL = 10_000;
const CHECK_BACKOFF_MAX = 60_000;
const IDLE: ReadonlySet<string> = new Set(['constructed', 'stopped']);

interface IEntry {
  run: IRun;
  /** Whether `run.steps` is known, not only the summary. */
  complete: boolean;
}

export class RunsModel implements IKfpRuns, IDisposable {
  constructor(
    private readonly client: KfpClient,
    private readonly stream: Event.Stream
  ) {
    stream.connect(this.onEmission, this);
    this.poll = new Poll({
      auto: false,
      name: 'jupyter-kfp-ext:active-runs',
      factory: () => this.check(),
      frequency: {
        interval: CHECK_INTERVAL,
        backoff: true,
        max: CHECK_BACKOFF_MAX
      },
      standby: 'when-hidden'
    });
  }

  get changed(): ISignal<this, IRun> {
    return this._changed;
  }

  get lostSince(): number | null {
    return this._lostSince;
  }

  get isDisposed(): boolean {
    return this.poll.isDisposed;
  }

  dispose(): void {
    this.stream.disconnect(this.onEmission, this);
    this.poll.dispose();
    Signal.clearData(this);
  }

  get(id: string): IRun | undefined {
    return this.entries.get(id)?.run;
  }

  of(path: string): IRun[] {
    return [...this.entries.values()]
      .map(entry => entry.run)
      .filter(run => run.notebook === path)
      .sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  async refresh(path: string): Promise<void> {
    const summaries = await this.ask(() => this.client.runsOf(path));
    summaries.forEach(summary => this.learn(summary));
  }

  async load(id: string): Promise<IRun> {
    const entry = this.entries.get(id);
    return entry?.complete ? entry.run : this.fetch(id);
  }

  async start(
    request: IRunRequest
  ): Promise<{ run: IRun; problems: IProblem[] }> {
    return this.presses.send(request, async named => {
      const { run_id, problems } = await this.client.start(named);
      return { run: await this.fetch(run_id), problems };
    });
  }

  async cancel(id: string): Promise<void> {
    await this.unlessEnded(this.client.cancel(id));
    await this.fetch(id);
  }

  /** Have a run stand still, or let one go on that does. */
  async pause(run: IRun): Promise<void> {
    const paused = run.state === 'PAUSED';
    await this.unlessEnded(
      paused ? this.client.resume(run.id) : this.client.pause(run.id)
    );
    await this.fetch(run.id);
  }

  /** It ended while the request was on its way: then there is nothing more to do. */
  private async unlessEnded(request: Promise<unknown>): Promise<void> {
    try {
      await request;
    } catch (error) {
      if (!(error instanceof ServerError && error.status === 409)) {
        throw error;
      }
    }
  }

  /** Look at each active run that is shown. Rejects where the server does not answer. */
  async check(): Promise<void> {
    await Promise.all(this.active().map(id => this.fetch(id)));
  }

  private active(): string[] {
    return [...this.entries.values()]
      .filter(({ run, complete }) => complete && !isEnded(run.state))
      .map(({ run }) => run.id);
  }

  private onEmission(_: unknown, emission: Event.Emission): void {
    if (emission.schema_id !== SCHEMA_ID) {
      return;
    }
    // Who pushes is there again; the poll may have nothing left to ask for.
    this.setLost(null);
    const message = emission as unknown as IRunMessage;
    const waiting = this.loading.get(message.run_id);
    if (waiting) {
      waiting.missed.push(message);
      return;
    }
    this.take(message);
  }

  /** Fold a message in, or ask for the run where some before it were lost. */
  private take(message: IRunMessage): void {
    const entry = this.entries.get(message.run_id);
    if (!entry?.complete) {
      this.learn(message.run);
      return;
    }
    const run = fold(entry.run, message);
    if (run === null) {
      // A failure is remembered in `lostSince`; the poll asks again.
      void this.fetch(message.run_id).catch(() => undefined);
    } else if (run !== entry.run) {
      this.put(run, true);
    }
  }

  private learn(summary: IRunSummary): void {
    const entry = this.entries.get(summary.id);
    if (!entry) {
      this.put({ ...summary, steps: [] }, false);
    } else if (summary.seq > entry.run.seq && !entry.complete) {
      this.put({ ...summary, steps: entry.run.steps }, false);
    } else if (summary.seq > entry.run.seq) {
      void this.fetch(summary.id).catch(() => undefined);
    }
  }

  /** Ask for a run once, however many want it; messages that arrive meanwhile are folded in. */
  private fetch(id: string): Promise<IRun> {
    let load = this.loading.get(id);
    if (!load) {
      const missed: IRunMessage[] = [];
      const done = this.ask(() => this.client.run(id))
        .finally(() => this.loading.delete(id))
        .then(run => {
          const known = this.entries.get(id);
          if (!known?.complete || known.run.seq < run.seq) {
            this.put(run, true);
          }
          missed.forEach(message => this.take(message));
          return this.entries.get(id)!.run;
        });
      load = { done, missed };
      this.loading.set(id, load);
    }
    return load.done;
  }

  private put(run: IRun, complete: boolean): void {
    this.entries.set(run.id, { run, complete });
    this._changed.emit(run);
    if (this.active().length === 0) {
      void this.poll.stop();
    } else {
      // Not `start()`, which would look at once.
      void this.poll.schedule({
        cancel: last => !IDLE.has(last.phase),
        interval: CHECK_INTERVAL,
        phase: 'started'
      });
    }
  }

  /** Make a request and remember whether the server answers. */
  private async ask<T>(request: () => Promise<T>): Promise<T> {
    try {
      const answer = await request();
      this.setLost(null);
      return answer;
    } catch (error) {
      if (error instanceof ServerError && error.status === 0) {
        this.setLost(this._lostSince ?? Date.now());
      }
      throw error;
    }
  }

  private setLost(since: number | null): void {
    if (since !== this._lostSince) {
      this._lostSince = since;
      // Each shown run looks different now: as of a time, or live again.
      this.active().forEach(id => this._changed.emit(this.get(id)!));
    }
  }

  private readonly entries = new Map<string, IEntry>();
  private readonly loading = new Map<
    string,
    { done: Promise<IRun>; missed: IRunMessage[] }
  >();
  private readonly poll: Poll;
  private readonly presses = new Presses();
  private _lostSince: number | null = null;
  private readonly _changed = new Signal<this, IRun>(this);
}
