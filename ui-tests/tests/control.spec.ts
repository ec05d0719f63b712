/** How far a loop is, what a condition left out and what the kernel's values weigh, for everyone. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@jupyterlab/galata';

import { ICell, step } from '../helpers/notebooks';
import { PipelinePage } from '../helpers/pipelinePage';
import { inTheme } from '../helpers/themes';

function controlled(
  name: string,
  source: string,
  options: Record<string, string>
): ICell {
  return { source, metadata: { kfp: { step: name, ...options } } };
}

const CELLS: ICell[] = [
  step('load', 'images = [1, 2, 3]'),
  controlled('each', 'print(i)', { for_each: 'i in images' }),
  controlled('never', 'print("never")', { when: 'len(images) > 3' }),
  step('broken', 'images[7]')
];

for (const [theme, width] of [
  ['JupyterLab Light', 1280],
  ['JupyterLab Dark', 700]
] as const) {
  test.describe(theme, () => {
    test.use({
      mockSettings: inTheme(theme)
    });

    test(`loops, conditions and kernel values are shown (${theme})`, async ({
      page,
      tmpPath
    }, info) => {
      await page.setViewportSize({ width, height: 800 });
      const lab = new PipelinePage(page);
      await lab.open(`${tmpPath}/control.ipynb`, CELLS);
      await page.sidebar.close('left');
      await lab.openPanel();
      await lab.run();
      await lab.expectState(3, 'FAILED');
      await lab.expectState(2, 'SKIPPED');
      await expect(lab.row('each')).toContainText('3/3');

      await page.notebook.runCell(0);
      await lab.panel
        .getByRole('button', { name: 'Look at the kernel’s values' })
        .click();
      await expect(
        lab.panel.getByRole('list', { name: 'Values between steps' })
      ).toContainText('images');
      // Words of more than one line stay within their button.
      const overflow = await lab.panel
        .getByRole('button', { name: 'Stop looking at the kernel’s values' })
        .evaluate(node => node.scrollHeight - node.clientHeight);
      expect(overflow).toBeLessThanOrEqual(0);
      await page.screenshot({ path: info.outputPath('control.png') });

      const { violations } = await new AxeBuilder({ page })
        .include('.jp-kfp-Panel')
        .include('.jp-kfp-CellBadge')
        .analyze();
      expect(violations.map(each => each.id)).toEqual([]);
    });
  });
}
