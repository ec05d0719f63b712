/**
 * Changes what a notebook says of its steps: the server says which edits that takes, and they are
 * made as one step of the notebook's undo history.
 */
import { INotebookContent } from '@jupyterlab/nbformat';
import { INotebookModel } from '@jupyterlab/notebook';

import { ISignal, Signal } from '@lumino/signaling';

import { KfpClient } from '../client';
import { IFix, IOptionSchema, OptionTarget } from '../tokens';
import { applyFix } from './fixes';
import { contentOf } from './pipeline';

/** The notebook was edited between the question and the answer. */
export class EditedMeanwhile extends Error {}

export class OptionEdits {
  constructor(
    private readonly client: KfpClient,
    private readonly notebook: INotebookModel,
    private readonly path: () => string
  ) {}

  /** What is edited changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The step whose options are edited in the panel; null where none is. */
  get step(): string | null {
    return this._step;
  }

  /** Edit the options of a step, or by null of none. */
  edit(step: string | null): void {
    this._step = step;
    this._changed.emit();
  }

  /** Id of the cell at which its step is being renamed; null where none is. */
  get renaming(): string | null {
    return this._renaming;
  }

  /** Begin to rename the step of a cell in its badge, or by null end it. */
  renameAt(cellId: string | null): void {
    this._renaming = cellId;
    this._changed.emit();
  }

  /** All options as data. */
  schema(): Promise<IOptionSchema> {
    return this.client.options();
  }

  /**
   * Give options their values; null takes one away.
   *
   * @throws `ServerError` where they cannot be written, `EditedMeanwhile`.
   */
  set(target: OptionTarget, values: Record<string, unknown>): Promise<void> {
    return this.change(content =>
      this.client.setOptions(this.path(), content, target, values)
    );
  }

  /**
   * Rename a step wherever it is named.
   *
   * @throws as `set`.
   */
  async rename(step: string, name: string): Promise<void> {
    await this.change(content =>
      this.client.renameStep(this.path(), content, step, name)
    );
    if (this._step === step) {
      this.edit(name);
    }
  }

  private async change(
    ask: (content: INotebookContent) => Promise<IFix>
  ): Promise<void> {
    const fix = await ask(contentOf(this.notebook));
    if (!applyFix(this.notebook, fix)) {
      throw new EditedMeanwhile();
    }
  }

  private _step: string | null = null;
  private _renaming: string | null = null;
  private readonly _changed = new Signal<this, void>(this);
}
