/** What a user does with a notebook as a pipeline, and where to look for it. */
import { expect, IJupyterLabPageFixture } from '@jupyterlab/galata';
import { Locator, Page } from '@playwright/test';

import { ICell, upload } from './notebooks';

export class PipelinePage {
  constructor(readonly page: IJupyterLabPageFixture) {}

  /** Upload a notebook and open it; with `panel`, the panel too. */
  static async opened(
    page: IJupyterLabPageFixture,
    path: string,
    cells: ICell[],
    parts: { panel?: boolean } = {}
  ): Promise<PipelinePage> {
    const lab = new PipelinePage(page);
    await lab.open(path, cells);
    if (parts.panel) {
      await lab.openPanel();
    }
    return lab;
  }

  /** Upload a notebook, open it, and wait until its kernel and the interface are there. */
  async open(path: string, cells: ICell[]): Promise<void> {
    await upload(this.page, path, cells);
    await this.page.filebrowser.open(path);
    await this.ready();
  }

  async ready(): Promise<void> {
    await expect(this.page.locator('#jp-main-statusbar')).toContainText(
      '| Idle'
    );
  }

  get panel(): Locator {
    return this.page.getByRole('region', { name: 'Pipeline', exact: true });
  }

  async openPanel(): Promise<void> {
    await this.page.evaluate(() =>
      window.jupyterapp.commands.execute('kfp:open-panel')
    );
    await expect(this.panel).toBeVisible();
  }

  /** The cell with this place in the notebook, from 0. */
  cell(index: number): Locator {
    return this.page.locator(
      `.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell[data-windowed-list-index="${index}"]`
    );
  }

  /** The badge of a cell. */
  badge(index: number): Locator {
    return this.cell(index).locator('.jp-kfp-Badge');
  }

  /** What the shown run put out, below a cell. */
  runOutputs(index: number): Locator {
    return this.cell(index).locator('.jp-kfp-CellOutputs:visible');
  }

  /** The row of a step in the panel. */
  row(step: string): Locator {
    return this.panel.locator(`.jp-kfp-StepRow[data-step="${step}"]`);
  }

  async expectState(index: number, state: string): Promise<void> {
    await expect(this.badge(index)).toHaveAttribute('data-state', state);
  }

  /** Choose from the context menu of a cell; more than one label goes into submenus. */
  async chooseAtCell(index: number, ...labels: string[]): Promise<void> {
    await this.cell(index)
      .locator('.jp-InputArea-prompt')
      .click({ button: 'right' });
    for (const label of labels.slice(0, -1)) {
      // An item that opens a submenu has no role in Lumino's menus.
      await this.page.locator('.lm-Menu-item').getByText(label).hover();
    }
    await this.page
      .getByRole('menuitem', { name: labels[labels.length - 1] })
      .click();
  }

  /** Make the cell a step by its context menu. */
  async makeStep(index: number, name: string): Promise<void> {
    await this.chooseAtCell(index, 'Make a step…');
    const dialog = this.page.getByRole('dialog');
    await dialog.getByRole('textbox').fill(name);
    await dialog.getByRole('button', { name: 'Make step' }).click();
    await expect(this.badge(index)).toContainText(name);
  }

  /** Press the button in the notebook's toolbar. */
  async run(): Promise<void> {
    await this.page
      .locator('.jp-NotebookPanel-toolbar:visible')
      .getByRole('button', { name: 'Run this notebook as a pipeline' })
      .click();
  }

  get cancelButton(): Locator {
    return this.panel.getByRole('button', { name: 'Cancel', exact: true });
  }
}
