/** The graph of a notebook as a tab of the main area; what draws it is loaded when it is shown. */
import { ReactWidget } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { TranslationBundle } from '@jupyterlab/translation';

import { Message } from '@lumino/messaging';
import * as React from 'react';

import { Lazy } from '../components/Lazy';
import { TranslationContext } from '../components/translation';
import { NotebookSession, NotebookSessions } from '../model';
import { Empty } from '../panel/Empty';
import type { IGraphActions } from './GraphView';

const GraphView = React.lazy(async () => {
  const { GraphView } = await import('./GraphView');
  return { default: GraphView };
});

export class GraphWidget extends ReactWidget {
  /**
   * @param open - opens the notebook, where it was closed.
   */
  constructor(
    private _path: string,
    private readonly sessions: NotebookSessions,
    private readonly actions: IGraphActions,
    private readonly open: (path: string) => void,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-kfp-Graph');
    sessions.added.connect(this.find, this);
    this.find();
  }

  /** Contents path of the notebook, also after it got another name. */
  get path(): string {
    return this._path;
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.sessions.added.disconnect(this.find, this);
      this.take(null);
      super.dispose();
    }
  }

  render(): React.ReactElement {
    const { session, trans } = this;
    return (
      <TranslationContext.Provider value={trans}>
        {session ? (
          <Lazy>
            <GraphView session={session} actions={this.actions} />
          </Lazy>
        ) : (
          <Empty title={trans.__('The notebook is not open')}>
            <p>
              {trans.__(
                'The graph of %1 follows it while it is open.',
                this._path
              )}
            </p>
            <button
              type="button"
              className="jp-mod-styled jp-kfp-Button"
              onClick={() => this.open(this._path)}
            >
              {trans.__('Open the notebook')}
            </button>
          </Empty>
        )}
      </TranslationContext.Provider>
    );
  }

  protected onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.session?.setWatched(true, this);
  }

  protected onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this.session?.setWatched(false, this);
  }

  private find(): void {
    this.take(this.sessions.at(this._path));
    this.rename();
    this.update();
  }

  /** Follow another session: the notebook was opened, closed, or moved. */
  private take(session: NotebookSession | null): void {
    if (session === this.session) {
      return;
    }
    if (this.session) {
      this.session.setWatched(false, this);
      this.session.panel.disposed.disconnect(this.leave, this);
      this.session.panel.context.pathChanged.disconnect(this.rename, this);
    }
    this.session = session;
    if (session) {
      session.panel.disposed.connect(this.leave, this);
      session.panel.context.pathChanged.connect(this.rename, this);
      session.setWatched(this.isVisible, this);
    }
  }

  private leave(): void {
    this.take(null);
    this.update();
  }

  private rename(): void {
    this._path = this.session?.path ?? this._path;
    const name = PathExt.basename(this._path);
    this.title.label = this.trans.__('%1 · graph', name);
    this.title.caption = this.trans.__('Graph of %1', this._path);
  }

  private session: NotebookSession | null = null;
}
