/** Which rows of a long table are drawn, and where keys go in it. */

/** Height of a row, in pixels. */
export const ROW_HEIGHT = 32;

/** Rows drawn above and below what is in view, so that scrolling shows no gaps. */
const MARGIN = 10;

/** The rows to draw, `end` exclusive, for a body that is scrolled to `top`. */
export function rowsInView(
  top: number,
  height: number,
  count: number
): { first: number; end: number } {
  const first = Math.floor(top / ROW_HEIGHT) - MARGIN;
  const end = Math.ceil((top + height) / ROW_HEIGHT) + MARGIN;
  return {
    first: Math.min(Math.max(0, first), count),
    end: Math.min(Math.max(0, end), count)
  };
}

/** The row that a key goes to; null where the key does something else, or nothing. */
export function rowTowards(
  key: string,
  from: number,
  count: number,
  page: number
): number | null {
  const steps: Record<string, number> = {
    ArrowUp: -1,
    ArrowDown: 1,
    PageUp: -page,
    PageDown: page,
    Home: -Infinity,
    End: Infinity
  };
  const step = steps[key];
  if (step === undefined) {
    return null;
  }
  const next = Math.min(Math.max(0, from + step), count - 1);
  return next === from || count === 0 ? null : next;
}
