/**
 * The files that go with a notebook's steps: what leads to them, which of them have changes in a
 * tab that are not saved, and what was shown of them.
 */
import { INotebookModel } from '@jupyterlab/notebook';

import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { KfpClient } from '../client';
import { ICode, IModuleUse, IPipeline } from '../tokens';
import { IOpenFiles } from './openFiles';
import { contentOf } from './pipeline';

/** A file with the steps that need it. */
export interface ICodeFile {
  /** In the bundle. */
  path: string;
  place: string | null;
  bytes: number;
  needs: IFileNeed[];
}

/** Steps that need a file for the same reason. */
export interface IFileNeed {
  steps: string[];
  /** Null: no import leads to it, but its name in the text or a value of another step. */
  use: IModuleUse | null;
}

export class HelperCode implements IDisposable {
  /**
   * @param look - has the server look at the notebook again.
   */
  constructor(
    private readonly client: KfpClient,
    private readonly open: IOpenFiles | null,
    private readonly notebook: INotebookModel,
    private readonly path: () => string,
    private readonly look: () => void
  ) {
    open?.changed.connect(this.redraw, this);
    open?.written.connect(this.onWritten, this);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** What the server said last of the files and what leads to them; null before. */
  get code(): ICode | null {
    return this._code;
  }

  /** Why it could not be asked for; empty where it could. */
  get failure(): string {
    return this._failure;
  }

  /** Contents paths of files of the steps that have changes which are not saved. */
  get unsaved(): string[] {
    const places = this.pipeline?.files?.map(file => file.place) ?? [];
    return this.open?.unsaved(places.filter(place => place !== null)) ?? [];
  }

  /** What was shown of the files, for a run; undefined where nothing was. */
  get shown(): Record<string, string> | undefined {
    const files = this.pipeline?.files;
    return (
      files && Object.fromEntries(files.map(({ path, hash }) => [path, hash]))
    );
  }

  /** Whether a file was written through this page since the server looked. */
  get stale(): boolean {
    return this._stale;
  }

  /** Save the tabs with changes in files of the steps. */
  async save(): Promise<void> {
    await this.open?.save(this.unsaved);
  }

  /** The server looked at the notebook. */
  update(pipeline: IPipeline | null): void {
    if (pipeline !== this.pipeline) {
      this.pipeline = pipeline;
      this._stale = false;
      void this.ask();
    }
  }

  /** Say whether anyone looks at what leads to the files. */
  setWatched(watched: boolean): void {
    this.watched = watched;
    void this.ask();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._isDisposed = true;
    this.open?.changed.disconnect(this.redraw, this);
    this.open?.written.disconnect(this.onWritten, this);
    Signal.clearData(this);
  }

  private async ask(): Promise<void> {
    const { pipeline } = this;
    if (!this.watched || !pipeline || pipeline === this.told) {
      return;
    }
    this.told = pipeline;
    let code = this._code;
    let failure = '';
    try {
      code = await this.client.code(this.path(), contentOf(this.notebook));
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    // An answer that a later look overtook is dropped.
    if (pipeline === this.pipeline && !this.isDisposed) {
      this._code = code;
      this._failure = failure;
      this._changed.emit();
    }
  }

  private onWritten(): void {
    if (this.pipeline) {
      this._stale = true;
      this.look();
    }
  }

  private redraw(): void {
    this._changed.emit();
  }

  private pipeline: IPipeline | null = null;
  /** The look that `code` was asked for with. */
  private told: IPipeline | null = null;
  private watched = false;
  private _code: ICode | null = null;
  private _stale = false;
  private _failure = '';
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}

/** The files of some code, each with who needs it and why, in the order of their paths. */
export function filesOf(code: ICode): ICodeFile[] {
  return code.files.map(({ path, place, bytes }) => {
    const needs = new Map<string, IFileNeed>();
    for (const step of code.steps) {
      if (step.files.includes(path)) {
        const use = step.modules.find(each => each.path === path) ?? null;
        const key = use ? JSON.stringify([use.cell_id, use.chain]) : '';
        const need = needs.get(key) ?? { steps: [], use };
        need.steps.push(step.name);
        needs.set(key, need);
      }
    }
    return { path, place, bytes, needs: [...needs.values()] };
  });
}

/** A path in the bundle as people know it: from the notebook's folder. */
export function shownPath(path: string): string {
  const [, ...parts] = path.split('/');
  return parts.map(part => (part === '@parent' ? '..' : part)).join('/');
}
