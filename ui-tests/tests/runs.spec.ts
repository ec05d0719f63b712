/** All runs in one list: found, named, opened, compared, cancelled and deleted. */
import { readFile } from 'fs/promises';

import AxeBuilder from '@axe-core/playwright';
import { expect, IJupyterLabPageFixture, test } from '@jupyterlab/galata';

import { Gate, ICell, step } from '../helpers/notebooks';
import { PipelinePage } from '../helpers/pipelinePage';
import { RunsPage } from '../helpers/runsPage';
import { inTheme } from '../helpers/themes';

function cells(last: string): ICell[] {
  return [
    { source: 'rate = 0.5', metadata: { kfp: { role: 'parameters' } } },
    step('train', 'score = rate * 2'),
    step('show', last),
    { source: 'accuracy = score', metadata: { kfp: { role: 'metrics' } } }
  ];
}

/** Run the notebook with a rate, and wait for its end. */
async function runWith(lab: PipelinePage, rate: string): Promise<void> {
  const before = await lab.panel.locator('.jp-kfp-RunList li').count();
  await lab.panel.getByLabel('rate', { exact: true }).fill(rate);
  await lab.panel.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(lab.panel.locator('.jp-kfp-RunList li')).toHaveCount(before + 1);
  await expect(lab.panel.locator('.jp-kfp-RunItem').first()).toHaveAttribute(
    'data-state',
    'SUCCEEDED'
  );
}

/** A notebook with two runs that differ in a parameter, a metric and a cell. */
async function twoRuns(
  page: IJupyterLabPageFixture,
  path: string
): Promise<PipelinePage> {
  const lab = await PipelinePage.opened(page, path, cells('print(score)'), {
    panel: true
  });
  await runWith(lab, '0.25');
  await page.notebook.setCell(2, 'code', 'print(score + 1)');
  await runWith(lab, '2');
  return lab;
}

test('runs are found, named, compared and deleted', async ({
  page,
  tmpPath
}) => {
  const path = `${tmpPath}/list.ipynb`;
  const lab = await twoRuns(page, path);
  await lab.panel.getByRole('button', { name: 'All runs…' }).click();
  const runs = new RunsPage(page);
  await expect(runs.rows).toHaveCount(2);
  await expect(runs.root.getByLabel('Notebook')).toHaveValue(path);
  await expect(runs.rows.first()).toContainText('4');

  await runs.choose(1);
  await runs.button('Name and tags…').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('the first');
  await dialog.getByLabel(/Tags/).fill('baseline, größe');
  await dialog.getByRole('button', { name: 'Keep' }).click();
  await expect(runs.rows.nth(1)).toContainText('the first');
  await expect(runs.rows.nth(1)).toContainText('größe');
  await runs.root.getByRole('searchbox').fill('GRÖSSE');
  await expect(page.getByText('No run fits')).toBeVisible();
  await runs.root.getByRole('searchbox').fill('Größe rate=0.25');
  await expect(runs.rows).toHaveCount(1);
  await runs.root.getByRole('searchbox').fill('');

  await runs.choose(0);
  await runs.button('Compare').click();
  await expect(runs.comparison).toBeVisible();
  await expect(runs.line('Parameters', 'rate')).toHaveText(['0.25', '2']);
  await expect(runs.line('Metrics', 'accuracy')).toHaveText(['0.5', '4']);
  await expect(
    runs.comparison
      .getByRole('img', { name: 'accuracy over the runs' })
      .locator('svg, canvas')
  ).toBeVisible();
  await expect(runs.comparison.getByRole('figure')).toContainText(
    '+print(score + 1)'
  );
  // The drawing of both: the step whose cell was edited is marked, and leads to its line.
  await runs.comparison.getByRole('button', { name: /^show, changed/ }).click();
  await expect(
    runs.comparison.getByRole('button', { name: 'show', exact: true })
  ).toBeFocused();
  const saved = page.waitForEvent('download');
  await runs.comparison.getByRole('button', { name: 'Save as CSV' }).click();
  const csv = await readFile(await (await saved).path(), 'utf8');
  expect(csv.split('\r\n')[0]).toContain('parameter.rate,metric.accuracy');
  expect(csv).toContain('the first,"baseline, größe",SUCCEEDED');

  await page.getByRole('tab', { name: 'Pipeline runs' }).click();
  await runs.button('Delete…').click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: 'Delete' })
    .click();
  await expect(runs.rows).toHaveCount(0);
});

test('a run that goes on is seen, cancelled and resumed in the list', async ({
  page,
  tmpPath
}) => {
  const path = `${tmpPath}/live.ipynb`;
  const gate = new Gate(`gate-runs-${Date.now()}`);
  const lab = await PipelinePage.opened(page, path, [
    step('wait', gate.source)
  ]);
  const runs = new RunsPage(page);
  await runs.open(path);
  await page.evaluate(async notebook => {
    await window.jupyterapp.commands.execute('kfp:run', { path: notebook });
  }, path);
  await expect(runs.rows).toHaveAttribute('data-state', 'RUNNING');
  await runs.choose(0);
  await runs.button('Cancel').click();
  await expect(runs.rows).toHaveAttribute('data-state', 'CANCELED');
  await gate.open(page);
  await runs.button('Resume').click();
  await expect(runs.rows).toHaveCount(2);
  await expect(runs.rows.first()).toHaveAttribute('data-state', 'SUCCEEDED');

  // The older run is shown in its notebook.
  await runs.rows.nth(1).locator('.jp-kfp-Runs-open').click();
  await lab.expectState(0, 'CANCELED');
});

test('what is old is shown before it is removed', async ({ page, tmpPath }) => {
  const path = `${tmpPath}/old.ipynb`;
  const lab = await PipelinePage.opened(page, path, [step('only', 'x = 1')]);
  await lab.run();
  await lab.expectState(0, 'SUCCEEDED');
  const runs = new RunsPage(page);
  await runs.open(path);
  await expect(runs.rows).toHaveCount(1);
  await runs.button('Tidy up…').click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('status')).toContainText('Nothing is that old');
  await dialog.getByLabel('Older than').fill('0');
  await expect(dialog.getByRole('status')).toContainText(/\d+ runs? with/);
  const { violations } = await new AxeBuilder({ page })
    .include('.jp-kfp-RunForm')
    .analyze();
  expect(violations.map(each => each.id)).toEqual([]);
  await page.screenshot({ path: test.info().outputPath('tidy.png') });
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await expect(runs.rows).toHaveCount(0);
});

test('10,000 runs are listed, sorted and walked through by keys', async ({
  page
}) => {
  const total = 10_000;
  await page.route('**/jupyter-kfp-ext/runs?*', async route => {
    const query = new URL(route.request().url()).searchParams;
    const before = Number(query.get('before')?.slice(-6) ?? total + 1);
    const count = Math.min(Number(query.get('limit')), before - 1);
    const numbers = Array.from({ length: count }, (_, at) => before - 1 - at);
    await route.fulfill({
      json: {
        runs: numbers.map(summary),
        next: numbers[count - 1] > 1 ? idOf(numbers[count - 1]) : null
      }
    });
  });
  const runs = new RunsPage(page);
  const start = Date.now();
  await runs.open();
  await expect(runs.root.getByRole('status')).toHaveText('10000 runs');
  test.info().annotations.push({
    type: '10,000 runs read',
    description: `${Date.now() - start} ms`
  });
  expect(await runs.rows.count()).toBeLessThan(80);
  await runs.rows.first().locator('.jp-kfp-Runs-open').focus();
  await page.keyboard.press('End');
  await expect(page.locator(`[data-run="${idOf(1)}"] button`)).toBeFocused();
  await page.keyboard.press('Home');
  await expect(
    page.locator(`[data-run="${idOf(total)}"] button`)
  ).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(
    page.locator(`[data-run="${idOf(total - 1)}"] button`)
  ).toBeFocused();
  await runs.root.getByRole('button', { name: 'Took' }).click();
  await expect(runs.rows.first()).toHaveAttribute('data-run', idOf(10_000));
  await runs.root.getByLabel('State').selectOption('failed');
  await expect(runs.root.getByRole('status')).toHaveText('1000 of 10000 runs');

  function idOf(number: number): string {
    return `20260101-000000-${String(number).padStart(6, '0')}`;
  }

  function summary(number: number): object {
    return {
      id: idOf(number),
      name: `run ${number}`,
      notebook: `n${number % 7}.ipynb`,
      engine: 'local',
      state: number % 10 ? 'SUCCEEDED' : 'FAILED',
      created: 1_760_000_000 + number,
      seq: 1,
      started: 1_760_000_000,
      ended: 1_760_000_000 + (number % 10_000),
      message: '',
      parameters: { lr: number / 1000 },
      metrics: { accuracy: 1 / number },
      about: { name: '', note: '', tags: [] }
    };
  }
});

test('a list that cannot be read says so, and tries again', async ({
  page
}) => {
  let broken = true;
  await page.route('**/jupyter-kfp-ext/runs?*', route =>
    broken
      ? route.fulfill({ status: 500, json: { message: 'The disk is full.' } })
      : route.fulfill({ json: { runs: [], next: null } })
  );
  const runs = new RunsPage(page);
  await runs.open();
  await expect(runs.root).toContainText('The disk is full.');
  broken = false;
  await runs.button('Try again').click();
  await expect(runs.root).toContainText('No runs yet');
});

for (const theme of ['JupyterLab Light', 'JupyterLab Dark']) {
  test.describe(theme, () => {
    test.use({
      mockSettings: inTheme(theme)
    });

    test(`lists and comparisons keep nobody out (${theme})`, async ({
      page,
      tmpPath
    }) => {
      const path = `${tmpPath}/axe.ipynb`;
      await twoRuns(page, path);
      const runs = new RunsPage(page);
      await runs.open(path);
      await expect(runs.rows).toHaveCount(2);
      await runs.choose(0, 1);
      expect(await violations('.jp-kfp-Runs')).toEqual([]);
      await runs.button('Compare').click();
      await expect(runs.comparison.getByRole('figure')).toBeVisible();
      expect(await violations('.jp-kfp-Compare')).toEqual([]);

      async function violations(part: string): Promise<string[]> {
        const found = await new AxeBuilder({ page }).include(part).analyze();
        return found.violations.flatMap(each =>
          each.nodes.map(node => `${each.id}: ${node.html.slice(0, 200)}`)
        );
      }
    });
  });
}
