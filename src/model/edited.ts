/**
 * Whether a notebook's code differs from what a run was started with: what the run shows may then
 * not be what the cells say.
 */
import { ICell, INotebookContent } from '@jupyterlab/nbformat';
import { INotebookModel } from '@jupyterlab/notebook';

import { JSONExt, JSONValue } from '@lumino/coreutils';
import { ISignal, Signal } from '@lumino/signaling';

import { KfpClient, ServerError } from '../client';
import { IRun } from '../tokens';
import { METADATA_KEY } from './notation';
import { contentOf } from './pipeline';

export class EditedSince {
  constructor(
    private readonly client: KfpClient,
    private readonly notebook: INotebookModel
  ) {
    notebook.contentChanged.connect(this.forget, this);
    notebook.metadataChanged.connect(this.forget, this);
  }

  /** A run's notebook is known now. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Remember what a run was started with. */
  remember(runId: string, content: INotebookContent): void {
    this.submitted.set(runId, codeOf(content));
  }

  /** Whether the code differs from the run's; null where that is not known. */
  since(run: IRun): boolean | null {
    const then = this.submitted.get(run.id);
    if (then === undefined) {
      return null;
    }
    this.now ??= codeOf(contentOf(this.notebook));
    return !JSONExt.deepEqual(this.now, then);
  }

  /** Ask, once, what a run was started with that was not started from this tab. */
  async look(run: IRun): Promise<void> {
    if (this.submitted.has(run.id) || this.asked.has(run.id)) {
      return;
    }
    this.asked.add(run.id);
    try {
      this.remember(run.id, await this.client.executedNotebook(run.id));
      this._changed.emit();
    } catch (error) {
      // The run is shown without this word. A server that is away is asked again.
      if (error instanceof ServerError && error.status === 0) {
        this.asked.delete(run.id);
      }
    }
  }

  dispose(): void {
    Signal.clearData(this);
    this.notebook.contentChanged.disconnect(this.forget, this);
    this.notebook.metadataChanged.disconnect(this.forget, this);
  }

  private forget(): void {
    this.now = null;
  }

  /** The code as it stands, until the next change. */
  private now: JSONValue | null = null;
  private readonly submitted = new Map<string, JSONValue>();
  private readonly asked = new Set<string>();
  private readonly _changed = new Signal<this, void>(this);
}

/** What of a notebook decides what a run does: its code and its marks. */
function codeOf(content: INotebookContent): JSONValue {
  return content.cells
    .filter(cell => cell.cell_type === 'code' && textOf(cell).trim() !== '')
    .map(cell => [
      textOf(cell),
      (cell.metadata[METADATA_KEY] ?? null) as JSONValue,
      (cell.metadata.tags ?? null) as JSONValue
    ]);
}

function textOf({ source }: ICell): string {
  return Array.isArray(source) ? source.join('') : source;
}
