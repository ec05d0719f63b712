/** What is wrong with a notebook, and the changes that mend it (docs/api.md). */

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
