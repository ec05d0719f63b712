/**
 * What the server makes of one open notebook, as it stands in the editor: asked again, after a
 * pause in typing, whenever something changed that matters.
 */
import { ICodeCellModel } from '@jupyterlab/cells';
import { ICell, INotebookContent } from '@jupyterlab/nbformat';
import { INotebookModel } from '@jupyterlab/notebook';

import { IDisposable } from '@lumino/disposable';
import { Debouncer } from '@lumino/polling';
import { ISignal, Signal } from '@lumino/signaling';

import { KfpClient, ServerStatus } from '../client';
import { IPipeline } from '../tokens';

/** Pause in typing after which the notebook is looked at, in milliseconds. */
export const ANALYSIS_DELAY = 400;

export class PipelineModel implements IDisposable {
  /**
   * @param wanted - whether anyone is interested: the notebook uses the extension, or the panel
   * shows it. While not, nothing is asked.
   * @param kernel - what the notebook's kernel says of its values; empty where it is not asked.
   */
  constructor(
    private readonly client: KfpClient,
    private readonly notebook: INotebookModel,
    private readonly path: () => string,
    private readonly wanted: () => boolean,
    private readonly kernel: (content: INotebookContent) => Promise<string>
  ) {
    this.debouncer = new Debouncer(() => this.update(), ANALYSIS_DELAY);
    notebook.contentChanged.connect(this.schedule, this);
    notebook.metadataChanged.connect(this.schedule, this);
  }

  /** The pipeline or the server's status changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The last answer; null before the first and where the server cannot be asked. */
  get pipeline(): IPipeline | null {
    return this._pipeline;
  }

  /** Whether the server extension is there; null before it was asked. */
  get status(): ServerStatus | null {
    return this._status;
  }

  /** Why the last request failed; empty where it did not. */
  get failure(): string {
    return this._failure;
  }

  /** The text of a cell that the last answer is about; undefined where it knew none. */
  sourceOf(cellId: string): string | undefined {
    return this.sources.get(cellId);
  }

  get isDisposed(): boolean {
    return this.debouncer.isDisposed;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.debouncer.dispose();
    Signal.clearData(this);
  }

  /** Look at the notebook after the next pause. */
  schedule(): void {
    if (this.isDisposed) {
      return;
    }
    this.debouncer.invoke().catch(() => {
      // Disposed while it waited: nobody is interested any more.
    });
  }

  /** Look at the notebook now. An answer that a later request overtook is dropped. */
  async update(): Promise<void> {
    if (!this.wanted()) {
      this.set(null, this._status, '');
      return;
    }
    const turn = ++this.turn;
    const status = await this.client.status();
    let pipeline: IPipeline | null = null;
    let failure = '';
    let sources = this.sources;
    if (status.kind === 'ready') {
      try {
        const content = contentOf(this.notebook, true);
        const values = await this.kernel(content);
        pipeline = await this.client.pipeline(this.path(), content, values);
        sources = new Map(
          content.cells.map(cell => [String(cell.id), String(cell.source)])
        );
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error);
        // Better the last state with the reason why it is old than an empty panel.
        pipeline = this._pipeline;
      }
    }
    if (turn === this.turn && !this.isDisposed) {
      this.sources = sources;
      this.set(pipeline, status, failure);
    }
  }

  private set(
    pipeline: IPipeline | null,
    status: ServerStatus | null,
    failure: string
  ): void {
    if (
      pipeline === this._pipeline &&
      status === this._status &&
      failure === this._failure
    ) {
      return;
    }
    this._pipeline = pipeline;
    this._status = status;
    this._failure = failure;
    this._changed.emit();
  }

  private readonly debouncer: Debouncer<void>;
  private turn = 0;
  private sources: ReadonlyMap<string, string> = new Map();
  private _pipeline: IPipeline | null = null;
  private _status: ServerStatus | null = null;
  private _failure = '';
  private readonly _changed = new Signal<this, void>(this);
}

/**
 * A notebook without its outputs: they say nothing about the pipeline and may be large. Cell ids
 * are always in it, also for a notebook in a format older than they are, so that what the server
 * says can be matched to the cells on the screen.
 *
 * @param counts - whether to say in which order the cells were run: that matters for what the
 * saved outputs are worth, not for what a run gives.
 */
export function contentOf(
  notebook: INotebookModel,
  counts: boolean = false
): INotebookContent {
  return {
    cells: [...notebook.cells].map(cell =>
      cell.type === 'code'
        ? {
            id: cell.id,
            cell_type: 'code',
            metadata: cell.metadata,
            source: cell.sharedModel.getSource(),
            outputs: [],
            execution_count: counts
              ? (cell as ICodeCellModel).executionCount
              : null
          }
        : { ...cell.toJSON(), id: cell.id }
    ) as ICell[],
    metadata: notebook.metadata as INotebookContent['metadata'],
    nbformat: 4,
    nbformat_minor: 5
  };
}
