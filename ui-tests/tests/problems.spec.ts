/** Problems in the cells and in the panel, while one types, and the fixes that mend them. */
import { expect, test } from '@jupyterlab/galata';

import { code, ICell, step } from '../helpers/notebooks';
import { PipelinePage } from '../helpers/pipelinePage';
import { inTheme } from '../helpers/themes';

const CELLS: ICell[] = [
  step('load', 'images = [1, 2]\nprint(len(imges))'),
  step('link', 'import socket\nlink = socket.socket()'),
  step('use', 'with link:\n    print(images)'),
  step('draw', 'import numpy as np\nprint(np.random.rand(2))')
];

test('a misspelt name is underlined, explained, mended and undone', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/problems.ipynb`,
    CELLS
  );
  const mark = lab.cell(0).locator('.jp-kfp-Mark-error');
  await expect(mark).toHaveText('imges');

  await mark.hover();
  const tooltip = page.locator('.cm-tooltip-lint');
  await expect(tooltip).toContainText('imges is not defined');
  await tooltip.getByRole('button', { name: 'Write images for imges' }).click();
  await expect(lab.cell(0).locator('.cm-content')).toContainText('len(images)');
  await expect(lab.cell(0).locator('.jp-kfp-Mark-error')).toHaveCount(0);
  await expect(lab.cell(0)).toHaveClass(/jp-mod-active/);

  await page.evaluate(() =>
    window.jupyterapp.commands.execute('notebook:undo-cell-action')
  );
  await expect(lab.cell(0).locator('.jp-kfp-Mark-error')).toHaveText('imges');
});

test('the panel lists problems by cell, filters them and mends them', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(page, `${tmpPath}/panel.ipynb`, CELLS, {
    panel: true
  });
  const problems = lab.panel.getByRole('region', { name: 'Problems' });
  await expect(lab.panel.locator('.jp-kfp-Header-problems')).toContainText(
    '2 errors'
  );
  await expect(problems.getByRole('list', { name: 'Cell 1' })).toContainText(
    'imges is not defined'
  );
  const hints = problems.getByRole('button', { name: '1 hint' });
  await hints.click();
  await expect(problems).not.toContainText('caching');
  await hints.click();
  await expect(problems).toContainText('caching');

  await problems
    .getByRole('button', { name: "Put 'link' and 'use' into one step" })
    .click();
  await expect(lab.badge(2)).toContainText('link');
  await expect(problems).not.toContainText('link is a socket');
});

test('marks follow the typing and go with the mistake', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(page, `${tmpPath}/typing.ipynb`, [
    step('a', 'x = 1'),
    code('')
  ]);
  await lab.cell(1).locator('.cm-content').click();
  await page.keyboard.type('print(zzz)');
  const mark = lab.cell(1).locator('.jp-kfp-Mark-error');
  await expect(mark).toHaveText('zzz');
  await page.keyboard.press('Home');
  await page.keyboard.type('zzz = 2; ');
  await expect(mark).toHaveCount(0);
});

for (const theme of ['JupyterLab Light', 'JupyterLab Dark']) {
  test.describe(theme, () => {
    test.use({
      mockSettings: inTheme(theme)
    });

    for (const width of [700, 1280]) {
      test(`problems fit into a window of ${width} (${theme})`, async ({
        page,
        tmpPath
      }, info) => {
        await page.setViewportSize({ width, height: 800 });
        const lab = new PipelinePage(page);
        await lab.open(`${tmpPath}/look.ipynb`, CELLS);
        await page.sidebar.close('left');
        await lab.openPanel();
        const list = lab.panel.locator('.jp-kfp-ProblemList');
        await expect(list).toContainText('imges is not defined');
        const overflow = await list.evaluate(
          node => node.scrollWidth - node.clientWidth
        );
        expect(overflow).toBeLessThanOrEqual(1);
        await lab.cell(0).locator('.jp-kfp-Mark-error').hover();
        await expect(page.locator('.cm-tooltip-lint')).toBeVisible();
        await page.screenshot({ path: info.outputPath('problems.png') });
      });
    }
  });
}
