/** Which lines of a cell to show around an error. */

export interface ISourceLine {
  /** From 1. */
  number: number;
  text: string;
  failing: boolean;
}

/** How many lines are shown before and after the failing one. */
const AROUND = 2;

/**
 * The failing line with its neighbours.
 *
 * @param source - the cell's text as it is now.
 * @param line - the failing line as the run saw it, from 1; null where none is known.
 * @param text - that line's text as the run saw it.
 * @returns the neighbours only where the cell still has that text at that line: an edited cell's
 * lines would be shown at wrong numbers.
 */
export function contextOf(
  source: string,
  line: number | null,
  text: string
): ISourceLine[] {
  if (line === null) {
    return [];
  }
  const lines = source.split('\n');
  if (lines[line - 1]?.trim() !== text.trim()) {
    return text.trim() ? [{ number: line, text, failing: true }] : [];
  }
  const first = Math.max(1, line - AROUND);
  const last = Math.min(lines.length, line + AROUND);
  return lines.slice(first - 1, last).map((each, index) => ({
    number: first + index,
    text: each,
    failing: first + index === line
  }));
}
