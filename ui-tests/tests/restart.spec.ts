/** The server dies in the middle of a run and comes back: the run goes on, and the view heals. */
import { IJupyterLabPageFixture } from '@jupyterlab/galata';
import { expect, test } from '@playwright/test';
import { ChildProcess, spawn } from 'child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';

import { Gate, notebookText, step } from '../helpers/notebooks';
import { PipelinePage } from '../helpers/pipelinePage';

const PORT = Number(process.env.KFP_UI_TESTS_PORT ?? '8897') + 1;

/** A JupyterLab of the test's own, which may be killed. */
class OwnServer {
  readonly root = mkdtempSync(join(tmpdir(), 'kfp-ui-tests-restart-'));
  readonly url = `http://localhost:${PORT}`;

  async start(): Promise<void> {
    this.process = spawn(
      'jupyter',
      [
        'lab',
        '--config',
        join(__dirname, '..', 'jupyter_server_test_config.py'),
        `--port=${PORT}`
      ],
      {
        stdio: 'ignore',
        env: {
          ...process.env,
          KFP_UI_TESTS_ROOT: this.root,
          JUPYTER_KFP_HOME: join(this.root, '.kfp-home')
        }
      }
    );
    await expect.poll(() => this.answers(), { timeout: 60_000 }).toBe(true);
  }

  /** End it as a crash does: it gets no chance to tell anyone. */
  async kill(): Promise<void> {
    const { process: running } = this;
    if (running && running.exitCode === null && !running.killed) {
      const gone = new Promise(resolve => running.once('exit', resolve));
      running.kill('SIGKILL');
      await gone;
    }
  }

  private async answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/api`)).ok;
    } catch {
      return false;
    }
  }

  private process: ChildProcess | null = null;
}

test('a run outlives its server, and the view heals', async ({ page }) => {
  test.setTimeout(240_000);
  const server = new OwnServer();
  const gate = new Gate('gate');
  writeFileSync(
    join(server.root, 'outlives.ipynb'),
    notebookText([
      step('first', 'x = 1'),
      step('wait', `y = x\n${gate.source}`),
      step('last', 'print("x and y", x, y)')
    ])
  );
  try {
    await server.start();
    await page.goto(`${server.url}/lab/tree/outlives.ipynb`);
    const lab = new PipelinePage(page as IJupyterLabPageFixture);
    await expect(lab.badge(0)).toContainText('first');
    await lab.openPanel();
    await lab.panel.getByRole('button', { name: 'Run', exact: true }).click();
    await lab.expectState(1, 'RUNNING');

    await server.kill();
    await expect(lab.panel).toContainText('The server does not answer', {
      timeout: 60_000
    });
    await lab.expectState(1, 'RUNNING');
    writeFileSync(join(server.root, 'gate'), 'open');

    await server.start();
    await expect(lab.row('last')).toHaveAttribute('data-state', 'SUCCEEDED', {
      timeout: 90_000
    });
    await expect(lab.panel).not.toContainText('The server does not answer');
    await lab.expectState(2, 'SUCCEEDED');
  } finally {
    await server.kill();
    // The run outlives its server in a test that failed, too: its runner ends once its folder is
    // gone, and may write until then.
    rmSync(server.root, {
      recursive: true,
      force: true,
      maxRetries: 20,
      retryDelay: 100
    });
  }
});
