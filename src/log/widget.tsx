/** The log of a step: its tools, the lines that are seen, and below them how it goes on. */
import { ReactWidget } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';

import { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import * as React from 'react';

import { TranslationContext } from '../components/translation';
import { bytesWords } from '../format';
import { ILogPart } from './parts';
import { LogSearch } from './search';
import { LogState } from './source';
import { LogStore } from './store';
import { Toolbar } from './Toolbar';
import { LogView } from './view';

/** Pixels of a line where nothing is laid out. */
const UNKNOWN_HEIGHT = 17;

/** What a log is made of, for a step, an iteration or an attempt. */
export interface ILogOpener {
  open(task: string): LogStore;
  file(task: string): string;
}

export class LogWidget extends Panel {
  /**
   * @param task - of the step.
   * @param parts - the step, its iterations and attempts as they are known now.
   * @param containers - what ran beside it, by the ends of the names of their logs.
   */
  constructor(
    private readonly opener: ILogOpener,
    private readonly task: string,
    private readonly parts: () => ILogPart[],
    private readonly containers: () => ILogPart[],
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-kfp-Log');
    this.lines.addClass('jp-kfp-Log-lines');
    this.lines.addClass('jp-RenderedText');
    this.lines.node.tabIndex = 0;
    this.lines.node.setAttribute('role', 'log');
    this.lines.node.setAttribute('aria-label', trans.__('Log'));
    this.footer.addClass('jp-kfp-Log-footer');
    this.footer.node.setAttribute('role', 'status');
    this.addWidget(this.tools);
    this.addWidget(this.lines);
    this.addWidget(this.footer);
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.release();
      super.dispose();
    }
  }

  /** A line's height is known only in the page. */
  protected onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    if (!this.shown) {
      this.choose(this.task);
    }
  }

  protected onAfterShow(_: Message): void {
    this.shown?.view.update();
  }

  /** Show the whole step or one of its parts, or what a container beside it wrote. */
  private choose(part: string, container = ''): void {
    this.release();
    const store = this.opener.open(part + container);
    const view = new LogView(
      this.lines.node,
      store,
      lineHeightIn(this.lines.node)
    );
    view.setWrapping(this.wrapping);
    const search = new LogSearch(store, view);
    this.shown = { part, container, store, view, search };
    store.changed.connect(this.tell, this);
    this.tell();
  }

  private release(): void {
    this.shown?.search.dispose();
    this.shown?.view.dispose();
    this.shown?.store.dispose();
    this.shown = null;
  }

  private setWrapping(wrapping: boolean): void {
    this.wrapping = wrapping;
    this.shown?.view.setWrapping(wrapping);
    this.tell();
  }

  private tell(): void {
    if (!this.shown) {
      return;
    }
    const { store, view, search, part, container } = this.shown;
    this.footer.node.textContent = this.words(store);
    const silent = store.state === 'ended' && store.blocks.length === 0;
    this.lines.node.classList.toggle('jp-mod-silent', silent);
    this.lines.node.dataset.words = silent ? this.trans.__('No output') : '';
    this.footer.node.dataset.state = store.failure ? 'lost' : store.state;
    this.tools.draw(
      <TranslationContext.Provider value={this.trans}>
        <Toolbar
          key={part + container}
          view={view}
          search={search}
          file={this.opener.file(part + container)}
          wrapping={this.wrapping}
          onWrapping={wrapping => this.setWrapping(wrapping)}
          parts={this.parts()}
          part={part}
          onPart={chosen => this.choose(chosen, container)}
          containers={this.containers()}
          container={container}
          onContainer={chosen => this.choose(part, chosen)}
        />
      </TranslationContext.Provider>
    );
  }

  private words(store: LogStore): string {
    const { failure, state, size } = store;
    if (failure) {
      return this.trans.__('The log cannot be read: %1', failure);
    }
    const words = this.stateWords(state, store.blocks.length === 0);
    return size > 0 ? `${words} · ${bytesWords(size, this.trans)}` : words;
  }

  private stateWords(state: LogState, empty: boolean): string {
    switch (state) {
      case 'connecting':
        return this.trans.__('Opening the log…');
      case 'following':
        return this.trans.__('Following');
      case 'lost':
        return this.trans.__('Connection lost; trying again…');
      case 'ended':
        return empty
          ? this.trans.__('The step ended and printed nothing.')
          : this.trans.__('End of the log');
    }
  }

  private readonly tools = new Drawn();
  private readonly lines = new Widget();
  private readonly footer = new Widget();
  private shown: {
    part: string;
    container: string;
    store: LogStore;
    view: LogView;
    search: LogSearch;
  } | null = null;
  private wrapping = false;
}

/** Draws whatever it was given last. */
class Drawn extends ReactWidget {
  draw(piece: React.ReactElement): void {
    this.piece = piece;
    this.update();
  }

  protected render(): React.ReactElement | null {
    return this.piece;
  }

  private piece: React.ReactElement | null = null;
}

/** The height of a line, in pixels: of many together, since one may be a fraction. */
function lineHeightIn(host: HTMLElement): number {
  const lines = 100;
  const probe = document.createElement('div');
  probe.className = 'jp-kfp-Log-block';
  const text = document.createElement('pre');
  text.textContent = 'x\n'.repeat(lines - 1) + 'x';
  probe.append(text);
  host.append(probe);
  const { height } = probe.getBoundingClientRect();
  probe.remove();
  return height / lines || UNKNOWN_HEIGHT;
}
