/** Finds a text in a whole log by the server, and shows one place after the other. */
import { ISignal, Signal } from '@lumino/signaling';

import { ILogFound } from '../tokens';
import { LogStore } from './store';
import { LogView } from './view';

/** Names of the highlights in the style sheet. */
const FOUND = 'jp-kfp-log-found';

export class LogSearch {
  constructor(
    private readonly store: LogStore,
    private readonly view: LogView
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** How many lines have the text; null where nothing is looked for. */
  get count(): number | null {
    return this.found?.places.length ?? null;
  }

  /** Whether these are all. */
  get complete(): boolean {
    return this.found?.complete ?? true;
  }

  /** Which of them is shown, from 0. */
  get current(): number {
    return this._current;
  }

  /** Look for a text; an empty one ends the search. An answer that a later one overtook is dropped. */
  async look(text: string): Promise<void> {
    const turn = ++this.turn;
    const found = text ? await this.store.search(text) : null;
    if (turn !== this.turn) {
      return;
    }
    this.text = text;
    this.found = found;
    this._current = 0;
    clear();
    this._changed.emit();
    await this.show();
  }

  /** Go to the next place, or by -1 to the one before; after the last comes the first. */
  async step(by: 1 | -1): Promise<void> {
    const count = this.count ?? 0;
    if (count > 0) {
      this._current = (this._current + by + count) % count;
      this._changed.emit();
      await this.show();
    }
  }

  dispose(): void {
    this.turn++;
    clear();
    Signal.clearData(this);
  }

  private async show(): Promise<void> {
    const place = this.found?.places[this._current];
    if (!place) {
      return;
    }
    const turn = this.turn;
    const node = await this.view.reveal(...place);
    if (node && turn === this.turn) {
      const found = findIn(node, place[1], this.text);
      if (found) {
        const range = document.createRange();
        range.setStart(...found.from);
        range.setEnd(...found.to);
        highlight(range);
        this.view.bring(range);
      }
    }
  }

  private text = '';
  private turn = 0;
  private found: ILogFound | null = null;
  private _current = 0;
  private readonly _changed = new Signal<this, void>(this);
}

/** A character within a node of text. */
type Place = [node: Node, offset: number];

/** Where a text is in a line of what is drawn; null where it is not there. */
export function findIn(
  node: Node,
  line: number,
  text: string
): { from: Place; to: Place } | null {
  const lines = (node.textContent ?? '').split('\n');
  const at = lines[line]?.toLowerCase().indexOf(text.toLowerCase()) ?? -1;
  if (at < 0) {
    return null;
  }
  const begin = lines
    .slice(0, line)
    .reduce((sum, each) => sum + each.length + 1, at);
  const from = placeOf(node, begin);
  const to = placeOf(node, begin + text.length);
  return from && to && { from, to };
}

/** Find the text node that holds a character of a node's text. */
function placeOf(node: Node, at: number): Place | null {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  let left = at;
  for (let part = walker.nextNode(); part; part = walker.nextNode()) {
    const length = part.textContent?.length ?? 0;
    if (left <= length) {
      return [part, left];
    }
    left -= length;
  }
  return null;
}

/** Mark a range; an older browser shows the line without. */
function highlight(range: Range): void {
  if ('highlights' in CSS) {
    CSS.highlights.set(FOUND, new Highlight(range));
  }
}

function clear(): void {
  if (typeof CSS !== 'undefined' && 'highlights' in CSS) {
    CSS.highlights.delete(FOUND);
  }
}
