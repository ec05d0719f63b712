/** The files that are open in tabs: which of them were changed and not saved, and saving them. */
import { JupyterFrontEnd } from '@jupyterlab/application';
import { DocumentRegistry, DocumentWidget } from '@jupyterlab/docregistry';
import { Contents } from '@jupyterlab/services';

import { ISignal, Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

/** What is known of open files; a test gives one of its own. */
export interface IOpenFiles {
  /** A tab was changed, saved, opened or closed. */
  readonly changed: ISignal<IOpenFiles, void>;
  /** A file on the server was written through this page. */
  readonly written: ISignal<IOpenFiles, void>;
  /** Those of the contents paths that have changes which are not saved. */
  unsaved(places: readonly string[]): string[];
  save(places: readonly string[]): Promise<void>;
}

const AREAS = ['main', 'left', 'right', 'down'];

type Shell = Pick<JupyterFrontEnd.IShell, 'widgets' | 'currentChanged'>;

export class OpenFiles implements IOpenFiles {
  constructor(
    private readonly shell: Shell,
    private readonly contents: Contents.IManager
  ) {
    shell.currentChanged?.connect(this.look, this);
    contents.fileChanged.connect(() => this._written.emit());
    this.look();
  }

  get changed(): ISignal<IOpenFiles, void> {
    return this._changed;
  }

  get written(): ISignal<IOpenFiles, void> {
    return this._written;
  }

  unsaved(places: readonly string[]): string[] {
    const wanted = new Set(places);
    const found = this.contexts
      .filter(context => context.model.dirty)
      .map(context => this.contents.localPath(context.path))
      .filter(path => wanted.has(path));
    return [...new Set(found)].sort();
  }

  async save(places: readonly string[]): Promise<void> {
    for (const context of this.contexts) {
      if (
        context.model.dirty &&
        places.includes(this.contents.localPath(context.path))
      ) {
        await context.save();
      }
    }
  }

  /** The documents in tabs, each once however many tabs it has. */
  private get contexts(): DocumentRegistry.Context[] {
    const widgets = AREAS.flatMap(area => [...this.shell.widgets(area)]);
    const documents = widgets.filter(
      (widget: Widget): widget is DocumentWidget =>
        widget instanceof DocumentWidget
    );
    return [...new Set(documents.map(document => document.context))];
  }

  private look(): void {
    for (const context of this.contexts) {
      if (!this.known.has(context)) {
        this.known.add(context);
        context.model.stateChanged.connect((_, change) => {
          if (change.name === 'dirty') {
            this._changed.emit();
          }
        });
        context.disposed.connect(() => this._changed.emit());
      }
    }
    this._changed.emit();
  }

  private readonly known = new WeakSet<DocumentRegistry.Context>();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _written = new Signal<this, void>(this);
}
