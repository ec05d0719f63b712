/** What a run put out is seen in the notebook on request, and kept as a notebook of its own. */
import { expect, test } from '@jupyterlab/galata';

import { code, Gate, step } from '../helpers/notebooks';
import { PipelinePage } from '../helpers/pipelinePage';

test('the outputs of the shown run stand below their cells, and leave no trace', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/outputs.ipynb`,
    [
      step('load', 'rows = list(range(10))\nprint("rows", len(rows))'),
      code('rows[-1]'),
      step('quiet', 'total = sum(rows)'),
      step('broken', 'print("so far", total)\ntotal / 0')
    ],
    {
      panel: true
    }
  );
  await lab.run();
  await lab.expectState(3, 'FAILED');
  await expect(lab.runOutputs(0)).toHaveCount(0);
  await page.notebook.save();

  await lab.panel.getByLabel('Show the run’s outputs').check();
  await expect(lab.runOutputs(0)).toContainText(/^from run .+ · load/);
  await expect(lab.runOutputs(0)).toContainText('rows 10');
  await expect(lab.runOutputs(1)).toContainText('9');
  await expect(lab.runOutputs(2)).toContainText('printed nothing');
  await expect(lab.runOutputs(3)).toContainText('so far 45');
  await expect(lab.runOutputs(3)).not.toContainText('ZeroDivisionError');
  await expect(lab.cell(3).getByRole('alert')).toContainText(
    'ZeroDivisionError'
  );
  expect(
    await page.evaluate(() => {
      const [panel] = [...window.jupyterapp.shell.widgets('main')].filter(
        each => 'content' in each && 'context' in each
      ) as unknown as {
        context: { model: { dirty: boolean; toJSON(): object } };
      }[];
      return [
        panel.context.model.dirty,
        JSON.stringify(panel.context.model.toJSON()).includes('so far 45')
      ];
    })
  ).toEqual([false, false]);

  await lab.badge(0).click();
  await page
    .getByRole('menuitemcheckbox', { name: 'Show the run’s outputs' })
    .click();
  await expect(lab.runOutputs(0)).toHaveCount(0);
});

test('outputs come while the run goes on, and only for what is on screen', async ({
  page,
  tmpPath
}) => {
  const gate = new Gate(`gate-outputs-${Date.now()}`);
  const asked: string[] = [];
  page.on('request', request => {
    const url = new URL(request.url());
    if (url.pathname.endsWith('/outputs')) {
      asked.push(url.searchParams.get('step') ?? '');
    }
  });
  const lab = new PipelinePage(page);
  const tall = `${gate.source}\n${'# a long cell\n'.repeat(80)}`;
  await lab.open(`${tmpPath}/growing.ipynb`, [
    step('first', 'print("one")'),
    code(tall),
    code('print("two")'),
    step('far', 'print("far", gate)')
  ]);
  await lab.openPanel();
  await lab.panel.getByRole('button', { name: 'Run', exact: true }).click();
  await lab.panel.getByLabel('Show the run’s outputs').check();
  await expect(lab.runOutputs(0)).toContainText('one');
  await expect(lab.badge(1)).toContainText('this cell');
  await gate.open(page);
  await expect(lab.row('far')).toHaveAttribute('data-state', 'SUCCEEDED');
  expect(asked).not.toContain('far');
  await lab.row('far').getByTitle('Go to the cell of far').click();
  await expect(lab.runOutputs(3)).toContainText('far');
});

test('the executed notebook is kept beside the notebook, once', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/kept.ipynb`,
    [step('say', 'print("said", 6 * 7)')],
    {
      panel: true
    }
  );
  await lab.run();
  await lab.expectState(0, 'SUCCEEDED');
  await lab.panel
    .getByRole('button', { name: 'Open executed notebook' })
    .click();
  const tab = page.getByRole('main').getByRole('tab', { name: /kept\.run-/ });
  await expect(tab).toHaveCount(1);
  await expect(lab.cell(0).locator('.jp-OutputArea').last()).toContainText(
    'said 42'
  );
  await page.activity.activateTab('kept.ipynb');
  // By the keyboard: the run's message may lie above the button.
  await lab.panel
    .getByRole('button', { name: /^Open the executed notebook of the run/ })
    .press('Enter');
  await expect(tab).toHaveAttribute('aria-selected', 'true');
  await expect(tab).toHaveCount(1);
});

test('the panel says that the notebook was edited since the run, also after a reload', async ({
  page,
  tmpPath
}) => {
  const lab = new PipelinePage(page);
  const words = lab.panel.getByText('was edited since this run started');
  await lab.open(`${tmpPath}/edited.ipynb`, [step('say', 'print("then")')]);
  await lab.openPanel();
  await lab.run();
  await lab.expectState(0, 'SUCCEEDED');
  await expect(words).toHaveCount(0);
  await page.notebook.setCell(0, 'code', 'print("now")');
  await expect(words).toBeVisible();
  await page.notebook.save();
  await page.reload({ waitForIsReady: false });
  await lab.openPanel();
  await lab.expectState(0, 'SUCCEEDED');
  await expect(words).toBeVisible();
});
