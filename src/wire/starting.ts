/** What a run is started with, and where it can run (docs/api.md). */
import { INotebookContent } from '@jupyterlab/nbformat';

/** A cluster that runs can go to. */
export interface IConnection {
  name: string;
  /** Whether it is meant where none is named. */
  default: boolean;
  /** Null, or left out: its credential comes from elsewhere. */
  login?: {
    state: 'in' | 'over' | 'none';
    /** What is typed in a terminal to log in. */
    command: string;
  } | null;
}

/** Where runs may be started on a cluster with several users. */
export interface INamespaces {
  /** The connection's; empty: it names none. */
  own: string;
  /** Null: nobody tells. */
  namespaces: { name: string; role: string }[] | null;
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
  /** Where it is on a cluster with several users; as the connection says where left out. */
  namespace?: string;
  /** Group of runs on a cluster; as the notebook says where left out. */
  experiment?: string;
  /** False: every step runs, whatever is known of earlier runs. */
  cache?: boolean;
  /** Run also where a step asks for more than the server's machine has. */
  ignore_resources?: boolean;
  /** Run this step and all that depends on it; take the others from an earlier run. */
  from?: string;
  /** With `from` or `resume`, on a cluster: volumes as before the first step that runs. */
  data?: 'snapshot';
  /** Run this step alone, with what it needs from an earlier run. */
  only?: string;
  /** Go on from this ended run: where it ran, with its parameters, with what it had done. */
  resume?: string;
  /** Hashes of the files that were shown, by path; refused where another one would be sent. */
  shown?: Record<string, string>;
  /** Names the attempt: the same one again gives the run that it has started. */
  press?: string;
}

/** Where and how a notebook runs, besides its parameters. */
export type IRunChoice = Pick<
  IRunRequest,
  'engine' | 'namespace' | 'experiment' | 'cache'
>;

/** A part of a notebook that is run: by the name of a step, or what an earlier run had not done. */
export type RunPart = Pick<IRunRequest, 'from' | 'only' | 'resume' | 'data'>;
