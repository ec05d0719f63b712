/** What there is on a cluster: schedules, runs of others at a notebook's cells, pipelines. */
import AxeBuilder from '@axe-core/playwright';
import { expect } from '@jupyterlab/galata';

import { CONNECTION, test } from '../helpers/cluster';
import { expectWalk } from '../helpers/keyboard';
import { step } from '../helpers/notebooks';
import { PipelinePage } from '../helpers/pipelinePage';

test('a notebook is scheduled, and a run of the schedule is seen at its cells', async ({
  page,
  tmpPath,
  cluster
}) => {
  const lab = await PipelinePage.opened(page, `${tmpPath}/nightly.ipynb`, [
    step('train', 'score = 2\nprint("score", score)')
  ]);
  await lab.badge(0).waitFor();
  await page.evaluate(async () => {
    await window.jupyterapp.commands.execute('kfp:open-clusters');
  });
  const there = page.locator('.jp-kfp-There');
  const part = (name: string) => there.getByRole('region', { name });
  await expect(there.getByLabel('Cluster')).toHaveValue(CONNECTION);
  await expect(part('Schedules')).toContainText('Nothing runs by the clock');

  await part('Schedules')
    .getByRole('button', { name: 'Schedule the current notebook…' })
    .click();
  const dialog = page.getByRole('dialog');
  const cron = dialog.getByLabel('Cron expression');
  await cron.fill('61 * * * *');
  await dialog.getByRole('button', { name: 'Schedule' }).click();
  await expect(dialog.getByRole('alert')).toBeVisible();
  await expect(cron).toHaveValue('61 * * * *');
  await cron.fill('0 9 * * 1-5');
  await dialog.getByRole('button', { name: 'Schedule' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(part('Schedules')).toContainText('cron 0 9 * * 1-5');
  await part('Schedules')
    .getByRole('button', { name: 'Pause nightly' })
    .click();
  await expect(part('Schedules')).toContainText('paused');

  await cluster.strike();
  const again = there.getByRole('button', { name: 'Read all of it again' });
  await again.click();
  await expect(part('Runs')).toContainText('by the schedule nightly');
  await part('Pipelines').getByText('nightly').click();
  await expect(part('Pipelines').locator('code')).toBeVisible();
  const { violations } = await new AxeBuilder({ page })
    .include('.jp-kfp-There')
    .analyze();
  expect(violations.map(each => each.id)).toEqual([]);
  await expectWalk(page, there);

  await part('Runs').getByRole('button', { name: /^Open/ }).click();
  await dialog.getByRole('button', { name: 'Open' }).click();
  await lab.expectState(0, 'SUCCEEDED');

  await page.activity.activateTab('Pipelines on clusters');
  await part('Schedules')
    .getByRole('button', { name: 'Remove nightly' })
    .click();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await expect(part('Schedules')).toContainText('Nothing runs by the clock');
  await cluster.end();
  await again.click();
  await expect(part('Runs').getByRole('alert')).toContainText(
    'This cannot be read'
  );
  await expect(part('Runs')).toContainText('nightly-1-0');
});

test('the tab says how to name a cluster where there is none', async ({
  page
}) => {
  await page.evaluate(async () => {
    await window.jupyterapp.commands.execute('kfp:open-clusters');
  });
  const there = page.locator('.jp-kfp-There');
  await expect(there).toContainText('jupyter kfp connections add');
  await expect(there.getByRole('button', { name: 'Look again' })).toBeVisible();
});
