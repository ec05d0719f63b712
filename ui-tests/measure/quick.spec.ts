/** Measures how quick the interface is, and prints it; docs/interface.md says what came out. */
import {
  expect,
  galata,
  IJupyterLabPageFixture,
  test
} from '@jupyterlab/galata';
import { Browser } from '@playwright/test';

import { code, ICell, step } from '../helpers/notebooks';
import { PipelinePage } from '../helpers/pipelinePage';
import { RunsPage } from '../helpers/runsPage';

const OURS = 'jupyter-kfp-ext';

test.use({
  mockSettings: {
    ...galata.DEFAULT_SETTINGS,
    'jupyter-kfp-ext:plugin': { hints: false, notifications: false }
  }
});

function say(what: string, times: number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  console.log(
    `MEASURED ${what}: median ${at(0.5).toFixed(0)} ms, 95 % ${at(0.95).toFixed(0)} ms, ` +
      `worst ${at(1).toFixed(0)} ms, of ${sorted.length}`
  );
}

test('from the end of a step to its badge', async ({ page, tmpPath }) => {
  const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
  const cells = names.map((name, index) =>
    step(
      name,
      `import time\nx${index} = ${index ? `x${index - 1}` : 0}\nprint("ended", time.time())`
    )
  );
  const lab = new PipelinePage(page);
  await lab.open(`${tmpPath}/chain.ipynb`, cells);
  await lab.badge(0).waitFor();
  await page.evaluate(() => {
    const seen: Record<string, number> = {};
    Object.assign(window, { kfpSeen: seen });
    new MutationObserver(() => {
      document
        .querySelectorAll<HTMLElement>('.jp-kfp-Badge[data-state="SUCCEEDED"]')
        .forEach(({ dataset }) => (seen[dataset.step ?? ''] ??= Date.now()));
    }).observe(document.body, {
      subtree: true,
      attributes: true,
      childList: true
    });
  });
  await lab.run();
  await lab.openPanel();
  await expect(lab.row('s11')).toHaveAttribute('data-state', 'SUCCEEDED', {
    timeout: 60_000
  });
  const times = await page.evaluate(async () => {
    const { kfpSeen } = window as unknown as {
      kfpSeen: Record<string, number>;
    };
    const base = `${location.origin}/jupyter-kfp-ext/runs`;
    const { runs } = await (await fetch(`${base}?limit=1`)).json();
    const took: number[] = [];
    for (const [name, seen] of Object.entries(kfpSeen)) {
      const log = `${base}/${runs[0].id}/steps/${name}/log/window`;
      const { text } = await (await fetch(log)).json();
      took.push(seen - 1000 * Number(/ended ([\d.]+)/.exec(text)?.[1]));
    }
    return took;
  });
  expect(times.length).toBeGreaterThan(3);
  say('last line of a step (its values are still saved) to its badge', times);
});

test('opening the list of 10,000 runs on disk', async ({ page, tmpPath }) => {
  test.setTimeout(300_000);
  const lab = new PipelinePage(page);
  await lab.open(`${tmpPath}/many.ipynb`, [
    step('only', 'x = 1'),
    {
      metadata: { kfp: { role: 'skip' } },
      source: [
        'import os, pathlib',
        'runs = pathlib.Path(os.environ["JUPYTER_KFP_HOME"]) / "runs"',
        'first = max(runs.iterdir())',
        'texts = {n: (first / n).read_text() for n in ("run.json", "result.json")}',
        'for n in range(10_000):',
        '    new = runs / f"20200101-{n // 1000:06d}-{n % 1000:06d}"',
        '    new.mkdir(exist_ok=True)',
        '    for name, text in texts.items():',
        '        (new / name).write_text(text.replace(first.name, new.name))',
        'print("made", n)'
      ].join('\n')
    }
  ]);
  await lab.badge(0).waitFor();
  await lab.run();
  await lab.expectState(0, 'SUCCEEDED');
  await page.notebook.runCell(1);
  await expect(lab.cell(1)).toContainText('made 9999', { timeout: 120_000 });
  const runs = new RunsPage(page);
  const opened = Date.now();
  await runs.open();
  await expect(runs.rows.first()).toBeVisible();
  const shown = Date.now() - opened;
  await expect(runs.root.getByRole('status')).toContainText(/^1\d{4} runs/, {
    timeout: 120_000
  });
  say('list of 10,000 runs: first page shown', [shown]);
  say('list of 10,000 runs: all read', [Date.now() - opened]);
});

/** Milliseconds from each key to the next frame, while 120 letters are typed into a cell. */
async function typed(page: IJupyterLabPageFixture): Promise<number[]> {
  await page.notebook.enterCellEditingMode(0);
  await page.evaluate(() => {
    const took: number[] = [];
    Object.assign(window, { kfpTook: took });
    document.addEventListener(
      'keydown',
      () => {
        const began = performance.now();
        requestAnimationFrame(() =>
          setTimeout(() => took.push(performance.now() - began))
        );
      },
      { capture: true }
    );
  });
  await page.keyboard.press('End');
  await page.keyboard.type(' + 1'.repeat(30), { delay: 40 });
  return page.evaluate(
    () => (window as unknown as { kfpTook: number[] }).kfpTook
  );
}

for (const marked of [false, true]) {
  const what = marked ? 'with 250 steps and the panel' : 'not a pipeline';
  test(`typing in 500 cells, ${what}`, async ({ page, tmpPath }) => {
    const cells: ICell[] = Array.from({ length: 500 }, (_, index) =>
      marked && index % 2 === 0
        ? step(`s${index}`, `x${index} = ${index ? `x${index - 2}` : 1}`)
        : code(`print(${marked ? `x${index - 1}` : index})`)
    );
    const lab = new PipelinePage(page);
    await lab.open(`${tmpPath}/typing.ipynb`, cells);
    if (marked) {
      await lab.openPanel();
      await lab.row('s0').waitFor();
    }
    say(`key to frame in 500 cells, ${what}`, await typed(page));
  });
}

test.describe('start', () => {
  /**
   * In pages of their own, with no request answered by the test: where one is, the browser keeps
   * no files, and each start would load all of JupyterLab anew.
   */
  async function startPage(
    browser: Browser,
    without: boolean
  ): Promise<() => Promise<{ wall: number; busy: number }>> {
    const page = await (await browser.newContext()).newPage();
    if (without) {
      await page.addInitScript(name => {
        const take = (): boolean => {
          const config = document.getElementById('jupyter-config-data');
          if (!config?.textContent) {
            return false;
          }
          const said = JSON.parse(config.textContent);
          said.federated_extensions = said.federated_extensions.filter(
            (each: { name: string }) => each.name !== name
          );
          config.textContent = JSON.stringify(said);
          return true;
        };
        const observer = new MutationObserver(() => {
          if (take()) {
            observer.disconnect();
          }
        });
        observer.observe(document, { childList: true, subtree: true });
      }, OURS);
    }
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const busy = async (): Promise<number> => {
      const { metrics } = await session.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'TaskDuration')!.value * 1000;
    };
    return async () => {
      await page.goto('about:blank');
      const before = await busy();
      const began = Date.now();
      await page.goto(`${process.env.TARGET_URL}/lab?reset`);
      await page.locator('.jp-Launcher').waitFor();
      await page.evaluate(() => window.jupyterapp.restored);
      const wall = Date.now() - began;
      const there = await page.evaluate(() =>
        window.jupyterapp.commands.hasCommand('kfp:run')
      );
      expect(there).toBe(!without);
      return { wall, busy: (await busy()) - before };
    };
  }

  test('JupyterLab with and without the extension', async ({ browser }) => {
    test.setTimeout(400_000);
    const starts = [
      await startPage(browser, false),
      await startPage(browser, true)
    ];
    await starts[0]();
    await starts[1]();
    const wall: number[][] = [[], []];
    const busy: number[][] = [[], []];
    for (let pair = 0; pair < 12; pair++) {
      for (const which of pair % 2 ? [1, 0] : [0, 1]) {
        const took = await starts[which]();
        wall[which].push(took.wall);
        busy[which].push(took.busy);
      }
    }
    const differences = ([ours, without]: number[][]) =>
      ours.map((each, pair) => each - without[pair]);
    say('start of JupyterLab with the extension', wall[0]);
    say('start of JupyterLab without it', wall[1]);
    say('difference of each pair', differences(wall));
    say('processor time of the page, with the extension', busy[0]);
    say('processor time of the page, without it', busy[1]);
    say('its difference of each pair', differences(busy));
  });
});
