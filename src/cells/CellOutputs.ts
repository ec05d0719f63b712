/**
 * What the shown run printed and showed at a cell, drawn by JupyterLab's own renderers below the
 * cell's input. It has a model of its own: the notebook's outputs stay as they are, and what comes
 * from a run is never trusted.
 */
import { OutputAreaModel, SimplifiedOutputArea } from '@jupyterlab/outputarea';
import { IOutput } from '@jupyterlab/nbformat';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { TranslationBundle } from '@jupyterlab/translation';

import { Panel, Widget } from '@lumino/widgets';

import { moment } from '../format';
import { IShownOutputs } from '../model';

export class CellOutputs extends Panel {
  constructor(
    rendermime: IRenderMimeRegistry,
    maxNumberOutputs: number | undefined,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-kfp-CellOutputs');
    this.node.setAttribute('role', 'group');
    this.head.addClass('jp-kfp-CellOutputs-head');
    this.area = new SimplifiedOutputArea({
      model: this.outputs,
      rendermime,
      maxNumberOutputs
    });
    this.area.addClass('jp-kfp-CellOutputs-area');
    this.addWidget(this.head);
    this.addWidget(this.area);
  }

  /**
   * Draw what a run put out.
   *
   * @param withoutErrors - leave errors out: they are shown elsewhere at the cell.
   */
  draw(found: IShownOutputs, withoutErrors: boolean): void {
    const { run, step, cell } = found;
    const outputs = (cell?.outputs ?? []).filter(
      output => !withoutErrors || output.output_type !== 'error'
    );
    const origin = this.trans.__(
      'from run %1 · %2',
      moment(run.started ?? run.created),
      step.name
    );
    const words = outputs.length ? '' : this.words(found);
    this.head.node.textContent = words ? `${origin} · ${words}` : origin;
    this.node.setAttribute('aria-label', this.trans.__('Outputs %1', origin));
    this.fill(outputs);
  }

  dispose(): void {
    if (!this.isDisposed) {
      super.dispose();
      this.outputs.dispose();
    }
  }

  /** Why there is nothing to see. */
  private words({ cell, failure }: IShownOutputs): string {
    if (failure) {
      return this.trans.__('could not be read: %1', failure);
    }
    if (cell === null) {
      return this.trans.__('this cell did not run');
    }
    return cell.ended === null
      ? this.trans.__('printed nothing yet')
      : this.trans.__('printed nothing');
  }

  /** Outputs that are there already stay as they are, so that what is read does not jump. */
  private fill(outputs: IOutput[]): void {
    const texts = outputs.map(output => JSON.stringify(output));
    const same = this.texts.every((text, index) => text === texts[index]);
    if (same) {
      outputs
        .slice(this.texts.length)
        .forEach(output => this.outputs.add(output));
    } else {
      this.outputs.fromJSON(outputs);
    }
    this.texts = texts;
    this.area.setHidden(outputs.length === 0);
  }

  private readonly head = new Widget();
  private readonly area: SimplifiedOutputArea;
  private readonly outputs = new OutputAreaModel({ trusted: false });
  private texts: string[] = [];
}
