/** Several runs side by side (docs/api.md). */
import { IAbout, State } from './runs';

/** A run in a comparison. */
export interface IComparedRun {
  run_id: string;
  name: string;
  notebook: string | null;
  engine: string;
  state: State;
  created: number;
  seconds: number | null;
  classification: Record<string, unknown>;
  about: IAbout;
}

/** A name with its value in each run; null where a run has none. */
export interface IComparedValue<T = unknown> {
  name: string;
  values: (T | null)[];
  differs: boolean;
}

/** One run of a loop's body, in a comparison. */
export interface IComparedIteration {
  /** The item in short. */
  item: string;
  state: State;
}

/** A step with what each run says of it; null where a run has no such step. */
export interface IComparedStep {
  name: string;
  state: (State | null)[];
  /** Names of the steps that it waits for. */
  after: (string[] | null)[];
  cached: (boolean | null)[];
  /** Of a loop whose items are known. */
  iterations: (IComparedIteration[] | null)[];
  seconds: (number | null)[];
  peak_memory_bytes: (number | null)[];
  cpu_seconds: (number | null)[];
  bytes_out: (number | null)[];
}

/** A cell that differs from the run named first. */
export interface ICellDifference {
  change: 'changed' | 'added' | 'removed';
  cell_id: string;
  number: number;
  step: string | null;
  /** With ` `, `-` or `+` before each; `@@` between parts. */
  lines: string[];
}

/** A file of the steps that differs from the run named first. */
export interface IFileDifference {
  change: 'changed' | 'added' | 'removed';
  path: string;
  /** As of a cell; none of what is no text. */
  lines: string[];
}

/** Several runs side by side: every list of values has one for each run, in their order. */
export interface IComparison {
  runs: IComparedRun[];
  parameters: IComparedValue[];
  metrics: IComparedValue<number>[];
  steps: IComparedStep[];
  /** Null: the code of one of the two runs is not known. */
  code: {
    run_id: string;
    cells: ICellDifference[] | null;
    files: IFileDifference[] | null;
  }[];
}
