/**
 * Puts badges, errors and a run's outputs into the cells of a notebook: a badge above a cell's
 * input, the others below it, only where there is something to show. They sit in the cell's own
 * layout, so they survive moves, undo and windowing.
 */
import { ReactWidget } from '@jupyterlab/apputils';
import { Cell } from '@jupyterlab/cells';
import { TranslationBundle } from '@jupyterlab/translation';

import { PanelLayout, Widget } from '@lumino/widgets';
import * as React from 'react';

import { IActions } from '../actions';
import { stepColor } from '../colors';
import { TranslationContext } from '../components/translation';
import { NotebookSession } from '../model';
import { CellBadge } from './CellBadge';
import { CellError } from './CellError';
import { CellOutputs } from './CellOutputs';
import { OnScreen } from './onScreen';

/** What a cell got from us. */
interface IDecoration {
  badge?: Widget;
  error?: Widget;
  outputs?: CellOutputs;
}

export class CellDecorator {
  constructor(
    private readonly session: NotebookSession,
    private readonly actions: IActions,
    private readonly trans: TranslationBundle,
    private readonly enabled: () => boolean
  ) {
    session.panel.disposed.connect(() => this.onScreen.dispose());
    session.changed.connect(this.update, this);
    session.notebook.cells.changed.connect(this.update, this);
    this.update();
  }

  /** Bring each cell's decoration up to date. */
  update(): void {
    if (this.session.isDisposed) {
      return;
    }
    for (const cell of this.session.panel.content.widgets) {
      if (!cell.isPlaceholder()) {
        this.decorate(cell);
      } else if (!this.waiting.has(cell)) {
        this.waiting.add(cell);
        void cell.ready.then(() => {
          if (!cell.isDisposed && !this.session.isDisposed) {
            this.decorate(cell);
          }
        });
      }
    }
  }

  private decorate(cell: Cell): void {
    const id = cell.model.id;
    const role = this.enabled() ? this.session.roleOf(id) : undefined;
    const decoration = this.decorations.get(cell) ?? {};
    this.decorations.set(cell, decoration);

    const wanted = role !== undefined && role.role !== 'preamble';
    cell.toggleClass('jp-kfp-mod-step', wanted && role.role === 'step');
    if (wanted && role.step !== null) {
      cell.node.style.setProperty(
        '--jp-kfp-step-color',
        stepColor(this.session.pipeline, role.step)
      );
    }
    if (wanted && !decoration.badge) {
      decoration.badge = this.insert(
        cell,
        0,
        'jp-kfp-CellBadge',
        <CellBadge session={this.session} actions={this.actions} cellId={id} />
      );
    }
    decoration.badge?.setHidden(!wanted);

    const failed = this.session.errorAt(id) !== null;
    cell.toggleClass('jp-kfp-mod-failed', failed);
    if (failed && !decoration.error) {
      decoration.error = this.insert(
        cell,
        belowInput(cell),
        'jp-kfp-CellErrorHost',
        <CellError
          session={this.session}
          actions={this.actions}
          cellId={id}
          source={() => cell.model.sharedModel.getSource()}
        />
      );
    }
    decoration.error?.setHidden(!failed);
    this.showOutputs(cell, decoration, failed);
  }

  private showOutputs(
    cell: Cell,
    decoration: IDecoration,
    failed: boolean
  ): void {
    const { session } = this;
    const id = cell.model.id;
    if (session.outputs.shown) {
      const step = session.stepOf(id);
      this.onScreen.watch(cell);
      if (session.run && step && this.onScreen.has(cell)) {
        session.outputs.want(session.run, step);
      }
    }
    const found = session.outputsAt(id);
    if (found && !decoration.outputs) {
      const { rendermime, notebookConfig } = session.panel.content;
      decoration.outputs = new CellOutputs(
        rendermime,
        notebookConfig.maxNumberOutputs,
        this.trans
      );
      (cell.layout as PanelLayout).insertWidget(
        belowInput(cell) + (decoration.error ? 1 : 0),
        decoration.outputs
      );
    }
    if (found) {
      decoration.outputs?.draw(found, failed);
    }
    decoration.outputs?.setHidden(!found);
  }

  private insert(
    cell: Cell,
    index: number,
    name: string,
    piece: React.ReactElement
  ): Widget {
    const widget = ReactWidget.create(
      <TranslationContext.Provider value={this.trans}>
        {piece}
      </TranslationContext.Provider>
    );
    widget.addClass(name);
    (cell.layout as PanelLayout).insertWidget(index, widget);
    return widget;
  }

  private readonly onScreen = new OnScreen(cell => this.decorate(cell));
  private readonly decorations = new WeakMap<Cell, IDecoration>();
  private readonly waiting = new WeakSet<Cell>();
}

/** The place in a cell's layout right below its input. */
function belowInput(cell: Cell): number {
  const { widgets } = cell.layout as PanelLayout;
  return widgets.findIndex(each => each.hasClass('jp-Cell-inputWrapper')) + 1;
}
