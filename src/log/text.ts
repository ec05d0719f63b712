/** What a terminal would show of a piece of a log: carriage returns (progress bars) and colours. */

/** Escape sequences that set colours, and all others (cursor moves and the like). */
// eslint-disable-next-line no-control-regex -- the escape character is what this is about
const COLOR = /\x1b\[([\d;]*)m/g;
// eslint-disable-next-line no-control-regex -- as above
const OTHER_ESCAPE = /\x1b\[[\d;?]*[A-HJKSTfhlnsu]/g;

/** What is shown of a text: what follows a carriage return replaces what the line had. */
export function shownText(text: string): string {
  return text
    .replace(OTHER_ESCAPE, '')
    .replace(/\r?\n$/, '')
    .split('\n')
    .map(line => {
      const kept = line.replace(/\r+$/, '');
      return kept.slice(kept.lastIndexOf('\r') + 1);
    })
    .join('\n');
}

/** The colour sequences that still hold at the end of a text, where `held` did at its beginning. */
export function colorAfter(held: string, text: string): string {
  for (const [sequence, codes] of text.matchAll(COLOR)) {
    held = codes === '' || codes === '0' ? '' : held + sequence;
  }
  return held;
}

/** A text without its colours. */
export function plainText(text: string): string {
  return text.replace(COLOR, '');
}
