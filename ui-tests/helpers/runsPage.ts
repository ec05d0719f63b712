/** The list of all runs and their comparison, as a user finds things in them. */
import { expect, IJupyterLabPageFixture } from '@jupyterlab/galata';
import { Locator } from '@playwright/test';

export class RunsPage {
  constructor(readonly page: IJupyterLabPageFixture) {}

  get root(): Locator {
    return this.page.locator('.jp-kfp-Runs');
  }

  get comparison(): Locator {
    return this.page.locator('.jp-kfp-Compare');
  }

  get rows(): Locator {
    return this.root.locator('.jp-kfp-Runs-body .jp-kfp-Runs-row');
  }

  /** Wait until a comparison is drawn: its pictures and its graph, not only its tables. */
  async drawn(): Promise<void> {
    const charts = this.comparison.locator('.jp-kfp-Chart');
    await expect(charts.first()).toBeVisible();
    for (const chart of await charts.all()) {
      await expect(chart.locator('canvas, svg').first()).toBeVisible();
    }
    await this.graphDrawn();
  }

  /** Wait until the graph of a comparison, which comes last, is there. */
  async graphDrawn(): Promise<void> {
    await expect(
      this.comparison.locator('.jp-kfp-GraphNode').first()
    ).toBeVisible();
  }

  /** Open the list, with the runs of one notebook where a path is given. */
  async open(path: string = ''): Promise<void> {
    await this.page.evaluate(async notebook => {
      await window.jupyterapp.commands.execute('kfp:open-runs', {
        path: notebook
      });
    }, path);
    await expect(this.root.getByRole('searchbox')).toBeVisible();
  }

  /** Choose rows by their place, from 0. */
  async choose(...places: number[]): Promise<void> {
    for (const place of places) {
      await this.rows.nth(place).getByRole('checkbox').check();
    }
  }

  button(name: string): Locator {
    return this.root.getByRole('button', { name, exact: true });
  }

  /** The values of a line of a table of the comparison. */
  line(table: string, name: string): Locator {
    return this.comparison
      .getByRole('region', { name: `Table: ${table}` })
      .locator('tr', { has: this.page.getByRole('rowheader', { name }) })
      .locator('td');
  }
}
