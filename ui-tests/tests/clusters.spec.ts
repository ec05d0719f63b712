/** What there is on a cluster: schedules, runs of others at a notebook's cells, pipelines. */
import AxeBuilder from '@axe-core/playwright';
import { expect, IJupyterLabPageFixture } from '@jupyterlab/galata';
import { Locator } from '@playwright/test';

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
  await expect(there.getByRole('alert')).toContainText(
    'Nothing of this cluster can be read now'
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

/** What a run is started with, as it is sent. */
interface IAsked {
  namespace?: string;
  from?: string;
  data?: string;
}

async function runAsChosen(
  page: IJupyterLabPageFixture,
  dialog: Locator
): Promise<IAsked> {
  const asked = page.waitForRequest(
    each => each.method() === 'POST' && each.url().includes('/runs')
  );
  await dialog.getByRole('button', { name: 'Run', exact: true }).click();
  return (await asked).postDataJSON();
}

test('a run goes to the namespace that is chosen, of those it may go to', async ({
  page,
  tmpPath,
  cluster
}) => {
  await cluster.execute(`
from tests.standin.tenancy import Tenancy
cluster.tenancy = Tenancy({"ada": "owner", "team": "contributor", "look": "viewer"})
cluster.kubernetes.tenancy, cluster.store.several = cluster.tenancy, True
add_connection(
    Connection("${CONNECTION}", cluster.url, kubeconfig=config, namespace="ada"), default=True
)
`);
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/shared.ipynb`,
    [step('train', 'print("trained")')],
    { panel: true }
  );
  await lab.panel.getByLabel('Where it runs').selectOption(CONNECTION);
  await lab.panel.getByRole('button', { name: 'Run with options…' }).click();
  const dialog = page.getByRole('dialog');
  const namespace = dialog.getByLabel('Namespace');
  await expect(namespace.getByRole('option')).toHaveText([
    'ada (the connection’s)',
    'team'
  ]);
  await namespace.selectOption('team');
  const asked = await runAsChosen(page, dialog);
  expect(asked.namespace).toBe('team');
  await lab.expectState(0, 'SUCCEEDED');
  await cluster.execute(`
[made] = cluster.store.runs.values()
assert cluster.store.experiment(made["experiment_id"])["namespace"] == "team", made
`);
});

test('data as it was is offered for steps that have a snapshot of it', async ({
  page,
  tmpPath,
  cluster
}) => {
  const data = { claim: 'data', path: '/data', snapshot: true };
  const train = step('train', 'print("trained")');
  train.metadata = { kfp: { step: 'train', volumes: [data] } };
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/kept.ipynb`,
    [step('load', 'x = 1'), train],
    { panel: true }
  );
  await lab.panel.getByLabel('Where it runs').selectOption(CONNECTION);
  await lab.panel.getByRole('button', { name: 'Run with options…' }).click();
  const dialog = page.getByRole('dialog');
  const asItWas = dialog.getByLabel('With the data as it was (snapshot)');
  await dialog.getByLabel('Steps').selectOption('From one step on');
  await expect(dialog.getByLabel('Step', { exact: true })).toHaveValue('load');
  await expect(asItWas).toHaveCount(0);
  await dialog.getByLabel('Step', { exact: true }).selectOption('train');
  await asItWas.check();
  expect(await runAsChosen(page, dialog)).toMatchObject({
    from: 'train',
    data: 'snapshot'
  });
  await expect(page.getByRole('alert')).toContainText('snapshot');
});
