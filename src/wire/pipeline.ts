/** What the server makes of a notebook: its steps, parameters and roles (docs/api.md). */
import { IDrift, IShownFile } from './code';
import { IProblem } from './problems';

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
  /** Helpers and data files, as a run would send them. */
  files?: IShownFile[];
  problems: IProblem[];
  /** What the kernel has, by name; empty where nobody asked it. */
  values: Record<string, { type: string; bytes: number | null }>;
  /** Modules that the kernel has in another form; empty where nobody asked it. */
  drift?: IDrift[];
  /** Why modules could not be loaded again, by name. */
  reload_failed?: Record<string, string>;
}
