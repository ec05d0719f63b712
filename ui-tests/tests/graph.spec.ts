/** The graph of the steps: live while typing, of a run, by pointer and by keys, and as a file. */
import { readFile } from 'fs/promises';

import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@jupyterlab/galata';

import { Gate, ICell, step } from '../helpers/notebooks';
import { GraphPage } from '../helpers/graphPage';
import { PipelinePage } from '../helpers/pipelinePage';
import { inTheme } from '../helpers/themes';

const CELLS: ICell[] = [
  step('load', 'rows = [3, 1, 2]\nlimit = 2'),
  step('clean', 'kept = [row for row in rows if row <= limit]'),
  step('count', 'total = len(rows)'),
  step('report', 'print(kept, total)')
];

test('the graph follows the notebook while it is written', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(page, `${tmpPath}/live.ipynb`, CELLS, {
    panel: true
  });
  await lab.panel.getByRole('button', { name: 'Graph' }).click();
  const graph = new GraphPage(page);
  await expect(graph.nodes).toHaveCount(4);
  await expect(graph.edge('limit, rows')).toBeVisible();
  await expect(graph.node('report')).toHaveAccessibleName(
    /after clean, count, takes kept, total/
  );

  const rewrite = async (text: string) => {
    await lab.cell(2).locator('.cm-content').click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.insertText(text);
  };
  await rewrite('total = 3');
  await expect(graph.node('count')).not.toHaveAccessibleName(/takes/);
  await rewrite('total = (');
  await expect(graph.node('count')).toHaveAccessibleName(/has problems/);

  await graph.node('clean').click();
  await expect(lab.cell(1)).toHaveClass(/jp-mod-active/);
});

test('the graph of a run shows its states, a click away from its logs', async ({
  page,
  tmpPath
}) => {
  const gate = new Gate(`gate-graph-${Date.now()}`);
  const lab = await PipelinePage.opened(page, `${tmpPath}/run.ipynb`, [
    step('first', 'x = 1\nprint("one")'),
    {
      source: 'square = n * n + x\nprint(square)',
      metadata: { kfp: { step: 'loop', for_each: 'n in [1, 2, 3]' } }
    },
    step('wait', `y = x\n${gate.source}`),
    step('broken', 'y / 0')
  ]);
  const graph = new GraphPage(page);
  await graph.open();
  await expect(graph.nodes).toHaveCount(4);
  await lab.run();
  await expect(graph.node('first')).toHaveAccessibleName(/Succeeded/);
  await expect(graph.node('wait')).toHaveAccessibleName(/Running/);
  await gate.open(page);
  await expect(graph.node('broken')).toHaveAccessibleName(
    /Failed.*ZeroDivisionError/
  );

  const counts = graph.root.getByRole('button', {
    name: 'Iterations of loop: 3/3 done'
  });
  await counts.click();
  await graph.root
    .getByRole('button', {
      name: 'Open the log of loop, iteration 1: 2, Succeeded'
    })
    .click();
  await expect(page.getByRole('log')).toContainText('5');

  await graph.show();
  await graph.node('first').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Open log' }).click();
  await expect(page.getByRole('log').last()).toContainText('one');

  await graph.show();
  await graph.root.getByRole('button', { name: 'Notebook' }).click();
  await expect(graph.node('first')).not.toHaveAccessibleName(/Succeeded/);
});

test('arrow keys go from step to step, Enter to the cell', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(page, `${tmpPath}/keys.ipynb`, CELLS);
  const graph = new GraphPage(page);
  await graph.open();
  await graph.node('load').focus();
  const onwards = (await graph.isAcross()) ? 'ArrowRight' : 'ArrowDown';
  await page.keyboard.press(onwards);
  await page.keyboard.press(onwards);
  await expect(graph.node('report')).toBeFocused();
  await page.keyboard.press('Home');
  await expect(graph.node('load')).toBeFocused();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(lab.cell(3)).toHaveClass(/jp-mod-active/);
});

test('the graph is saved as a picture of its own', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/picture.ipynb`,
    CELLS
  );
  const graph = new GraphPage(page);
  await graph.open();
  const saved = page.waitForEvent('download');
  await graph.root.getByRole('button', { name: 'Save as SVG' }).click();
  const file = await saved;
  expect(file.suggestedFilename()).toBe('picture.svg');
  const svg = await readFile(await file.path(), 'utf8');
  const drawn = await page.evaluate(text => {
    const file = new DOMParser().parseFromString(text, 'image/svg+xml');
    return {
      root: file.documentElement.nodeName,
      texts: [...file.querySelectorAll('text')].map(each => each.textContent),
      variables: text.includes('var(')
    };
  }, svg);
  expect(drawn.root).toBe('svg');
  expect(drawn.texts).toEqual(
    expect.arrayContaining(['load', 'report', 'limit, rows'])
  );
  expect(drawn.variables).toBe(false);
});

test('300 steps are drawn, moved and followed without waiting', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/many.ipynb`,
    Array.from({ length: 300 }, (_, index) =>
      step(
        `s${index}`,
        index < 3 ? `v${index} = ${index}` : `v${index} = v${index - 3} + 1`
      )
    )
  );
  const graph = new GraphPage(page);
  await graph.open();
  await expect(graph.node('s0')).toBeVisible({ timeout: 60_000 });
  // Only what is in view is in the page, and the last step is one key away.
  expect(await graph.nodes.count()).toBeLessThan(150);
  await graph.node('s0').focus();
  await page.keyboard.press('End');
  await expect(graph.node('s299')).toBeFocused();
  const area = (await graph.canvas.boundingBox())!;
  await page.mouse.move(area.x + area.width / 2, area.y + area.height / 2);
  const slowest = await graph.slowestFrame(async () => {
    for (let turn = 0; turn < 40; turn++) {
      await page.mouse.wheel(0, turn % 2 ? 120 : -90);
    }
  });
  test.info().annotations.push({
    type: 'slowest frame',
    description: `${Math.round(slowest)} ms`
  });
  // Far above what it takes on a free machine: this finds a frame that draws everything anew.
  expect(slowest).toBeLessThan(1000);
});

for (const theme of ['JupyterLab Light', 'JupyterLab Dark']) {
  test.describe(theme, () => {
    test.use({
      mockSettings: inTheme(theme)
    });

    test(`the graph keeps nobody out (${theme})`, async ({ page, tmpPath }) => {
      const lab = new PipelinePage(page);
      await lab.open(`${tmpPath}/axe.ipynb`, [
        ...CELLS,
        {
          source: 'double = 2 * n',
          metadata: { kfp: { step: 'loop', for_each: 'n in [1, 2]' } }
        },
        step('broken', '1 / 0')
      ]);
      const graph = new GraphPage(page);
      await graph.open();
      await expect(graph.nodes).toHaveCount(6);
      expect(await violations()).toEqual([]);
      await lab.run();
      await expect(graph.node('broken')).toHaveAccessibleName(/Failed/);
      await graph.root
        .getByRole('button', { name: /Iterations of loop/ })
        .click();
      expect(await violations()).toEqual([]);

      async function violations(): Promise<string[]> {
        const found = await new AxeBuilder({ page })
          .include('.jp-kfp-Graph')
          .analyze();
        return found.violations.flatMap(each =>
          each.nodes.map(node => `${each.id}: ${node.html.slice(0, 200)}`)
        );
      }
    });
  });
}
