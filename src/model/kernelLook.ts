/**
 * Asks the notebook's kernel what it has for the names of the pipeline, once the user has agreed.
 * The server says what to ask; the kernel alone looks at values.
 */
import { INotebookContent } from '@jupyterlab/nbformat';
import { ISessionContext } from '@jupyterlab/apputils';
import { Kernel } from '@jupyterlab/services';

import { KfpClient } from '../client';

/** How long to wait for the kernel, in milliseconds; it gives up by itself after two seconds. */
const PATIENCE = 5000;
/** How long where it loads modules again, which may import large packages. */
const RELOAD_PATIENCE = 60_000;

export class KernelLook {
  /** @param ended - told when the kernel has run something, so that its values may be others. */
  constructor(
    private readonly client: KfpClient,
    private readonly context: ISessionContext | undefined,
    private readonly ended: () => void
  ) {
    context?.statusChanged.connect(this.onStatus, this);
    context?.kernelChanged.connect(this.forget, this);
  }

  /** Whether the user agreed, for as long as the notebook is open. */
  get agreed(): boolean {
    return this._agreed;
  }

  /** Whether there is a kernel to look into. */
  get possible(): boolean {
    return !!this.kernel;
  }

  setAgreed(agreed: boolean): void {
    this._agreed = agreed;
    this.forget();
    this.ended();
  }

  /** Have the kernel load modules again once it is idle, and look what it has then. */
  reload(modules: readonly string[]): void {
    this.reloading = modules;
    this.stale = true;
    this.ended();
  }

  dispose(): void {
    this.context?.statusChanged.disconnect(this.onStatus, this);
    this.context?.kernelChanged.disconnect(this.forget, this);
  }

  /**
   * What the kernel says, for the server to read; empty where nobody agreed or no kernel answers.
   * A kernel that is busy is not waited for: what it said last still holds.
   */
  async answer(path: string, notebook: INotebookContent): Promise<string> {
    const { kernel } = this;
    if (!this._agreed || !kernel) {
      return '';
    }
    if (this.stale && kernel.status === 'idle') {
      const reload = this.reloading;
      this.stale = false;
      this.asking = true;
      this.reloading = [];
      try {
        const expression = await this.client.probe(path, notebook, reload);
        const patience = reload.length > 0 ? RELOAD_PATIENCE : PATIENCE;
        this.last = await evaluate(kernel, expression, patience);
      } finally {
        this.asking = false;
      }
    }
    return this.last;
  }

  private get kernel(): Kernel.IKernelConnection | null {
    return this.context?.session?.kernel ?? null;
  }

  private onStatus(_: unknown, status: Kernel.Status): void {
    if (status === 'busy' && !this.asking) {
      this.ran = true;
    } else if (status === 'idle' && this.ran) {
      this.ran = false;
      this.stale = true;
      if (this._agreed) {
        this.ended();
      }
    } else if (status === 'restarting' || status === 'dead') {
      this.forget();
    }
  }

  private forget(): void {
    this.last = '';
    this.stale = true;
  }

  private _agreed = false;
  private last = '';
  private stale = true;
  private asking = false;
  private ran = false;
  private reloading: readonly string[] = [];
}

/** The `repr` of an expression's value in a kernel; empty where it has none in time. */
async function evaluate(
  kernel: Kernel.IKernelConnection,
  expression: string,
  patience: number
): Promise<string> {
  const future = kernel.requestExecute(
    {
      code: '',
      silent: true,
      store_history: false,
      allow_stdin: false,
      user_expressions: { kfp: expression }
    },
    true
  );
  let timer = 0;
  const late = new Promise<null>(resolve => {
    timer = window.setTimeout(() => resolve(null), patience);
  });
  const reply = await Promise.race([future.done, late]);
  window.clearTimeout(timer);
  if (!reply || reply.content.status !== 'ok') {
    future.dispose();
    return '';
  }
  const found = reply.content.user_expressions['kfp'] as
    { status?: string; data?: Record<string, unknown> } | undefined;
  const text = found?.data?.['text/plain'];
  return found?.status === 'ok' && typeof text === 'string' ? text : '';
}
