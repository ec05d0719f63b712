/** The graph of the steps, as a user finds things in it. */
import { expect, IJupyterLabPageFixture } from '@jupyterlab/galata';
import { Locator } from '@playwright/test';

export class GraphPage {
  constructor(readonly page: IJupyterLabPageFixture) {}

  get root(): Locator {
    return this.page.locator('.jp-kfp-Graph');
  }

  get canvas(): Locator {
    return this.root.locator('.jp-kfp-Graph-canvas');
  }

  get nodes(): Locator {
    return this.root.locator('.jp-kfp-GraphNode');
  }

  /** The button of a step. */
  node(name: string): Locator {
    return this.root.locator(
      `.jp-kfp-GraphNode[data-step="${name}"] .jp-kfp-GraphNode-main`
    );
  }

  /** The label of the edge along which these variables flow. */
  edge(names: string): Locator {
    return this.root.locator('.jp-kfp-GraphEdge text', {
      has: this.page.locator(`title:text-is("${names}")`)
    });
  }

  /** Open the graph of the current notebook. */
  async open(): Promise<void> {
    await this.page.evaluate(async () => {
      await window.jupyterapp.commands.execute('kfp:open-graph');
    });
    await expect(this.canvas).toBeVisible();
  }

  /** Bring the tab of the graph to the front. */
  async show(): Promise<void> {
    await this.page.getByRole('tab', { name: /· graph/ }).click();
    await expect(this.root).toBeVisible();
  }

  /** Whether the graph runs from left to right. */
  async isAcross(): Promise<boolean> {
    return this.root
      .getByRole('button', { name: 'From top to bottom' })
      .isVisible();
  }

  /** The longest time between two frames while something is done, in milliseconds. */
  async slowestFrame(act: () => Promise<void>): Promise<number> {
    await this.page.evaluate(() => {
      const frames = { last: performance.now(), slowest: 0, on: true };
      Object.assign(window, { kfpFrames: frames });
      const next = (now: number) => {
        frames.slowest = Math.max(frames.slowest, now - frames.last);
        frames.last = now;
        if (frames.on) {
          requestAnimationFrame(next);
        }
      };
      requestAnimationFrame(next);
    });
    await act();
    return this.page.evaluate(() => {
      const { kfpFrames } = window as unknown as {
        kfpFrames: { slowest: number; on: boolean };
      };
      kfpFrames.on = false;
      return kfpFrames.slowest;
    });
  }
}
