/**
 * What the steps of the shown run printed and showed, asked for step by step while someone looks,
 * and again when a step went on since. It is shown beside the notebook and never written into it.
 */
import { ISignal, Signal } from '@lumino/signaling';

import { KfpClient } from '../client';
import { ICellOutputs, IRun, IStep } from '../tokens';
import { isEnded } from './runState';

/** What is to be shown at one cell. */
export interface IShownOutputs {
  run: IRun;
  step: IStep;
  /** What the cell put out; null where it did not run. */
  cell: ICellOutputs | null;
  /** Why the outputs could not be asked for; empty where they could. */
  failure: string;
}

interface IEntry {
  /** The step's state that `cells` belongs to; empty where it has to be asked for. */
  stamp: string;
  loading: boolean;
  cells: Record<string, ICellOutputs> | null;
  failure: string;
}

export class StepOutputs {
  constructor(private readonly client: KfpClient) {}

  /** The switch was turned, or outputs came. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether outputs are shown in the notebook. */
  get shown(): boolean {
    return this._shown;
  }

  setShown(shown: boolean): void {
    if (shown !== this._shown) {
      this._shown = shown;
      this._changed.emit();
    }
  }

  /** Someone looks at a step of a run: ask for what it put out since it was last asked. */
  want(run: IRun, step: IStep): void {
    if (!this._shown || !hasRun(step)) {
      return;
    }
    const entry = this.entryOf(run, step);
    if (!entry.loading && entry.stamp !== stampOf(step)) {
      void this.load(run, step, entry);
    }
  }

  /**
   * What to show at a cell of a step; null where there is nothing to say (yet).
   *
   * @param number - the cell's number, for notebooks whose cells have no lasting ids.
   * @param known - whether an id is one of a cell that is there now.
   */
  at(
    run: IRun,
    step: IStep,
    cellId: string,
    number: number,
    known: (id: string) => boolean
  ): IShownOutputs | null {
    const entry = this.entries.get(step.task);
    if (!this._shown || run.id !== this.runId || !entry || !hasRun(step)) {
      return null;
    }
    const { cells, failure } = entry;
    if (cells === null) {
      return failure ? { run, step, cell: null, failure } : null;
    }
    // The cells of an old notebook get new ids each time it is opened: then only numbers tell.
    const lasting = Object.keys(cells).some(known);
    const cell = lasting
      ? cells[cellId]
      : Object.values(cells).find(each => each.number === number);
    return cell || isEnded(step.state)
      ? { run, step, cell: cell ?? null, failure: '' }
      : null;
  }

  dispose(): void {
    this._shown = false;
    Signal.clearData(this);
  }

  private entryOf(run: IRun, step: IStep): IEntry {
    if (run.id !== this.runId) {
      this.runId = run.id;
      this.entries.clear();
    }
    let entry = this.entries.get(step.task);
    if (!entry) {
      entry = { stamp: '', loading: false, cells: null, failure: '' };
      this.entries.set(step.task, entry);
    }
    return entry;
  }

  private async load(run: IRun, step: IStep, entry: IEntry): Promise<void> {
    entry.loading = true;
    const before = entry.failure;
    try {
      entry.cells = (await this.client.outputs(run.id, step.task)).cells;
      entry.stamp = stampOf(step);
      entry.failure = '';
    } catch (error) {
      entry.stamp = '';
      entry.failure = error instanceof Error ? error.message : String(error);
    }
    entry.loading = false;
    // A failure that was told already is not told again: each telling makes who looks ask anew.
    if (!entry.failure || entry.failure !== before) {
      this._changed.emit();
    }
  }

  private runId: string | null = null;
  private _shown = false;
  private readonly entries = new Map<string, IEntry>();
  private readonly _changed = new Signal<this, void>(this);
}

function hasRun(step: IStep): boolean {
  return step.started !== null || step.cached;
}

/** Changes whenever the step may have put out more that is worth asking for. */
function stampOf({ state, attempt, cell, ended }: IStep): string {
  return JSON.stringify([state, attempt, cell, ended]);
}
