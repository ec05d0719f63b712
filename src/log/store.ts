/**
 * The parts of one step's log that are looked at: which blocks there are, and the text of those
 * that were shown last. A log of any length costs the tab some megabytes.
 */
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { ILogFound, ILogIndex, ILogWindow } from '../tokens';
import { ILogBlock } from './layout';
import { LogSource, LogState } from './source';
import { colorAfter } from './text';

/** Blocks whose text is kept: 16 kB each. */
const KEPT = 256;

/** Milliseconds after a failure in which no text is asked for: each answer draws, and asks, again. */
const PAUSE = 2000;

/** What the server is asked for, of one log. */
export interface ILogReader {
  index(offset: number): Promise<ILogIndex>;
  window(offset: number, limit: number): Promise<ILogWindow>;
  search(text: string): Promise<ILogFound>;
}

export class LogStore implements IDisposable {
  constructor(
    private readonly reader: ILogReader,
    private readonly source: LogSource
  ) {
    source.grown.connect((_, size) => {
      if (size === 0) {
        // What was read is another log by now: a container that has a second attempt.
        this._blocks = [];
        this.texts.clear();
      }
      if (size !== this.size) {
        this.refresh();
      }
    });
    source.stateChanged.connect(() => this._changed.emit());
  }

  /** There are more blocks, or the text of one was read, or the connection changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get blocks(): readonly ILogBlock[] {
    return this._blocks;
  }

  get state(): LogState {
    return this.source.state;
  }

  /** Why the log could not be read; empty where it could. */
  get failure(): string {
    return this._failure;
  }

  /** Bytes of the log as far as its blocks are known. */
  get size(): number {
    return this._size;
  }

  get isDisposed(): boolean {
    return this.source.isDisposed;
  }

  dispose(): void {
    this.source.dispose();
    Signal.clearData(this);
  }

  /**
   * The text of a block with the colour that holds where it begins; undefined while it is read.
   *
   * @param load - read it where it is not known.
   */
  text(block: ILogBlock, load: boolean): string | undefined {
    const known = this.texts.get(block.begin);
    if (known?.end === block.end) {
      // What was used last is kept longest.
      this.texts.delete(block.begin);
      this.texts.set(block.begin, known);
      return known.text;
    }
    if (load) {
      void this.load(block);
    }
    // Better what it was a moment ago than a blank while the rest of it is read.
    return known?.text;
  }

  search(text: string): Promise<ILogFound> {
    return this.reader.search(text);
  }

  /** Ask for the blocks that came since; one question at a time. */
  private refresh(): void {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    void this.ask().finally(() => {
      this.asking = false;
      if (this.again && !this.isDisposed) {
        this.again = false;
        this.refresh();
      }
    });
  }

  private async ask(): Promise<void> {
    // The last block may have grown; those before it stay.
    const kept = this._blocks.slice(0, -1);
    const offset = kept.length ? kept[kept.length - 1].end : 0;
    await this.guarded(async () => {
      const index = await this.reader.index(offset);
      let begin = offset;
      const added = index.blocks.map(([end, lines]) => {
        const block = { begin, end, lines };
        begin = end;
        return block;
      });
      this._blocks = [...kept, ...added];
      this._size = index.size;
    });
  }

  private async load(block: ILogBlock): Promise<void> {
    const failed = this._failure && Date.now() - this.failedAt < PAUSE;
    if (failed || this.loading.has(block.begin)) {
      return;
    }
    this.loading.add(block.begin);
    await this.guarded(async () => {
      const { begin, end } = block;
      const window = await this.reader.window(begin, end - begin);
      if (window.end > end) {
        // The middle of the log was left out since: what is known of its blocks is wrong.
        this._blocks = [];
        this.texts.clear();
        this.refresh();
        return;
      }
      this.texts.set(begin, { end, text: this.colorAt(begin) + window.text });
      for (const oldest of this.texts.keys()) {
        if (this.texts.size <= KEPT) {
          break;
        }
        this.texts.delete(oldest);
      }
    });
    this.loading.delete(block.begin);
  }

  private async guarded(ask: () => Promise<void>): Promise<void> {
    try {
      await ask();
      this._failure = '';
    } catch (error) {
      this._failure = error instanceof Error ? error.message : String(error);
      this.failedAt = Date.now();
    }
    if (!this.isDisposed) {
      this._changed.emit();
    }
  }

  /** The colour that the block before leaves; none where that was not read. */
  private colorAt(begin: number): string {
    for (const { end, text } of this.texts.values()) {
      if (end === begin) {
        return colorAfter('', text);
      }
    }
    return '';
  }

  private asking = false;
  private again = false;
  private _blocks: readonly ILogBlock[] = [];
  private _size = 0;
  private _failure = '';
  private failedAt = 0;
  /** By the byte where a block begins; what was used last is last. */
  private readonly texts = new Map<number, { end: number; text: string }>();
  private readonly loading = new Set<number>();
  private readonly _changed = new Signal<this, void>(this);
}
