/** Draws the pictures of docs/gallery.md from the real interface and the example, light and dark. */
import { resolve } from 'path';

import { expect, test } from '@jupyterlab/galata';

import { test as onCluster } from '../helpers/cluster';
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
      test.setTimeout(600_000);
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
      const done = { timeout: 240_000 };
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
      await expect(
        lab.panel.getByRole('form', { name: /Options of train.forest/ })
      ).toBeVisible();
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
      await runs.drawn();
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

  onCluster.describe(`on a cluster, ${name}`, () => {
    onCluster.use({
      viewport: { width: 1280, height: 800 },
      mockSettings: inTheme(theme, { hints: false, notifications: false })
    });

    onCluster(
      `what is on a cluster (${name})`,
      async ({ page, tmpPath, cluster }) => {
        const lab = new PipelinePage(page);
        await lab.open(`${tmpPath}/nightly.ipynb`, [
          step('load', 'rows = list(range(100))'),
          step('report', 'print(sum(rows))')
        ]);
        await lab.badge(0).waitFor();
        await page.sidebar.close('left');
        await page.evaluate(async () => {
          await window.jupyterapp.commands.execute('kfp:open-clusters');
        });
        const there = page.locator('.jp-kfp-There');
        await there
          .getByRole('button', { name: 'Schedule the current notebook…' })
          .click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('Cron expression').fill('0 6 * * 1-5');
        await page.screenshot({ path: `${IMAGES}/schedule-${name}.png` });
        await dialog.getByRole('button', { name: 'Schedule' }).click();
        await expect(there).toContainText('cron 0 6 * * 1-5');
        await cluster.strike();
        await cluster.strike();
        const again = there.getByRole('button', {
          name: 'Read all of it again'
        });
        await expect(async () => {
          await again.click();
          await expect(
            there.getByRole('img', { name: 'Succeeded' })
          ).toHaveCount(2, { timeout: 2000 });
        }).toPass({ timeout: 60_000 });
        await there.getByText('nightly', { exact: true }).last().click();
        await expect(there.locator('code')).toBeVisible();
        await expect(page.locator('.Toastify__toast')).toHaveCount(0);
        await page.screenshot({ path: `${IMAGES}/clusters-${name}.png` });
      }
    );
  });
}
