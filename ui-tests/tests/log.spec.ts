/** The log of a step: of any length, followed, searched, wrapped, kept, for each iteration. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@jupyterlab/galata';

import { Gate, step } from '../helpers/notebooks';
import { PipelinePage } from '../helpers/pipelinePage';
import { inTheme } from '../helpers/themes';

test('a log of 100 MB opens, scrolls and is searched', async ({
  page,
  tmpPath
}, info) => {
  test.setTimeout(240_000);
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/long.ipynb`,
    [
      step(
        'prints',
        [
          'import sys',
          'for n in range(1_300_000):',
          "    sys.stdout.write(f'line {n:07d} of a log that goes on and on, as logs of training do, epoch\\n')"
        ].join('\n')
      )
    ],
    {
      panel: true
    }
  );
  await lab.run();
  await lab.expectState(0, 'RUNNING');
  await expect(lab.badge(0)).toHaveAttribute('data-state', 'SUCCEEDED', {
    timeout: 120_000
  });
  const log = page.getByRole('log');
  const opened = Date.now();
  await lab.panel
    .getByRole('button', { name: 'Open the log of prints' })
    .click();
  await expect(log).toContainText('line 1299999');
  const opening = Date.now() - opened;

  // The middle of it, and its beginning: only what is seen is in the page.
  const frames = await log.evaluate(async node => {
    const took: number[] = [];
    const height = node.scrollHeight;
    let last = performance.now();
    for (let step = 0; step <= 120; step++) {
      node.scrollTop = (height * (120 - step)) / 120;
      await new Promise(done => requestAnimationFrame(done));
      const now = performance.now();
      took.push(now - last);
      last = now;
    }
    return took.sort((a, b) => a - b);
  });
  await expect(log).toContainText('line 0000000');
  expect(await log.locator('.jp-kfp-Log-block').count()).toBeLessThan(12);

  const searched = Date.now();
  await page.getByLabel('Search the log').fill('line 0650');
  await expect(page.locator('.jp-kfp-Log-count')).toHaveText(/1 of/);
  const searching = Date.now() - searched;
  await info.attach('times', {
    body: JSON.stringify({
      opening,
      searching,
      frameMedian: frames[60],
      frameWorst: frames[frames.length - 1]
    })
  });
  console.log(
    `opened in ${opening} ms, searched in ${searching} ms, ` +
      `frames ${frames[60].toFixed(0)} ms (median), ${frames[frames.length - 1].toFixed(0)} ms (worst)`
  );
  await page.screenshot({ path: info.outputPath('found.png') });
});

test('it follows until the reader scrolls up, finds, wraps and is kept', async ({
  page,
  tmpPath
}, info) => {
  const gate = new Gate(`log-${Date.now()}`);
  const lab = new PipelinePage(page);
  const print =
    'for n in range(400):\n    print(f"\\x1b[32mepoch {n}\\x1b[0m loss {1 / (n + 1):.3f}", "x" * 300)';
  await lab.open(`${tmpPath}/follow.ipynb`, [
    step('waits', `${print}\n${gate.source}\nprint("the end")`)
  ]);
  await lab.openPanel();
  await lab.run();
  await lab.panel
    .getByRole('button', { name: 'Open the log of waits' })
    .click();
  const log = page.getByRole('log');
  const follow = page.getByRole('checkbox', { name: 'Follow' });
  await expect(log).toContainText('epoch 399');
  await expect(follow).toBeChecked();
  await expect(log.locator('.ansi-green-fg').first()).toBeVisible();

  await log.evaluate(node => {
    node.scrollTop = 0;
  });
  await expect(follow).not.toBeChecked();
  await expect(log).toContainText('epoch 0 ');
  await gate.open(page);
  await lab.expectState(0, 'SUCCEEDED');
  await expect(log).not.toContainText('the end');
  await follow.check();
  await expect(log).toContainText('the end');

  const search = page.getByLabel('Search the log');
  await search.fill('EPOCH 39');
  await expect(page.locator('.jp-kfp-Log-count')).toHaveText('1 of 11');
  await search.press('Enter');
  await expect(page.locator('.jp-kfp-Log-count')).toHaveText('2 of 11');
  await search.press('Shift+Enter');
  await expect(page.locator('.jp-kfp-Log-count')).toHaveText('1 of 11');
  await expect(log).toContainText('epoch 39 ');
  await search.fill('nowhere');
  await expect(page.locator('.jp-kfp-Log-count')).toHaveText('not found');

  const wide = () =>
    log.evaluate(node => node.scrollWidth > node.clientWidth + 1);
  expect(await wide()).toBe(true);
  await page.getByRole('checkbox', { name: 'Wrap' }).check();
  await expect.poll(wide).toBe(false);
  await page.screenshot({ path: info.outputPath('wrapped.png') });

  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download the whole log' }).click();
  expect((await download).suggestedFilename()).toContain('waits.log');
});

test('each iteration and each attempt has its own', async ({
  page,
  tmpPath
}) => {
  const lab = await PipelinePage.opened(
    page,
    `${tmpPath}/loop.ipynb`,
    [
      {
        source: [
          'import os',
          'print("item is", item)',
          'print("try", os.environ["KFP_RETRY_INDEX"])',
          'assert item != 20 or os.environ["KFP_RETRY_INDEX"] == "1"'
        ].join('\n'),
        metadata: {
          kfp: {
            step: 'each',
            for_each: 'item in [10, 20, 30]',
            retries: { count: 1 }
          }
        }
      }
    ],
    {
      panel: true
    }
  );
  await lab.run();
  await lab.expectState(0, 'SUCCEEDED');
  await lab.panel.getByRole('button', { name: 'Open the log of each' }).click();
  const part = page.getByLabel('Part of the log');
  await part.selectOption('each[1]');
  await expect(page.getByRole('log')).toContainText('item is 20');
  await part.selectOption('each[1]@1');
  await expect(page.getByRole('log')).toContainText('try 0');
  await expect(page.getByRole('log')).not.toContainText('try 1');
  await part.selectOption('each[1]@2');
  await expect(page.getByRole('log')).toContainText('try 1');
  await expect(page.getByRole('log')).not.toContainText('try 0');
});

for (const theme of ['JupyterLab Light', 'JupyterLab Dark']) {
  test.describe(theme, () => {
    test.use({
      mockSettings: inTheme(theme)
    });

    test(`a log keeps nobody out (${theme})`, async ({
      page,
      tmpPath
    }, info) => {
      const lab = new PipelinePage(page);
      await lab.open(`${tmpPath}/axe.ipynb`, [
        step('prints', 'for n in range(100):\n    print("line", n)')
      ]);
      await lab.openPanel();
      await lab.run();
      await lab.expectState(0, 'SUCCEEDED');
      await lab.panel
        .getByRole('button', { name: 'Open the log of prints' })
        .click();
      await expect(page.getByRole('log')).toContainText('line 99');
      await page.getByLabel('Search the log').fill('line 5');
      await expect(page.locator('.jp-kfp-Log-count')).toHaveText('1 of 11');
      const found = await new AxeBuilder({ page })
        .include('.jp-kfp-Log')
        .analyze();
      expect(found.violations).toEqual([]);
      await page.screenshot({ path: info.outputPath('log.png') });
    });
  });
}
