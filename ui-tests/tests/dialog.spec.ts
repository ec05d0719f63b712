/** The dialog before a run: what is chosen holds, is remembered, and can be left out. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@jupyterlab/galata';

import { Gate, ICell, step, upload } from '../helpers/notebooks';
import { PipelinePage } from '../helpers/pipelinePage';
import { inTheme } from '../helpers/themes';

const CELLS: ICell[] = [
  { source: 'rate = 0.5', metadata: { kfp: { role: 'parameters' } } },
  step('load', 'rows = [1, 2, 3]'),
  step('use', 'print("rate", rate * sum(rows))')
];

test('parameters, steps and caching are chosen, and the choice is kept', async ({
  page,
  tmpPath
}, info) => {
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/dialog.ipynb`,
    CELLS,
    {
      panel: true
    }
  );
  const more = lab.panel.getByRole('button', { name: 'Run with options…' });
  await more.click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('Where', { exact: true })).toBeFocused();
  await dialog.getByLabel('rate', { exact: true }).fill('x');
  await dialog.getByRole('button', { name: 'Run' }).click();
  // What is no value is asked for again.
  await expect(dialog.getByRole('alert')).toContainText('A number is needed');
  await dialog.getByLabel('rate', { exact: true }).fill('2');
  await dialog.getByRole('checkbox').uncheck();
  await dialog.getByLabel('Where', { exact: true }).selectOption('local');
  await page.screenshot({ path: info.outputPath('dialog.png') });
  await dialog.getByRole('button', { name: 'Run' }).click();
  await lab.expectState(2, 'SUCCEEDED');
  await lab.panel.getByRole('button', { name: 'Open the log of use' }).click();
  await expect(page.getByRole('log')).toContainText('rate 12');

  // The plain button runs with the same choice: nothing is taken from the cache.
  await expect(lab.panel).toContainText('Every step runs');
  await lab.panel.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(lab.panel.locator('.jp-kfp-RunList li')).toHaveCount(2);
  await lab.expectState(2, 'SUCCEEDED');
  await expect(lab.row('use')).not.toContainText('cached');

  await more.click();
  await dialog.getByRole('checkbox').check();
  await dialog.getByLabel('Steps').selectOption('only');
  await dialog.getByLabel('Step', { exact: true }).selectOption('use');
  await dialog.getByRole('button', { name: 'Run' }).click();
  await expect(lab.panel.locator('.jp-kfp-RunList li')).toHaveCount(3);
  await expect(lab.row('load')).toContainText('cached');
  await expect(lab.panel).not.toContainText('Every step runs');
});

test('several notebooks of the file browser run one after the other', async ({
  page,
  tmpPath
}) => {
  for (const name of ['one', 'two']) {
    await upload(page, `${tmpPath}/${name}.ipynb`, [
      step(name, `print("${name}")`)
    ]);
  }
  await page.filebrowser.openDirectory(tmpPath);
  await page.filebrowser.refresh();
  await page.getByRole('listitem', { name: 'one.ipynb' }).click();
  await page
    .getByRole('listitem', { name: 'two.ipynb' })
    .click({ modifiers: ['Shift'] });
  await page.evaluate(() =>
    window.jupyterapp.commands.execute('kfp:run-selected')
  );
  for (const name of ['one', 'two']) {
    await expect(
      page.locator('.Toastify').getByText(`${name}: `).first()
    ).toContainText('Succeeded');
  }
});

test('the status bar counts the runs and opens the panel', async ({
  page,
  tmpPath
}) => {
  const gate = new Gate(`status-${Date.now()}`);
  const lab = await PipelinePage.opened(page, `${tmpPath}/status.ipynb`, [
    step('waits', gate.source)
  ]);
  await lab.run();
  const count = page.getByRole('button', { name: '1 pipeline running' });
  await expect(count).toBeVisible();
  await count.click();
  await expect(lab.panel).toBeVisible();
  await gate.open(page);
  await lab.expectState(0, 'SUCCEEDED');
  await expect(count).toHaveCount(0);
});

for (const theme of ['JupyterLab Light', 'JupyterLab Dark']) {
  test.describe(theme, () => {
    test.use({
      mockSettings: inTheme(theme)
    });

    test(`the dialog keeps nobody out (${theme})`, async ({
      page,
      tmpPath
    }, info) => {
      const lab = new PipelinePage(page);
      await lab.open(`${tmpPath}/axe.ipynb`, [
        ...CELLS,
        step('broken', 'print(rowz)')
      ]);
      await lab.openPanel();
      await expect(lab.panel).toContainText('rowz is not defined');
      await lab.panel
        .getByRole('button', { name: 'Run with options…' })
        .click();
      await expect(page.getByRole('dialog')).toContainText(
        'rowz is not defined'
      );
      const found = await new AxeBuilder({ page })
        .include('.jp-kfp-RunForm')
        .analyze();
      expect(found.violations).toEqual([]);
      await page.screenshot({ path: info.outputPath('dialog.png') });
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toHaveCount(0);
    });
  });
}
