/** The sessions of all open notebooks, and which of them is the current one. */
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

import { ISignal, Signal } from '@lumino/signaling';

import { KfpClient } from '../client';
import { IKfpRuns } from '../tokens';
import { IOpenFiles } from './openFiles';
import { RunChoices, RunPlaces } from './runChoices';
import { NotebookSession } from './session';

export class NotebookSessions {
  constructor(
    private readonly tracker: INotebookTracker,
    private readonly client: KfpClient,
    private readonly runs: IKfpRuns,
    private readonly choices: RunChoices,
    private readonly files: IOpenFiles | null = null
  ) {
    this.places = new RunPlaces(client);
    tracker.forEach(panel => void this.read(panel));
    tracker.widgetAdded.connect((_, panel) => void this.read(panel));
    tracker.currentChanged.connect(() => this._currentChanged.emit());
  }

  /** A notebook was opened and read. */
  get added(): ISignal<this, NotebookSession> {
    return this._added;
  }

  /** Another notebook is the current one, or the current one was read. */
  get currentChanged(): ISignal<this, void> {
    return this._currentChanged;
  }

  /** The sessions of all notebooks that were read. */
  get open(): NotebookSession[] {
    const open: NotebookSession[] = [];
    this.tracker.forEach(panel => {
      const session = this.of(panel);
      if (session) {
        open.push(session);
      }
    });
    return open;
  }

  get current(): NotebookSession | null {
    const panel = this.tracker.currentWidget;
    return panel ? this.of(panel) : null;
  }

  of(panel: NotebookPanel): NotebookSession | null {
    return this.sessions.get(panel) ?? null;
  }

  /** The open notebook with this contents path. */
  at(path: string): NotebookSession | null {
    const panel = this.tracker.find(each => each.context.path === path);
    return panel ? this.of(panel) : null;
  }

  /** The open notebook with the path that a command's arguments name, else the current one. */
  meant(path: unknown): NotebookSession | null {
    return typeof path === 'string' ? this.at(path) : this.current;
  }

  private async read(panel: NotebookPanel): Promise<void> {
    await panel.context.ready;
    if (panel.isDisposed || this.sessions.has(panel)) {
      return;
    }
    const session = new NotebookSession(
      panel,
      this.client,
      this.runs,
      this.places,
      this.choices,
      this.files
    );
    this.sessions.set(panel, session);
    this._added.emit(session);
    if (panel === this.tracker.currentWidget) {
      this._currentChanged.emit();
    }
  }

  /** Where notebooks can run. */
  readonly places: RunPlaces;
  private readonly sessions = new WeakMap<NotebookPanel, NotebookSession>();
  private readonly _added = new Signal<this, NotebookSession>(this);
  private readonly _currentChanged = new Signal<this, void>(this);
}
