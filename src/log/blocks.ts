/**
 * Cuts a growing log into blocks of whole lines, so that what was drawn once is never drawn again.
 * Carriage returns (progress bars) and colours that go on over a cut are taken care of.
 */

/** Lines a block, and characters at most: what is drawn again when the log grows. */
const BLOCK_LINES = 200;
const BLOCK_CHARACTERS = 20_000;

/** Escape sequences that set colours, and all others (cursor moves and the like). */
// eslint-disable-next-line no-control-regex -- the escape character is what this is about
const COLOR = /\x1b\[([\d;]*)m/g;
// eslint-disable-next-line no-control-regex -- as above
const OTHER_ESCAPE = /\x1b\[[\d;?]*[A-HJKSTfhlnsu]/g;

export class LogBlocks {
  /** Blocks that will not change any more. */
  readonly closed: string[] = [];

  /** The block that still grows, as it is to be drawn. */
  get open(): string {
    return this.prefix + overwrite(this.text);
  }

  /** Whether nothing was logged. */
  get isEmpty(): boolean {
    return this.closed.length === 0 && this.text === '';
  }

  /** Add what the log grew by. */
  append(text: string): void {
    this.text += text;
    let cut = cutAt(this.text);
    while (cut > 0) {
      const raw = this.text.slice(0, cut);
      // The line break at the cut is the border between two blocks.
      this.closed.push(this.prefix + overwrite(raw.replace(/\r?\n$/, '')));
      this.prefix = colorAfter(this.prefix + raw);
      this.text = this.text.slice(cut);
      cut = cutAt(this.text);
    }
  }

  private text = '';
  /** The colour sequence that holds where the open block begins. */
  private prefix = '';
}

/** Where a full block ends: after its last whole line; 0 while there is none. */
function cutAt(text: string): number {
  let at = 0;
  for (let lines = 0; lines < BLOCK_LINES; lines++) {
    const next = text.indexOf('\n', at);
    if (next < 0) {
      return 0;
    }
    at = next + 1;
    if (at >= BLOCK_CHARACTERS) {
      return at;
    }
  }
  return at;
}

/** What a terminal shows: text after a carriage return replaces the line's. */
function overwrite(text: string): string {
  return text
    .replace(OTHER_ESCAPE, '')
    .split('\n')
    .map(line => {
      const kept = line.replace(/\r+$/, '');
      return kept.slice(kept.lastIndexOf('\r') + 1);
    })
    .join('\n');
}

/** The colour sequences that still hold at the end of a text. */
function colorAfter(text: string): string {
  let held = '';
  for (const [sequence, codes] of text.matchAll(COLOR)) {
    held = codes === '' || codes === '0' ? '' : held + sequence;
  }
  return held;
}
