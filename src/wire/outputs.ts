/** What the steps of a run printed and showed (docs/api.md). */
import { IOutput } from '@jupyterlab/nbformat';

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
