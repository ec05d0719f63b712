/**
 * The public tokens that other extensions may ask for, and every type that crosses the wire
 * (docs/api.md; by subject in `wire/`).
 */
import { Token } from '@lumino/coreutils';
import { ISignal } from '@lumino/signaling';

import { IProblem } from './wire/problems';
import { IRun } from './wire/runs';
import { IRunRequest } from './wire/starting';

export * from './wire/clean';
export * from './wire/code';
export * from './wire/comparison';
export * from './wire/options';
export * from './wire/outputs';
export * from './wire/pipeline';
export * from './wire/problems';
export * from './wire/results';
export * from './wire/runs';
export * from './wire/starting';
export * from './wire/there';

/** Runs of all notebooks, kept up to date by what the server pushes. */
export interface IKfpRuns {
  /** A run changed; the argument is its state now. */
  readonly changed: ISignal<IKfpRuns, IRun>;
  /** When the server last stopped answering, in milliseconds; null while it answers. */
  readonly lostSince: number | null;
  /** The run as far as it is known; undefined where it was never seen. */
  get(id: string): IRun | undefined;
  /** Runs of a notebook that are known, newest first. */
  of(path: string): IRun[];
  /** Ask the server for the newest runs of a notebook. */
  refresh(path: string): Promise<void>;
  /** The run with its steps; the server is asked only where they are not known yet. */
  load(id: string): Promise<IRun>;
  /**
   * Start a run.
   *
   * @returns the run and the warnings that came with it.
   * @throws `ServerError` with the problems where the notebook cannot run.
   */
  start(request: IRunRequest): Promise<{ run: IRun; problems: IProblem[] }>;
  /** Ask a run to end. */
  cancel(id: string): Promise<void>;
  /** Have a run stand still, or let one go on that does. */
  pause(run: IRun): Promise<void>;
}

export const IKfpRuns = new Token<IKfpRuns>(
  'jupyter-kfp-ext:IKfpRuns',
  'Starts, cancels and follows the pipeline runs of notebooks.'
);
