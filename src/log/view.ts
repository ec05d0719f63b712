/**
 * Draws the part of a log that is seen, whatever its length, and follows its end while the reader
 * is there. Only what is on screen (and a little beyond) is in the page.
 */
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { drawText } from '../components/ansi';
import { HIGHEST, ILogBlock, LogLayout } from './layout';
import { LogStore } from './store';
import { shownText } from './text';

/** How close to the end, in pixels, still counts as reading the end. */
const NEAR_END = 24;
/** Pixels beyond what is seen that are drawn too. */
const BEYOND = 600;
/** Milliseconds without scrolling after which what is seen is read. */
const SETTLED = 60;

interface IDrawn {
  node: HTMLElement;
  /** What was drawn. */
  text: string | undefined;
  end: number;
}

export class LogView implements IDisposable {
  constructor(
    readonly node: HTMLElement,
    private readonly store: LogStore,
    lineHeight: number,
    highest: number = HIGHEST
  ) {
    this.layout = new LogLayout(lineHeight, highest);
    this.space.className = 'jp-kfp-Log-space';
    node.replaceChildren(this.space);
    node.addEventListener('scroll', this);
    node.addEventListener('wheel', this, { passive: false });
    node.addEventListener('keydown', this);
    this.resized = new ResizeObserver(() => this.onResize());
    this.resized.observe(node);
    store.changed.connect(this.update, this);
    this.update();
  }

  /** Following was switched, or blocks were drawn. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether the end stays in view as the log grows. */
  get following(): boolean {
    return this._following;
  }

  setFollowing(following: boolean): void {
    if (following !== this._following) {
      this._following = following;
      this._changed.emit();
    }
    if (following) {
      this.update();
    }
  }

  setWrapping(wrapping: boolean): void {
    this.node.classList.toggle('jp-mod-wrap', wrapping);
    this.layout.forget();
    this.update();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this.resized.disconnect();
    window.clearTimeout(this.timer);
    this.node.removeEventListener('scroll', this);
    this.node.removeEventListener('wheel', this);
    this.node.removeEventListener('keydown', this);
    this.store.changed.disconnect(this.update, this);
    Signal.clearData(this);
  }

  handleEvent(event: Event): void {
    switch (event.type) {
      case 'scroll':
        this.onScroll();
        break;
      case 'wheel':
        this.onWheel(event as WheelEvent);
        break;
      case 'keydown':
        this.onKey(event as KeyboardEvent);
    }
  }

  /** Bring the page up to date with the store. */
  update(): void {
    if (this._isDisposed) {
      return;
    }
    if (this.layout.blocks !== this.store.blocks) {
      this.layout.setBlocks(this.store.blocks);
    }
    this.draw(true);
  }

  /** The line of a block that begins at a byte comes into view; returns its block's node. */
  async reveal(begin: number, line: number): Promise<HTMLElement | null> {
    const index = this.layout.indexOf(begin);
    if (index < 0) {
      return null;
    }
    this.setFollowing(false);
    const { lines } = this.layout.blocks[index];
    const height = this.layout.top(index + 1) - this.layout.top(index);
    const top = this.layout.top(index) + (height * line) / Math.max(lines, 1);
    this.scrollTo(top - this.node.clientHeight / 3);
    this.draw(true);
    await this.drawnBlock(begin);
    return this.drawn.get(begin)?.node ?? null;
  }

  /** Scroll no further than needed to see a piece of what is drawn. */
  bring(range: Range): void {
    const { node } = this;
    const at = range.getBoundingClientRect();
    const box = node.getBoundingClientRect();
    const over = (low: number, high: number, from: number, to: number) =>
      low < from ? low - from : Math.max(high - to, 0);
    this.scrollBy(
      over(at.top, at.bottom, box.top, box.top + node.clientHeight)
    );
    node.scrollLeft += over(
      at.left,
      at.right,
      box.left,
      box.left + node.clientWidth
    );
  }

  /** Wait until the text of a block is in the page; also where it cannot be read. */
  private async drawnBlock(begin: number): Promise<void> {
    await new Promise<void>(done => {
      const check = () => {
        const drawn = this.drawn.get(begin);
        if (drawn?.text !== undefined || !drawn || this.store.failure) {
          this._changed.disconnect(check);
          done();
        }
      };
      this._changed.connect(check);
      check();
    });
  }

  private draw(load: boolean): void {
    const { node, layout } = this;
    const view = node.clientHeight;
    const scale = layout.scale(view);
    this.space.style.height = `${layout.height}px`;
    if (this._following) {
      node.scrollTop = layout.height - view;
    }
    const top = layout.topAt(node.scrollTop, view);
    const seen = layout.between(top - BEYOND, top + view + BEYOND);
    const wanted = new Set(seen.map(index => layout.blocks[index]?.begin));
    for (const [begin, { node }] of this.drawn) {
      if (!wanted.has(begin)) {
        node.remove();
        this.drawn.delete(begin);
      }
    }
    let moved = false;
    for (const index of seen) {
      const block = layout.blocks[index];
      if (block) {
        moved = this.drawBlock(block, load) || moved;
      }
    }
    // Placed when all are measured, so that none lies over another.
    for (const index of seen) {
      const block = layout.blocks[index];
      const drawn = block && this.drawn.get(block.begin);
      if (drawn) {
        const shift = scale === 1 ? 0 : node.scrollTop - top;
        drawn.node.style.top = `${layout.top(index) + shift}px`;
      }
    }
    if (moved) {
      this.space.style.height = `${layout.height}px`;
      if (this._following) {
        node.scrollTop = layout.height - view;
      }
    }
    this._changed.emit();
  }

  /** Draw a block where it changed; returns whether it turned out higher or lower than thought. */
  private drawBlock(block: ILogBlock, load: boolean): boolean {
    let drawn = this.drawn.get(block.begin);
    if (!drawn) {
      const node = document.createElement('div');
      node.className = 'jp-kfp-Log-block';
      this.space.append(node);
      drawn = { node, text: undefined, end: -1 };
      this.drawn.set(block.begin, drawn);
    }
    const text = this.store.text(block, load);
    if (drawn.text !== text || drawn.end !== block.end) {
      drawn.text = text;
      drawn.end = block.end;
      const height = block.lines * this.layout.lineHeight;
      drawn.node.style.minHeight = text === undefined ? `${height}px` : '';
      if (text !== undefined) {
        drawText(drawn.node, shownText(text));
      }
    }
    if (text === undefined || !this.node.classList.contains('jp-mod-wrap')) {
      return false;
    }
    return this.layout.measure(block, drawn.node.offsetHeight);
  }

  private onScroll(): void {
    const { node } = this;
    const following =
      node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_END;
    this._following = following;
    this.draw(false);
    // What flies by is not read.
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.draw(true), SETTLED);
  }

  /** A scaled log moves by what the wheel says, not by a multiple of it. */
  private onWheel(event: WheelEvent): void {
    const scale = this.layout.scale(this.node.clientHeight);
    if (scale === 1 || event.ctrlKey || event.deltaY === 0) {
      return;
    }
    event.preventDefault();
    const unit = event.deltaMode === 1 ? this.layout.lineHeight : 1;
    this.scrollBy(event.deltaY * unit);
  }

  private onKey(event: KeyboardEvent): void {
    const page = this.node.clientHeight - this.layout.lineHeight;
    const steps: Record<string, number> = {
      PageDown: page,
      PageUp: -page,
      ArrowDown: this.layout.lineHeight,
      ArrowUp: -this.layout.lineHeight
    };
    const step = steps[event.key];
    if (step === undefined || this.layout.scale(page) === 1) {
      return;
    }
    event.preventDefault();
    this.scrollBy(step);
  }

  private onResize(): void {
    if (this.node.classList.contains('jp-mod-wrap')) {
      this.layout.forget();
    }
    this.update();
  }

  private scrollBy(pixels: number): void {
    const { node, layout } = this;
    this.scrollTo(layout.topAt(node.scrollTop, node.clientHeight) + pixels);
  }

  private scrollTo(top: number): void {
    const { node, layout } = this;
    node.scrollTop = layout.scrollTo(Math.max(top, 0), node.clientHeight);
  }

  private readonly layout: LogLayout;
  private readonly space = document.createElement('div');
  private readonly resized: ResizeObserver;
  /** By the byte where a block begins. */
  private readonly drawn = new Map<number, IDrawn>();
  private timer = 0;
  private _following = true;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}
