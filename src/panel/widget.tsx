/** The side panel: draws the current notebook, and says so to its session while it is visible. */
import { ReactWidget } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';

import { Message } from '@lumino/messaging';
import * as React from 'react';

import { IActions } from '../actions';
import { TranslationContext } from '../components/translation';
import { pipelineIcon } from '../icons';
import { NotebookSession, NotebookSessions } from '../model';
import { HintsContext } from './HintCard';
import { Hints } from './hints';
import { PanelView } from './PanelView';

export class KfpPanel extends ReactWidget {
  constructor(
    private readonly sessions: NotebookSessions,
    private readonly actions: IActions,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.id = 'jp-kfp-panel';
    this.addClass('jp-kfp-Panel');
    this.title.icon = pipelineIcon;
    this.title.caption = trans.__('Pipeline');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Pipeline'));
    sessions.currentChanged.connect(this.watch, this);
  }

  /** Bring a step's row into view and focus. */
  reveal(step: string): void {
    const row = this.node.querySelector<HTMLElement>(
      `[data-step="${CSS.escape(step)}"] button`
    );
    row?.scrollIntoView({ block: 'nearest' });
    row?.focus();
  }

  /** Show the first hints from now on, as far as the settings want them. */
  setHints(hints: Hints): void {
    this.hints = hints;
    this.update();
  }

  render(): React.ReactElement {
    return (
      <TranslationContext.Provider value={this.trans}>
        <HintsContext.Provider value={this.hints}>
          <PanelView sessions={this.sessions} actions={this.actions} />
        </HintsContext.Provider>
      </TranslationContext.Provider>
    );
  }

  protected onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.watch();
  }

  protected onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this.watch();
  }

  /** Only the notebook that is shown is looked at for the panel's sake. */
  private watch(): void {
    const next = this.isVisible ? this.sessions.current : null;
    if (next !== this.watched) {
      this.watched?.setWatched(false);
      this.watched = next;
    }
    next?.setWatched(true);
  }

  private hints: Hints | null = null;
  private watched: NotebookSession | null = null;
}
