/** The extension leaves alone what is not its own, and says what to do where it cannot work. */
import { expect, test } from '@jupyterlab/galata';

import { code, markdown, step } from '../helpers/notebooks';
import { PipelinePage } from '../helpers/pipelinePage';

test('a notebook that does not use it causes no request and is not changed', async ({
  page,
  tmpPath
}) => {
  const requests: string[] = [];
  page.on('request', request => {
    if (new URL(request.url()).pathname.startsWith('/jupyter-kfp-ext/')) {
      requests.push(request.url());
    }
  });
  const lab = await PipelinePage.opened(page, `${tmpPath}/plain.ipynb`, [
    code('x = 1\nprint("ran", x)')
  ]);
  await page.notebook.runCell(0);
  await expect(lab.cell(0)).toContainText('ran 1');
  expect(requests).toEqual([]);
  await expect(page.locator('.jp-kfp-Badge')).toHaveCount(0);
});

test('a mark can be undone', async ({ page, tmpPath }) => {
  const lab = await PipelinePage.opened(page, `${tmpPath}/undo.ipynb`, [
    code('x = 1'),
    code('y = x')
  ]);
  await lab.makeStep(0, 'load');
  await lab.chooseAtCell(1, 'Role in the pipeline', 'Skipped in the pipeline');
  await expect(lab.badge(1)).toHaveAttribute('data-role', 'skip');
  await lab.chooseAtCell(1, 'Join the step above');
  await expect(lab.badge(1)).toHaveAttribute('data-step', 'load');
  await page.notebook.selectCells(1);
  await page.keyboard.press('Escape');
  await page.keyboard.press('z');
  await expect(lab.badge(1)).toHaveAttribute('data-role', 'skip');
});

test('its entries stand together in the menu of a cell', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(page, `${tmpPath}/menu.ipynb`, [
    step('load', 'x = 1')
  ]);
  await lab.badge(0).waitFor();
  await lab.cell(0).locator('.jp-InputArea-prompt').click({ button: 'right' });
  const items = page.locator(
    '.lm-Menu-item:not(.lm-mod-collapsed):not(.lm-mod-hidden)'
  );
  await expect(items.filter({ hasText: 'Make a step…' })).toBeVisible();
  const words = (
    await items.locator('.lm-Menu-itemLabel').allTextContents()
  ).map(each => each || '-');
  const first = words.indexOf('Run from here as pipeline');
  expect(words.slice(first - 1, first + 10)).toEqual([
    '-',
    'Run from here as pipeline',
    'Run only this step',
    'Make a step…',
    'Rename the step…',
    'Edit options',
    'Join the step above',
    'Split the step here…',
    'Role in the pipeline',
    'Remove mark',
    'Show pipeline graph'
  ]);
});

test('headings make steps, which can be kept', async ({ page, tmpPath }) => {
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/headings.ipynb`,
    [markdown('# Load'), code('x = 1'), markdown('# Use'), code('print(x)')],
    {
      panel: true
    }
  );
  await expect(lab.badge(3)).toHaveAttribute('data-source', 'split');
  await lab.panel.getByRole('button', { name: 'Keep these steps' }).click();
  await expect(lab.badge(3)).toHaveAttribute('data-source', 'metadata');
  await expect(
    lab.panel.getByRole('button', { name: 'Keep these steps' })
  ).toHaveCount(0);
});

test('a cell that is marked by its own text gets no second mark', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(page, `${tmpPath}/magic.ipynb`, [
    code('%%component load\nx = 1')
  ]);
  await expect(lab.badge(0)).toContainText('load');
  await lab.chooseAtCell(0, 'Make a step…');
  await expect(page.getByText(/marked by its first line/)).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('a missing server extension is named with the command that brings it', async ({
  page,
  tmpPath
}) => {
  await page.route(/\/jupyter-kfp-ext\/info/, route =>
    route.fulfill({ status: 404, body: '{}' })
  );
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/missing.ipynb`,
    [code('x = 1')],
    {
      panel: true
    }
  );
  await expect(lab.panel).toContainText('The server extension is missing');
  await expect(lab.panel).toContainText(
    'jupyter server extension enable jupyter_kfp_ext'
  );
  await page.unroute(/\/jupyter-kfp-ext\/info/);
  const again = lab.panel.getByRole('button', { name: 'Try again' });
  await expect(async () => {
    // It asks by itself, too, and may have been first.
    if (await again.isVisible()) {
      await again.click({ timeout: 2000 });
    }
    await expect(lab.panel.getByLabel('Name of the pipeline')).toHaveValue(
      'missing',
      { timeout: 5000 }
    );
  }).toPass();
});

test('the panel says what to do where no notebook is open', async ({
  page
}) => {
  const lab = new PipelinePage(page);
  await lab.openPanel();
  await expect(lab.panel).toContainText('No notebook is open');
});
