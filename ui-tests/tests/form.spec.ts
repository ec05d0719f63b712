/** Editing a pipeline: options by forms, names in place, steps made, cut and joined. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@jupyterlab/galata';
import { IJupyterLabPageFixture } from '@jupyterlab/galata';

import { code, ICell, markdown, step } from '../helpers/notebooks';
import { PipelinePage } from '../helpers/pipelinePage';
import { inTheme } from '../helpers/themes';

const CELLS: ICell[] = [
  step('load', 'rows = list(range(10))'),
  code('rows = rows[1:]'),
  {
    source: 'total = sum(rows)\nprint(total)',
    metadata: { kfp: { step: 'train', memory: '1Gi', env: { MODE: 'fast' } } }
  },
  code('%%component report --cpu 1\nprint("total", total)')
];

/** The `kfp` metadata of each cell, and its first line. */
async function marks(
  page: IJupyterLabPageFixture
): Promise<[unknown, string][]> {
  return page.evaluate(() => {
    const panel = window.jupyterapp.shell.currentWidget as any;
    return [...panel.content.model.cells].map((cell: any) => [
      cell.getMetadata('kfp') ?? null,
      cell.sharedModel.getSource().split('\n')[0]
    ]);
  });
}

async function undo(page: IJupyterLabPageFixture): Promise<void> {
  await page.evaluate(() =>
    window.jupyterapp.commands.execute('notebook:undo-cell-action')
  );
}

test('options are edited by a form, checked as typed, written and undone', async ({
  page,
  tmpPath
}, info) => {
  const lab = await PipelinePage.opened(page, `${tmpPath}/form.ipynb`, CELLS, {
    panel: true
  });
  await lab.panel.getByRole('button', { name: 'Options of train' }).click();
  const form = lab.panel.getByRole('form', { name: 'Options of train' });
  const memory = form.getByLabel('Memory', { exact: true });
  await expect(memory).toHaveValue('1Gi');

  await memory.fill('8');
  await expect(form.getByRole('alert')).toContainText('a size with its unit');
  await memory.fill('8Gi');
  await expect(form.getByRole('alert')).toHaveCount(0);
  await memory.press('Enter');
  await expect
    .poll(async () => (await marks(page))[2][0])
    .toMatchObject({ memory: '8Gi', env: { MODE: 'fast' } });
  await undo(page);
  await expect(memory).toHaveValue('1Gi');

  await form.getByRole('button', { name: 'Reset Memory', exact: true }).click();
  await expect
    .poll(async () => (await marks(page))[2])
    .toEqual([{ step: 'train', env: { MODE: 'fast' } }, 'total = sum(rows)']);

  await form.getByRole('button', { name: 'Add to Environment' }).click();
  await page.keyboard.type('LEVEL');
  await page.keyboard.press('Tab');
  await page.keyboard.type('2');
  await page.keyboard.press('Enter');
  await expect
    .poll(async () => (await marks(page))[2][0])
    .toMatchObject({ env: { MODE: 'fast', LEVEL: '2' } });
  await page.screenshot({ path: info.outputPath('form.png') });
});

test('a magic line is rewritten, and defaults show through', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(page, `${tmpPath}/magic.ipynb`, CELLS, {
    panel: true
  });
  await lab.panel.getByRole('button', { name: 'Pipeline settings' }).click();
  const every = lab.panel.getByRole('form', { name: 'Options of every step' });
  await every.getByRole('button', { name: 'Resources' }).click();
  await every.getByLabel('Memory', { exact: true }).fill('2Gi');
  await every.getByLabel('Memory', { exact: true }).press('Enter');

  await lab.panel.getByRole('button', { name: 'Options of report' }).click();
  const form = lab.panel.getByRole('form', { name: 'Options of report' });
  await expect(form.getByLabel('Memory', { exact: true })).toHaveAttribute(
    'placeholder',
    '2Gi'
  );
  await form.getByLabel('GPU', { exact: true }).fill('1');
  await form.getByLabel('GPU', { exact: true }).press('Enter');
  await expect
    .poll(async () => (await marks(page))[3])
    .toEqual([null, '%%component report --cpu 1 --gpu 1']);
});

test('a step is renamed where its name stands, by keyboard too', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(page, `${tmpPath}/rename.ipynb`, CELLS);
  await lab.badge(0).click();
  await page.getByRole('menuitem', { name: 'Rename the step…' }).click();
  const field = lab.cell(0).getByRole('textbox', { name: /New name/ });
  await field.fill('read the rows');
  await field.press('Enter');
  await expect(lab.badge(0)).toContainText('read the rows');
  await expect(lab.badge(1)).toContainText('read the rows, continued');

  await lab.badge(3).focus();
  await page.keyboard.press('F2');
  await page.keyboard.type('say');
  await page.keyboard.press('Enter');
  await expect(lab.badge(3)).toContainText('say');
  await expect
    .poll(async () => (await marks(page))[3])
    .toEqual([null, '%%component say --cpu 1']);

  await lab.badge(2).focus();
  await page.keyboard.press('F2');
  await page.keyboard.type('say');
  await page.keyboard.press('Enter');
  await expect(page.getByText('There is a step `say` already')).toBeVisible();
  await expect(lab.badge(2)).toContainText('train');
});

test('steps are cut and joined, each by one undo', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/cut.ipynb`,
    CELLS.slice(0, 3)
  );
  await lab.chooseAtCell(1, 'Split the step here…');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').fill('clean');
  await dialog.getByRole('textbox').press('Enter');
  await expect(lab.badge(1)).toContainText('clean');
  await lab.chooseAtCell(1, 'Join the step above');
  await expect(lab.badge(1)).toContainText('load, continued');
  await undo(page);
  await expect(lab.badge(1)).toContainText('clean');

  await lab.cell(0).locator('.jp-InputArea-prompt').click();
  await lab
    .cell(2)
    .locator('.jp-InputArea-prompt')
    .click({ modifiers: ['Shift'] });
  await page.keyboard.press('Alt+Shift+J');
  await expect(lab.badge(2)).toContainText('load, continued');
  await undo(page);
  await expect(lab.badge(2)).toContainText('train');
});

test('headings show the steps they would give, and one is kept by renaming it', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/ghost.ipynb`,
    [markdown('# Load'), code('x = 1'), markdown('# Use'), code('print(x)')],
    {
      panel: true
    }
  );
  await expect(lab.badge(1)).toHaveAttribute('data-source', 'split');
  await lab.badge(3).focus();
  await page.keyboard.press('F2');
  await page.keyboard.type('show');
  await page.keyboard.press('Enter');
  await expect(lab.badge(3)).toHaveAttribute('data-source', 'metadata');
  expect((await marks(page)).map(each => each[0])).toEqual([
    null,
    { step: 'Load' },
    null,
    { step: 'show' }
  ]);
  await undo(page);
  await expect(lab.badge(1)).toHaveAttribute('data-source', 'split');
});

for (const theme of ['JupyterLab Light', 'JupyterLab Dark']) {
  test.describe(theme, () => {
    test.use({
      mockSettings: inTheme(theme)
    });

    test(`the forms keep nobody out, at 240 pixels too (${theme})`, async ({
      page,
      tmpPath
    }, info) => {
      const lab = new PipelinePage(page);
      await lab.open(`${tmpPath}/axe.ipynb`, CELLS);
      await lab.openPanel();
      await lab.panel.getByRole('button', { name: 'Options of train' }).click();
      const form = lab.panel.getByRole('form', { name: 'Options of train' });
      await form.getByRole('button', { name: 'Volumes' }).click();
      await form
        .getByRole('button', { name: 'Add to Volumes', exact: true })
        .click();
      await form.getByLabel('Memory', { exact: true }).fill('8');
      await lab.panel
        .getByRole('button', { name: 'Pipeline settings' })
        .click();
      const found = await new AxeBuilder({ page })
        .include('.jp-kfp-Panel')
        .analyze();
      expect(
        found.violations.flatMap(each =>
          each.nodes.map(node => `${each.id}: ${node.html.slice(0, 200)}`)
        )
      ).toEqual([]);
      await lab.panel.screenshot({ path: info.outputPath('wide.png') });
      await lab.panel.evaluate(node => {
        node.style.width = '240px';
      });
      expect(
        await lab.panel.evaluate(node => node.scrollWidth - node.clientWidth)
      ).toBeLessThanOrEqual(1);
      await form.scrollIntoViewIfNeeded();
      await lab.panel.screenshot({ path: info.outputPath('narrow.png') });
    });
  });
}
