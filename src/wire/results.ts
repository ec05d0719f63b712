/** What a step of a run has left, and what it looks like (docs/api.md). */

/** The beginning of a value or a file, to be looked at. */
export type Head =
  | {
      kind: 'table';
      /** Null: not known without reading all of it. */
      rows: number | null;
      columns: number;
      names: string[];
      types: string[];
      index: string[];
      cells: string[][];
      /** Of an array. */
      shape?: number[];
    }
  | { kind: 'image'; mime: string; data: string }
  | { kind: 'json'; value: unknown }
  | { kind: 'html'; html: string; text: string; complete: boolean }
  | { kind: 'text'; text: string; complete: boolean };

/** A name that a step handed on. */
export interface IResultValue {
  name: string;
  type: string;
  summary: string;
  bytes: number;
  /** Null: the summary says all, or there is nothing to show. */
  head: Head | null;
  /** Names of the steps that take it. */
  used_by: string[];
}

/** A file that a step wrote. */
export interface IResultFile {
  /** Its path from where the step started. */
  name: string;
  bytes: number;
  /** Names of the steps that take it, where it is an artifact. */
  used_by: string[];
}

/** A name that a step takes, and the name of the step that made it. */
export interface ITaken {
  name: string;
  step: string;
}

/** All that a step has left so far, and what it was made from. */
export interface IResults {
  inputs: ITaken[];
  values: IResultValue[];
  files: IResultFile[];
  /** Metrics and output parameters. */
  numbers: Record<string, unknown>;
  /** ROC curves and confusion matrices, as KFP's `ClassificationMetrics`. */
  curves: Record<string, unknown>;
}
