/** Whoever uses a keyboard, a screen reader, large letters or a narrow window can use all of it. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@jupyterlab/galata';
import { Locator, Page } from '@playwright/test';

import { expectWalk } from '../helpers/keyboard';
import { code, ICell, step } from '../helpers/notebooks';
import { PipelinePage } from '../helpers/pipelinePage';
import { RunsPage } from '../helpers/runsPage';
import { inTheme } from '../helpers/themes';

const LONG = 'a-step-with-a-name-that-is-much-longer-than-any-panel-is-wide';

const CELLS: ICell[] = [
  { source: 'größe = 3', metadata: { kfp: { role: 'parameters' } } },
  step('daten-für-größe', 'rows = list(range(größe))\nprint(rows)'),
  step(LONG, 'total = sum(rows)'),
  code('print(total)'),
  step('broken', 'total / 0')
];

/** Our own parts of the page; the rest is JupyterLab's. */
const OURS = ['.jp-kfp-Panel', '.jp-kfp-CellBadge', '.jp-kfp-CellErrorHost'];

/** What axe finds, in words; only our parts are looked at. */
async function violations(page: Page, parts: string[]): Promise<string[]> {
  const builder = new AxeBuilder({ page });
  parts.forEach(part => builder.include(part));
  const { violations } = await builder.analyze();
  return violations.flatMap(each =>
    each.nodes.map(node => `${each.id}: ${node.html.slice(0, 200)}`)
  );
}

/** Whether the element lies within its box from side to side. */
async function fits(part: Locator): Promise<boolean> {
  return part.evaluate(node => node.scrollWidth <= node.clientWidth + 1);
}

for (const theme of [
  'JupyterLab Light',
  'JupyterLab Dark',
  'JupyterLab Dark High Contrast'
]) {
  test.describe(theme, () => {
    test.use({
      mockSettings: inTheme(theme)
    });

    test(`nothing of ours keeps anyone out (${theme})`, async ({
      page,
      tmpPath
    }) => {
      const lab = new PipelinePage(page);
      await lab.open(`${tmpPath}/accessible.ipynb`, CELLS);
      await lab.openPanel();
      await lab.run();
      await lab.expectState(4, 'FAILED');
      await lab.panel.getByLabel('Show the run’s outputs').check();
      await expect(lab.runOutputs(1)).toContainText('[0, 1, 2]');
      expect(await violations(page, [...OURS, '.jp-kfp-CellOutputs'])).toEqual(
        []
      );

      await lab.panel
        .getByRole('button', { name: 'Open the log of broken' })
        .click();
      await expect(page.getByRole('log')).toContainText('ZeroDivisionError');
      expect(await violations(page, ['.jp-kfp-Log'])).toEqual([]);
    });
  });
}

test('each action of the panel is reached by Tab and shows its focus', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/keyboard.ipynb`,
    CELLS,
    {
      panel: true
    }
  );
  await lab.run();
  await lab.expectState(4, 'FAILED');
  await expectWalk(page, lab.panel);
  await lab.panel
    .getByRole('button', { name: 'Open the log of broken' })
    .focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('log')).toContainText('ZeroDivisionError');
});

test('menus, dialogs and a new name give the focus back, a shortcut runs', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(page, `${tmpPath}/focus.ipynb`, CELLS, {
    panel: true
  });
  const badge = lab.badge(1);
  await badge.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Open log' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(badge).toBeFocused();
  await page.keyboard.press('F2');
  const field = lab.cell(1).getByLabel('New name of step daten-für-größe');
  await expect(field).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(badge).toBeFocused();

  await page.notebook.selectCells(1);
  await page.keyboard.press('Escape');
  await page.keyboard.press('F2');
  await expect(field).toBeFocused();
  await page.keyboard.type('rows');
  await page.keyboard.press('Enter');
  await expect(badge).toContainText('rows');
  await expect(lab.cell(1)).toBeFocused();

  const opener = lab.panel.getByRole('button', { name: 'Run with options…' });
  await opener.press('Enter');
  const dialog = page.getByRole('dialog');
  const first = dialog.locator('select').first();
  await expect(first).toBeVisible();
  const last = dialog.getByRole('button', { name: 'Run' });
  await last.focus();
  await expect(last).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(first).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(opener).toBeFocused();

  await lab.cell(1).focus();
  await page.keyboard.press('Alt+Shift+P');
  await lab.expectState(1, 'SUCCEEDED');
});

test('each other view is walked through by Tab, too', async ({
  page,
  tmpPath
}) => {
  const path = `${tmpPath}/views.ipynb`;
  const lab = await PipelinePage.opened(page, path, CELLS, { panel: true });
  await lab.run();
  await lab.expectState(4, 'FAILED');
  await expectWalk(page, lab.cell(4).locator('.jp-kfp-CellErrorHost'));
  const open = (name: string) =>
    lab.panel.getByRole('button', { name, exact: true }).click();

  await open('Open the log of broken');
  await expect(page.getByRole('log')).toContainText('ZeroDivisionError');
  await expectWalk(page, page.locator('.jp-kfp-Log'));

  await open('Results of daten-für-größe');
  const results = page.locator('.jp-kfp-Results');
  await expect(results).toContainText('rows');
  await expectWalk(page, results);

  await open('Code of this run');
  const ran = page.locator('.jp-kfp-RunCode');
  await expect(ran).toContainText('Changed since this run');
  await expectWalk(page, ran);

  await page.activity.activateTab('views.ipynb');
  await open('Run');
  const runs = new RunsPage(page);
  await runs.open(path);
  await expect(runs.rows).toHaveCount(2);
  await expect(runs.rows.first()).toHaveAttribute('data-state', 'FAILED');
  await runs.choose(0, 1);
  await expectWalk(page, runs.root);
  await runs.button('Compare').click();
  await runs.graphDrawn();
  await expectWalk(page, runs.comparison);
});

test('a narrow panel and large letters cut nothing off', async ({
  page,
  tmpPath
}) => {
  const lab = new PipelinePage(page);
  const many = Array.from({ length: 60 }, (_, index) =>
    step(index ? `step-${index}` : LONG, `x_${index} = ${index}`)
  );
  await lab.open(`${tmpPath}/many.ipynb`, many);
  await lab.openPanel();
  await lab.run();
  await expect(lab.row('step-59')).toHaveAttribute('data-state', 'SUCCEEDED', {
    timeout: 60_000
  });
  await lab.panel.evaluate(node => {
    // A handle cannot be moved beyond what the layout gives; the box itself can.
    node.style.width = '240px';
  });
  expect(await fits(lab.panel)).toBe(true);
  // As at 200 %: half the width and height for everything.
  await page.setViewportSize({ width: 640, height: 400 });
  await lab.openPanel();
  expect(await fits(lab.panel)).toBe(true);
  await lab.row('step-59').scrollIntoViewIfNeeded();
  await expect(lab.row('step-59')).toBeVisible();
});
