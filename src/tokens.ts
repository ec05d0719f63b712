/**
 * Every type that crosses the wire (docs/api.md), and the public tokens that other extensions may
 * ask for. Nothing here does anything.
 */
import { INotebookContent, IOutput } from '@jupyterlab/nbformat';

import { Token } from '@lumino/coreutils';
import { ISignal } from '@lumino/signaling';

export type Severity = 'error' | 'warning' | 'info';

/** One thing that is wrong with a notebook or a request, in words a user can act on. */
export interface IProblem {
  code: string;
  severity: Severity;
  message: string;
  /** What to do next; empty where nothing can be done. */
  remedy: string;
  /** Cell number as a fresh kernel counts it, `In [n]`. */
  cell: number | null;
  cell_id: string | null;
  /** Line within the cell's source, from 1. */
  line: number | null;
  option: string | null;
  step: string | null;
  /** The characters that are meant, from 0, to before `end_column`; null: the line. */
  column: number | null;
  end_line: number | null;
  end_column: number | null;
  /** Ways to mend it, the best first; the server tried each. */
  fixes: IFix[];
}

/** One way to mend a problem: all its edits or none. */
export interface IFix {
  /** What it does, as an imperative. */
  title: string;
  edits: IEdit[];
}

/** A change of a notebook. Lines count from 1, columns in characters from 0. */
export type IEdit =
  | {
      kind: 'replace';
      cell_id: string;
      line: number;
      column: number;
      old: string;
      new: string;
    }
  | {
      kind: 'insert';
      source: string;
      /** Id of a cell; null: at the end. */
      before: string | null;
      metadata: Record<string, unknown>;
    }
  | { kind: 'move'; cell_id: string; before: string | null }
  | {
      kind: 'metadata';
      /** Null: of the notebook. */
      cell_id: string | null;
      key: string;
      /** Null takes the key away. */
      value: unknown;
    };

export type ParameterType = 'int' | 'float' | 'str' | 'bool' | 'list' | 'dict';

/** A pipeline parameter: an assignment in a cell with the role `parameters`. */
export interface IParameter {
  name: string;
  type: ParameterType;
  default: unknown;
  cell_id: string;
}

/** A step as the notebook defines it now (not as a run saw it). */
export interface IPipelineStep {
  name: string;
  task: string;
  title: string;
  /** Ids of its cells, in notebook order. */
  cells: string[];
  inputs: { step: string; names: string[] }[];
  after: string[];
  outputs: string[];
  /** Only the options that were said. */
  options: Record<string, unknown>;
}

export type OptionKind =
  | 'text'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'choice'
  | 'list'
  | 'map'
  | 'struct'
  | 'structs';

/** One option, or one field of an option that has several. */
export interface IOptionSpec {
  name: string;
  /** `list`: texts; `map`: texts by name; `structs`: a list of what `fields` says. */
  kind: OptionKind;
  description: string;
  group: string;
  example: unknown;
  /** What a value must be, as a noun phrase. */
  expects: string;
  choices: string[];
  fields: IOptionSpec[];
  required: boolean;
  /** Null where there is none. */
  default: unknown;
  /** Regular expression that a text must match; empty where any will do. */
  pattern: string;
  minimum: number | null;
  maximum: number | null;
}

/** All options as data, by which forms are drawn and checked. */
export interface IOptionSchema {
  groups: { name: string; title: string }[];
  step: IOptionSpec[];
  pipeline: IOptionSpec[];
  /** Names of the step options that make sense for every step. */
  defaults: string[];
}

/** What a form's values belong to. */
export type OptionTarget =
  | { target: 'step'; step: string }
  | { target: 'defaults' }
  | { target: 'pipeline' };

/** A cluster that runs can go to. */
export interface IConnection {
  name: string;
  /** Whether it is meant where none is named. */
  default: boolean;
}

export type Role =
  | 'step'
  | 'preamble'
  | 'imports'
  | 'functions'
  | 'parameters'
  | 'metrics'
  | 'skip';

/** Where a cell's role was said; `implied`: by the cells above it; `split`: by the headings. */
export type MarkSource = 'metadata' | 'magic' | 'tags' | 'implied' | 'split';

/** What one code cell is for. */
export interface ICellRole {
  role: Role;
  source: MarkSource;
  step: string | null;
  number: number;
}

/** What the server makes of a notebook: its steps, and what is wrong with them. */
export interface IPipeline {
  name: string;
  description: string;
  /** How the notebook is cut where it has no marks; null where it has. */
  split: string | null;
  /** What is said of the pipeline as a whole; `defaults` are options of every step. */
  settings: { defaults?: Record<string, unknown> } & Record<string, unknown>;
  parameters: IParameter[];
  steps: IPipelineStep[];
  /** By cell id. */
  cells: Record<string, ICellRole>;
  helpers: string[];
  data_files: string[];
  problems: IProblem[];
  /** What the kernel has, by name; empty where nobody asked it. */
  values: Record<string, { type: string; bytes: number | null }>;
}

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

/** A step with what each run says of it; null where a run has no such step. */
export interface IComparedStep {
  name: string;
  state: (State | null)[];
  cached: (boolean | null)[];
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

/** Several runs side by side: every list of values has one for each run, in their order. */
export interface IComparison {
  runs: IComparedRun[];
  parameters: IComparedValue[];
  metrics: IComparedValue<number>[];
  steps: IComparedStep[];
  /** Null: the code of one of the two runs is not known. */
  code: { run_id: string; cells: ICellDifference[] | null }[];
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

/** What one cell put out in a run. */
export interface ICellOutputs {
  outputs: IOutput[];
  /** Its number in the notebook that ran. */
  number: number;
  started: number | null;
  ended: number | null;
  status: string | null;
}

/** What a step of a run put out, by cell id. */
export interface IStepOutputs {
  cells: Record<string, ICellOutputs>;
}

/** Where the blocks of a step's log end, from an offset on. Offsets are bytes of the file. */
export interface ILogIndex {
  offset: number;
  size: number;
  /** Of each block, the byte after its last, and how many lines it shows. */
  blocks: [number, number][];
}

/** A part of a step's log. */
export interface ILogWindow {
  offset: number;
  text: string;
  /** Where the next one starts. */
  end: number;
  complete: boolean;
}

/** Lines of a log that have a text in them. */
export interface ILogFound {
  /** Offset of the block, and the line in it from 0. */
  places: [number, number][];
  /** Whether these are all. */
  complete: boolean;
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

/** What a run is started with. */
export interface IRunRequest {
  /** Contents path. */
  path: string;
  /** The unsaved state; the file's where it is left out. */
  notebook?: INotebookContent;
  parameters?: Record<string, unknown>;
  /** Where it runs: an engine, or the name of a connection; as the notebook says where left out. */
  engine?: string;
  /** False: every step runs, whatever is known of earlier runs. */
  cache?: boolean;
  /** Run also where a step asks for more than the server's machine has. */
  ignore_resources?: boolean;
  /** Run this step and all that depends on it; take the others from an earlier run. */
  from?: string;
  /** Run this step alone, with what it needs from an earlier run. */
  only?: string;
}

/** Where and how a notebook runs, besides its parameters. */
export type IRunChoice = Pick<IRunRequest, 'engine' | 'cache'>;

/** A part of a notebook that is run, by the name of a step. */
export type RunPart = Pick<IRunRequest, 'from' | 'only'>;

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
