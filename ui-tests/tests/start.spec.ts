/** The way in: the example from the launcher, and three hints that go for ever. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@jupyterlab/galata';

import { PipelinePage } from '../helpers/pipelinePage';

test('the launcher opens the example, the hints lead through it and go', async ({
  page,
  tmpPath
}, info) => {
  const lab = new PipelinePage(page);
  await page.filebrowser.openDirectory(tmpPath);
  await page
    .locator('.jp-Launcher:visible .jp-LauncherCard', { hasText: /^Example$/ })
    .click();
  await expect(lab.panel.getByLabel('Name of the pipeline')).toHaveValue(
    'digits'
  );
  const hint = lab.panel.getByRole('note');
  await expect(hint).toContainText('Cells are steps');
  await page.screenshot({ path: info.outputPath('hint.png') });
  const found = await new AxeBuilder({ page })
    .include('#jp-kfp-panel')
    .analyze();
  expect(found.violations).toEqual([]);
  await page.getByRole('button', { name: 'Next hint' }).click();
  await expect(hint).toContainText('Run it here first');
  await page.keyboard.press('Enter');
  await expect(hint).toContainText('Watch it at the cells');
  await page.screenshot({ path: info.outputPath('last.png') });
  await page.keyboard.press('Enter');
  await expect(hint).toHaveCount(0);

  await page.getByRole('tab', { name: 'digits.ipynb' }).waitFor();
  await page.menu.clickMenuItem('Help>Show the hints again');
  await expect(hint).toContainText('Cells are steps');
  await lab.panel.getByRole('button', { name: 'No hints' }).click();
  await expect(hint).toHaveCount(0);
});
