/** Draws the pictures of docs/gallery.md from the real interface and the example, light and dark. */
import { test } from '@jupyterlab/galata';
import { expect } from '@playwright/test';
import { resolve } from 'path';

import { GraphPage } from '../helpers/graphPage';
import { step, upload } from '../helpers/notebooks';
import { PipelinePage } from '../helpers/pipelinePage';
import { RunsPage } from '../helpers/runsPage';
import { inTheme } from '../helpers/themes';

const EXAMPLES = resolve(__dirname, '../../examples');
const IMAGES = resolve(__dirname, '../../docs/images/gallery');

for (const [theme, name] of [
  ['JupyterLab Light', 'light'],
  ['JupyterLab Dark', 'dark']
]) {
  test.describe(name, () => {
    test.use({
      viewport: { width: 1280, height: 800 },
      mockSettings: inTheme(theme, { hints: false, notifications: false })
    });

    test(`the example and its runs (${name})`, async ({ page, tmpPath }) => {
      test.setTimeout(300_000);
      const keep = (what: string) =>
        page.screenshot({ path: `${IMAGES}/${what}-${name}.png` });
      const lab = new PipelinePage(page);
      await page.contents.uploadDirectory(EXAMPLES, tmpPath);
      await page.filebrowser.open(`${tmpPath}/digits.ipynb`);
      await lab.ready();
      await page.sidebar.close('left');
      await lab.openPanel();
      await lab.run();
      const evaluate = lab.row('evaluate');
      const done = { timeout: 120_000 };
      await expect(lab.row('load')).toHaveAttribute(
        'data-state',
        'SUCCEEDED',
        done
      );
      await keep('running');
      await expect(evaluate).toHaveAttribute('data-state', 'SUCCEEDED', done);
      await lab.panel.getByLabel('Show the run’s outputs').check();
      await expect(
        page.locator('.jp-kfp-CellOutputs:visible').first()
      ).toBeVisible();
      await page
        .locator('.jp-kfp-CellOutputs:visible img')
        .first()
        .scrollIntoViewIfNeeded();
      await keep('outputs');
      await lab.panel
        .getByRole('button', { name: /Options of train.forest/ })
        .click();
      await keep('options');
      await lab.panel
        .getByRole('button', { name: /Options of train.forest/ })
        .click();
      await lab.panel
        .getByRole('button', { name: 'Run with options…' })
        .click();
      const dialog = page.getByRole('dialog');
      await expect(dialog).toBeVisible();
      await keep('dialog');
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await expect(dialog).toHaveCount(0);

      await lab.panel
        .getByRole('button', { name: 'Open the log of clean' })
        .click();
      await expect(page.getByRole('log')).not.toBeEmpty();
      await keep('log');
      await page.activity.closePanel('clean · log');
      await lab.panel
        .getByRole('button', { name: 'Results of evaluate' })
        .click();
      await expect(page.locator('.jp-kfp-Results')).toContainText('accuracy');
      await keep('results');
      await page.activity.closePanel('evaluate · results');

      const graph = new GraphPage(page);
      await graph.open();
      await expect(graph.nodes).toHaveCount(6);
      await expect(graph.node('evaluate')).toBeInViewport({ ratio: 1 });
      await keep('graph');

      await lab.panel.getByRole('textbox', { name: 'trees' }).fill('30');
      await lab.panel.getByRole('button', { name: 'Run', exact: true }).click();
      const runs = new RunsPage(page);
      await runs.open(`${tmpPath}/digits.ipynb`);
      await expect(runs.rows).toHaveCount(2);
      await expect(
        runs.rows.first().getByRole('img', { name: 'Succeeded' })
      ).toBeVisible(done);
      await keep('runs');
      await runs.choose(0, 1);
      await runs.button('Compare').click();
      await expect(runs.comparison).toContainText('trees');
      await keep('comparison');
    });

    test(`an error at its cell (${name})`, async ({ page, tmpPath }) => {
      const path = `${tmpPath}/failing.ipynb`;
      await upload(page, path, [
        step('load', 'rows = [{"label": "7"}, {"label": "x"}]'),
        step('clean', 'def number(row):\n    return int(row["label"])'),
        { source: 'labels = [number(row) for row in rows]' },
        step('train', 'print(sum(labels))')
      ]);
      await page.filebrowser.open(path);
      const lab = new PipelinePage(page);
      await lab.ready();
      await page.sidebar.close('left');
      await lab.openPanel();
      await lab.run();
      await lab.expectState(1, 'FAILED');
      await expect(page.locator('.jp-kfp-CellError')).toBeVisible();
      await page.screenshot({ path: `${IMAGES}/error-${name}.png` });
    });
  });
}
