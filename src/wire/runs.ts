/** A run and its steps, as the server tells them and pushes what changes (docs/api.md). */

export type State =
  | 'PENDING'
  | 'RUNNING'
  | 'SUCCEEDED'
  | 'SKIPPED'
  | 'FAILED'
  | 'PAUSED'
  | 'CANCELING'
  | 'CANCELED';

/** Why a step failed: the user's own cell, line and traceback. */
export interface IStepError {
  name: string;
  message: string;
  cell: number | null;
  cell_id: string | null;
  line: number | null;
  /** Text of the failing line. */
  source: string;
  /** Lines with ANSI colours. */
  traceback: string[];
  remedy: string;
  /** Assumptions of the plan that did not hold, with the cells one of which broke them. */
  broken?: { kind: string; names: string[]; cells: string[] }[];
}

/** One run of a loop's body. Times are seconds since the epoch. */
export interface IIteration {
  /** Its place from 0, `2`; in a loop within a loop `1.2`. */
  key: string;
  /** The item in short. */
  item: string;
  state: State;
  started: number | null;
  ended: number | null;
  attempt: number;
  error: IStepError | null;
}

/** A step of a run. Times are seconds since the epoch. */
export interface IStep {
  name: string;
  task: string;
  title: string;
  cells: string[];
  after: string[];
  state: State;
  started: number | null;
  ended: number | null;
  /** Whether its results were taken from an earlier run. */
  cached: boolean;
  /** The run that computed them. */
  cached_from: string | null;
  attempt: number;
  /** Id of the cell that runs now. */
  cell: string | null;
  /** Why it waits or was skipped, in words. */
  reason: string;
  /** Of its volumes, taken before it on a cluster: their names there. */
  snapshots?: string[];
  snapshot_seconds?: number | null;
  peak_memory_bytes: number | null;
  cpu_seconds: number | null;
  gpu_memory_bytes?: number | null;
  /** Of the artifacts that it was given. */
  bytes_in?: number | null;
  /** Of those that it left. */
  bytes_out?: number | null;
  /** What it asked of the machine, by option. */
  requests?: Record<string, string>;
  /** What it would better ask for, by option, judged by what it took. */
  suggested?: Record<string, string>;
  error: IStepError | null;
  /** Of a loop, once its items are known. */
  iterations?: IIteration[];
}

/** A run without its steps, as lists and pushed messages carry it. */
export interface IRunSummary {
  id: string;
  name: string;
  /** Contents path. */
  notebook: string | null;
  engine: string;
  state: State;
  created: number;
  /** Number of the run's last event that is in here. */
  seq: number;
  started: number | null;
  ended: number | null;
  message: string;
  parameters: Record<string, unknown>;
  metrics: Record<string, number>;
  about?: IAbout;
  /** Left out of lists that do not ask for it. */
  archived?: boolean;
  /** How it was started on a cluster; empty on this machine. */
  phases?: IPhase[];
  /** Ids that it has on a cluster; empty on this machine. */
  remote?: Record<string, string>;
}

/** What people said of a run; all empty where nothing was. */
export interface IAbout {
  /** Shown instead of the pipeline's name. */
  name: string;
  note: string;
  tags: string[];
}

/** What a run has on its cluster. */
export interface ILeftThere {
  connection: string;
  /** Its id there; empty where it is not there. */
  run_id: string;
  /** Objects in the store, and where they are. */
  artifacts: number;
  place: string;
  /** Claims of its own that are still there. */
  claims: string[];
  /** Snapshots of volumes that it took. */
  snapshots: string[];
}

/** A part of starting a run on a cluster. Times are seconds since the epoch. */
export interface IPhase {
  name: string;
  state: State;
  started: number | null;
  ended: number | null;
  /** What it did, or why it failed. */
  message: string;
}

/** A run with its steps. */
export interface IRun extends IRunSummary {
  steps: IStep[];
}

/** What is pushed when a run changes. */
export interface IRunMessage {
  run_id: string;
  notebook: string;
  seq: number;
  /** The first event folded into this message. */
  first_seq: number;
  run: IRunSummary;
  /** The steps that changed. */
  steps: IStep[];
}
