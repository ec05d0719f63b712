/** Tells which cells of a notebook can be seen, in each of JupyterLab's ways to draw notebooks. */
import { Cell } from '@jupyterlab/cells';

import { IDisposable } from '@lumino/disposable';

export class OnScreen implements IDisposable {
  /** @param appeared - told each time a cell comes into view. */
  constructor(appeared: (cell: Cell) => void) {
    this.observer = new IntersectionObserver(entries => {
      for (const { target, isIntersecting } of entries) {
        const cell = this.cells.get(target);
        if (cell && !cell.isDisposed && isIntersecting) {
          this.seen.add(cell);
          appeared(cell);
        } else if (cell) {
          this.seen.delete(cell);
        }
      }
    });
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this.observer.disconnect();
  }

  /** Watch a cell until it is gone. */
  watch(cell: Cell): void {
    if (!this._isDisposed && !this.cells.has(cell.node)) {
      this.cells.set(cell.node, cell);
      this.observer.observe(cell.node);
      cell.disposed.connect(() => this.observer.unobserve(cell.node));
    }
  }

  /** Whether a watched cell is in view. */
  has(cell: Cell): boolean {
    return this.seen.has(cell);
  }

  private _isDisposed = false;
  private readonly observer: IntersectionObserver;
  private readonly cells = new WeakMap<Element, Cell>();
  private readonly seen = new WeakSet<Cell>();
}
