/** A notebook is marked, run, broken, mended, cancelled and reloaded, as a user does it. */
import { expect, test } from '@jupyterlab/galata';

import { code, Gate, markdown, step, upload } from '../helpers/notebooks';
import { PipelinePage } from '../helpers/pipelinePage';

test('mark cells by the context menu, run, and watch the badges', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(page, `${tmpPath}/mark.ipynb`, [
    markdown('## Load the data'),
    code('import random\nrows = random.sample(range(10), 10)'),
    code('total = sum(rows)\nprint("total", total)')
  ]);
  await expect(page.locator('.jp-kfp-Badge')).toHaveCount(0);

  await lab.chooseAtCell(1, 'Make a step…');
  const name = page.getByRole('dialog').getByRole('textbox');
  await expect(name).toHaveValue('load-the-data');
  await name.press('Enter');
  await expect(lab.badge(1)).toContainText('load-the-data');
  await lab.makeStep(2, 'add');

  await lab.openPanel();
  await expect(lab.row('add')).toContainText('after load-the-data');
  await lab.run();
  await lab.expectState(1, 'SUCCEEDED');
  await lab.expectState(2, 'SUCCEEDED');
  await expect(lab.row('add')).toHaveAttribute('data-state', 'SUCCEEDED');
  await expect(lab.panel.locator('.jp-kfp-RunList li')).toHaveCount(1);

  await lab.badge(2).click();
  await page.getByRole('menuitem', { name: 'Open log' }).click();
  await expect(page.getByRole('log')).toContainText('total 45');
  await expect(page.getByText('End of the log')).toBeVisible();
});

test('a failing cell shows the error at its line; mend it and run from there', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(page, `${tmpPath}/fail.ipynb`, [
    step('load', 'rows = [1, 2, 0]'),
    step('divide', 'parts = []\nfor row in rows:\n    parts.append(1 / row)')
  ]);
  await lab.run();
  await lab.expectState(0, 'SUCCEEDED');
  await lab.expectState(1, 'FAILED');
  const error = lab.cell(1).getByRole('alert');
  await expect(error).toContainText('ZeroDivisionError');
  await expect(error.locator('[data-failing="true"]')).toContainText(
    'parts.append(1 / row)'
  );
  await error.getByText('Traceback', { exact: true }).click();
  await expect(error.locator('.jp-kfp-Traceback pre')).toContainText(
    'ZeroDivisionError'
  );
  await expect(error.locator('.jp-kfp-Traceback pre')).not.toContainText(
    'kfp_step'
  );

  await error.getByRole('button', { name: 'Fix and run from here' }).click();
  const editor = lab.cell(1).locator('.cm-content');
  await expect(editor).toBeFocused();
  await expect(page.locator('#jp-main-statusbar')).toContainText('Ln 3,');
  await editor.press('ControlOrMeta+a');
  await page.keyboard.insertText('parts = [1 / row for row in rows if row]');
  await error
    .getByRole('button', { name: 'Run from here', exact: true })
    .click();
  await expect(error).toHaveCount(0);
  await lab.expectState(1, 'SUCCEEDED');
  await expect(lab.badge(0)).toContainText('cached');
});

test('cancel a run that would go on', async ({ page, tmpPath }) => {
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/long.ipynb`,
    [
      step('wait', new Gate('never-opened').source),
      step('after', 'print(gate)')
    ],
    {
      panel: true
    }
  );
  await lab.panel.getByRole('button', { name: 'Run', exact: true }).click();
  await lab.expectState(0, 'RUNNING');
  await lab.cancelButton.click();
  await lab.expectState(0, 'CANCELED');
  await expect(lab.row('after')).not.toHaveAttribute('data-state', 'SUCCEEDED');
  await expect(lab.cancelButton).toBeDisabled();
});

test('a run stands still and goes on', async ({ page, tmpPath }) => {
  const gate = new Gate(`gate-${Date.now()}`);
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/pause.ipynb`,
    [step('wait', gate.source)],
    {
      panel: true
    }
  );
  await lab.panel.getByRole('button', { name: 'Run', exact: true }).click();
  await lab.expectState(0, 'RUNNING');
  await lab.panel.getByRole('button', { name: 'Pause the run' }).click();
  await expect(lab.panel.getByText('Paused · ')).toBeVisible();
  await gate.open(page);
  await lab.panel.getByRole('button', { name: 'Go on with the run' }).click();
  await lab.expectState(0, 'SUCCEEDED');
  await expect(
    lab.panel.getByRole('button', { name: 'Pause the run' })
  ).toHaveCount(0);
});

test('a reload in the middle of a run picks it up again', async ({
  page,
  tmpPath
}) => {
  const gate = new Gate(`gate-${Date.now()}`);
  const lab = await PipelinePage.opened(page, `${tmpPath}/reload.ipynb`, [
    step('first', 'x = 1'),
    step('wait', `y = x\n${gate.source}`),
    step('last', 'print(x, y)')
  ]);
  await lab.run();
  await lab.expectState(1, 'RUNNING');
  await page.notebook.save();
  await page.reload({ waitForIsReady: false });
  await lab.expectState(0, 'SUCCEEDED');
  await lab.expectState(1, 'RUNNING');
  await gate.open(page);
  await lab.expectState(1, 'SUCCEEDED');
  await lab.expectState(2, 'SUCCEEDED');
});

test('right-click another notebook in the file browser and run it', async ({
  page,
  tmpPath
}) => {
  await upload(page, `${tmpPath}/other.ipynb`, [
    markdown('# One'),
    code('a = 1'),
    markdown('# Two'),
    code('print(a + 1)')
  ]);
  await page.filebrowser.openDirectory(tmpPath);
  await page
    .getByRole('listitem', { name: /other\.ipynb/ })
    .click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Run as pipeline' }).click();
  await expect(page.getByText('other: Succeeded')).toBeVisible();
});

test('a parameter typed in the panel is for the next run only', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/parameters.ipynb`,
    [
      { source: 'rate = 0.5', metadata: { kfp: { role: 'parameters' } } },
      step('show', 'print("rate is", rate)')
    ],
    {
      panel: true
    }
  );
  await lab.panel.getByLabel('rate', { exact: true }).fill('2.25');
  await lab.panel.getByRole('button', { name: 'Run', exact: true }).click();
  await lab.expectState(1, 'SUCCEEDED');
  await lab.panel.getByRole('button', { name: 'Open the log of show' }).click();
  await expect(page.getByRole('log')).toContainText('rate is 2.25');
  expect(await page.notebook.getCellTextInput(0)).toContain('rate = 0.5');
});

test('what is wrong is said at once and jumps to its line', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/broken.ipynb`,
    [step('load', 'x = 1'), step('broken', 'y = 2\nz = (1,')],
    {
      panel: true
    }
  );
  const problem = lab.panel.locator('[data-code="syntax-error"]');
  await expect(problem).toContainText('Cell 2, line 2');
  await problem.getByRole('button').click();
  await expect(lab.cell(1).locator('.cm-content')).toBeFocused();
  await lab.run();
  await expect(page.getByText(/broken\.ipynb did not run/)).toBeVisible();
});

test('a second tab sees the run that the first one started', async ({
  page,
  baseURL,
  tmpPath
}) => {
  const gate = new Gate(`gate-two-${Date.now()}`);
  const lab = await PipelinePage.opened(page, `${tmpPath}/tabs.ipynb`, [
    step('wait', gate.source),
    step('last', 'print(gate)')
  ]);
  const other = await page.context().newPage();
  await other.goto(`${baseURL}/lab/tree/${tmpPath}/tabs.ipynb`);
  const second = new PipelinePage(other);
  await expect(second.badge(0)).toContainText('wait');
  await lab.run();
  await second.expectState(0, 'RUNNING');
  await gate.open(page);
  await second.expectState(1, 'SUCCEEDED');
  await lab.expectState(1, 'SUCCEEDED');
  await other.close();
});
