/** What a step of a run left: looked at, led to its users, kept, and brought into the kernel. */
import { readFile } from 'fs/promises';

import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@jupyterlab/galata';

import { ICell, step } from '../helpers/notebooks';
import { PipelinePage } from '../helpers/pipelinePage';
import { inTheme } from '../helpers/themes';

const CELLS: ICell[] = [
  step(
    'load',
    [
      'import pandas as pd',
      'people = pd.DataFrame({"age": [31, 42], "city": ["Köln", "Oslo"]})',
      'settings = {"rate": 0.5}',
      'with open("told.csv", "w", encoding="utf-8") as file:',
      '    file.write("name,age\\nÅse,3\\n")',
      'with open("page.html", "w") as file:',
      '    file.write("<script>document.title = 1</script><b>kept</b>")'
    ].join('\n')
  ),
  step('use', 'print(people, settings, open("told.csv").read())')
];

for (const theme of ['Light', 'Dark']) {
  test.describe(`in the ${theme.toLowerCase()} theme`, () => {
    test.use({
      mockSettings: inTheme(`JupyterLab ${theme}`)
    });

    test('values and files of a step are looked at, kept and pulled', async ({
      page,
      tmpPath
    }, info) => {
      const path = `${tmpPath}/results.ipynb`;
      const lab = await PipelinePage.opened(page, path, CELLS, { panel: true });
      await lab.run();
      await lab.expectState(1, 'SUCCEEDED');
      await lab.panel.getByRole('button', { name: 'Results of load' }).click();
      const results = page.locator('.jp-kfp-Results');
      await results
        .getByRole('button', { name: 'people', exact: true })
        .click();
      const table = results.getByRole('region', {
        name: 'Beginning of people'
      });
      await expect(table).toContainText('Köln');
      await expect(results).toContainText('2 rows, 2 columns');

      const csv = results.getByRole('button', {
        name: 'told.csv',
        exact: true
      });
      await csv.click();
      await expect(results).toContainText('Åse');
      await results
        .getByRole('button', { name: 'page.html', exact: true })
        .click();
      const frame = results.frameLocator('iframe');
      await expect(frame.getByText('kept')).toBeVisible();
      const coming = page.waitForEvent('download');
      await results.getByRole('link', { name: 'Download told.csv' }).click();
      const kept = await (await coming).path();
      expect(await readFile(kept, 'utf8')).toBe('name,age\nÅse,3\n');
      await page.screenshot({ path: info.outputPath('results.png') });

      const { violations } = await new AxeBuilder({ page })
        .include('.jp-kfp-Results')
        .exclude('iframe')
        .analyze();
      expect(violations).toEqual([]);

      // By key: just after scrolling, a frame gets the clicks of where it was.
      await results
        .getByRole('button', { name: 'Into the kernel: people' })
        .press('Enter');
      await expect(page.getByText('people is in the kernel.')).toBeVisible();
      await results
        .getByRole('button', { name: 'use', exact: true })
        .first()
        .click();
      await expect(results.getByRole('combobox')).toHaveValue('use');
      await results
        .getByRole('button', { name: 'people, made by load' })
        .click();
      await expect(results.getByRole('combobox')).toHaveValue('load');
    });
  });
}
