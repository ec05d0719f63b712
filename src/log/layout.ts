/**
 * Where the blocks of a log are on the screen: lines have one height each, unless they are wrapped,
 * and then a block's height is guessed until it was drawn.
 */

/** A part of a log: bytes of the file, and how many lines it shows. */
export interface ILogBlock {
  begin: number;
  end: number;
  lines: number;
}

/** Browsers draw nothing beyond some 17 to 33 million pixels; what is higher is scaled down. */
export const HIGHEST = 12_000_000;

export class LogLayout {
  /**
   * @param lineHeight - in pixels.
   * @param highest - height in pixels from which on scrolling is scaled.
   */
  constructor(
    public lineHeight: number,
    private readonly highest: number = HIGHEST
  ) {}

  blocks: readonly ILogBlock[] = [];

  /** Lines of the whole log. */
  get lines(): number {
    return this.blocks.reduce((sum, block) => sum + block.lines, 0);
  }

  /** Take over the blocks, and forget the measures of those that changed. */
  setBlocks(blocks: readonly ILogBlock[]): void {
    this.blocks = blocks;
    for (const [begin, measure] of this.measured) {
      if (this.blocks[this.indexOf(begin)]?.end !== measure.end) {
        this.measured.delete(begin);
      }
    }
    this.place();
  }

  /** Heights are guessed anew: the width or the wrapping changed. */
  forget(): void {
    this.measured.clear();
    this.place();
  }

  /** Say how high a block is drawn, in pixels; returns whether that moves others. */
  measure(block: ILogBlock, height: number): boolean {
    const known = this.measured.get(block.begin);
    if (known?.height === height && known.end === block.end) {
      return false;
    }
    this.measured.set(block.begin, { end: block.end, height });
    this.place();
    return true;
  }

  /** Height of the whole log, in pixels. */
  get total(): number {
    return this.tops[this.blocks.length] ?? 0;
  }

  /** Height of what is scrolled, in pixels. */
  get height(): number {
    return Math.min(this.total, this.highest);
  }

  /** Pixels of the log for each pixel that is scrolled; 1 unless it is too high for the browser. */
  scale(view: number): number {
    return this.total <= this.highest
      ? 1
      : (this.total - view) / (this.highest - view);
  }

  /** Place of the first pixel that is seen, in pixels of the log. */
  topAt(scrolled: number, view: number): number {
    return scrolled * this.scale(view);
  }

  /** The pixel to scroll to, so that a place of the log is at the top. */
  scrollTo(top: number, view: number): number {
    return top / this.scale(view);
  }

  /** Where a block begins, in pixels of the log. */
  top(index: number): number {
    return this.tops[index];
  }

  /** Places of the blocks that are seen between two heights. */
  between(from: number, to: number): number[] {
    const first = this.indexAt(from);
    const found: number[] = [];
    for (
      let index = first;
      index < this.blocks.length && (index === first || this.tops[index] < to);
      index++
    ) {
      found.push(index);
    }
    return found;
  }

  /** Place of the block that begins at a byte; -1 where none does. */
  indexOf(begin: number): number {
    let low = 0;
    let high = this.blocks.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (this.blocks[middle].begin === begin) {
        return middle;
      }
      if (this.blocks[middle].begin < begin) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  /** Place of the last block that begins at or above a height. */
  private indexAt(top: number): number {
    let low = 0;
    let high = Math.max(this.blocks.length - 1, 0);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle] <= top) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private place(): void {
    const tops = new Array<number>(this.blocks.length + 1);
    let top = 0;
    this.blocks.forEach((block, index) => {
      tops[index] = top;
      const measure = this.measured.get(block.begin);
      top += measure?.height ?? block.lines * this.lineHeight;
    });
    tops[this.blocks.length] = top;
    this.tops = tops;
  }

  private tops: number[] = [0];
  /** By the byte where a block begins. */
  private readonly measured = new Map<
    number,
    { end: number; height: number }
  >();
}
