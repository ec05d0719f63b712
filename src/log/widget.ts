/** Shows the log of a step: all of it, in colour, following its end while the reader is there. */
import { TranslationBundle } from '@jupyterlab/translation';

import { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { drawText } from '../components/ansi';
import { LogBlocks } from './blocks';
import { LogSource, LogState } from './source';

/** How close to the end, in pixels, still counts as reading the end. */
const NEAR_END = 24;

export class LogWidget extends Widget {
  constructor(
    private readonly source: LogSource,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-kfp-Log');
    this.lines.className = 'jp-kfp-Log-lines jp-RenderedText';
    this.lines.tabIndex = 0;
    this.lines.setAttribute('role', 'log');
    this.lines.setAttribute('aria-label', trans.__('Log'));
    this.tail.className = 'jp-kfp-Log-block';
    this.lines.append(this.tail);
    this.footer.className = 'jp-kfp-Log-footer';
    this.footer.setAttribute('role', 'status');
    this.node.append(this.lines, this.footer);

    source.grown.connect((_, text) => {
      this.blocks.append(text);
      this.update();
    });
    source.restarted.connect(() => this.reset());
    source.stateChanged.connect(() => this.update());
    this.update();
  }

  dispose(): void {
    this.source.dispose();
    super.dispose();
  }

  /** Draw what is new: closed blocks once, the open one again. Lumino calls it once a frame. */
  protected onUpdateRequest(_: Message): void {
    const { lines, tail } = this;
    const following =
      lines.scrollHeight - lines.scrollTop - lines.clientHeight < NEAR_END;
    for (; this.drawn < this.blocks.closed.length; this.drawn++) {
      const block = document.createElement('div');
      block.className = 'jp-kfp-Log-block';
      lines.insertBefore(block, tail);
      drawText(block, this.blocks.closed[this.drawn]);
    }
    drawText(tail, this.blocks.open);
    this.footer.textContent = this.words(this.source.state);
    this.footer.dataset.state = this.source.state;
    if (following) {
      lines.scrollTop = lines.scrollHeight;
    }
  }

  protected onAfterShow(_: Message): void {
    this.update();
  }

  private reset(): void {
    this.blocks = new LogBlocks();
    this.drawn = 0;
    this.lines.replaceChildren(this.tail);
    this.update();
  }

  private words(state: LogState): string {
    switch (state) {
      case 'connecting':
        return this.trans.__('Opening the log…');
      case 'following':
        return this.trans.__('Following');
      case 'lost':
        return this.trans.__('Connection lost; trying again…');
      case 'ended':
        return this.blocks.isEmpty
          ? this.trans.__('The step ended and printed nothing.')
          : this.trans.__('End of the log');
    }
  }

  private blocks = new LogBlocks();
  private drawn = 0;
  private readonly lines = document.createElement('div');
  private readonly tail = document.createElement('div');
  private readonly footer = document.createElement('div');
}
