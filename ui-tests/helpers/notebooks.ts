/** Notebooks for the tests, built from a few lines and uploaded. */
import { IJupyterLabPageFixture } from '@jupyterlab/galata';

export interface ICell {
  source: string;
  /** Markdown where it is set. */
  markdown?: boolean;
  metadata?: Record<string, unknown>;
}

/** A code cell that is a step. */
export function step(name: string, source: string): ICell {
  return { source, metadata: { kfp: { step: name } } };
}

export function code(source: string): ICell {
  return { source };
}

export function markdown(source: string): ICell {
  return { source, markdown: true };
}

/** The text of a notebook file with these cells; cell n has the id `cell-n`. */
export function notebookText(cells: ICell[]): string {
  return JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { name: 'python3', display_name: 'Python 3' },
      language_info: { name: 'python' }
    },
    cells: cells.map((cell, index) => ({
      id: `cell-${index}`,
      metadata: cell.metadata ?? {},
      source: cell.source,
      ...(cell.markdown
        ? { cell_type: 'markdown' }
        : { cell_type: 'code', outputs: [], execution_count: null })
    }))
  });
}

/** Upload a notebook. */
export async function upload(
  page: IJupyterLabPageFixture,
  path: string,
  cells: ICell[]
): Promise<void> {
  await page.contents.uploadContent(notebookText(cells), 'text', path);
}

/** A gate in a step: it waits there until the test opens it by writing a file. */
export class Gate {
  constructor(private readonly name: string) {}

  /** Code that waits for the gate, at most a minute. */
  get source(): string {
    return [
      'import os, time',
      `gate = os.path.join(os.environ["KFP_UI_TESTS_ROOT"], "${this.name}")`,
      'deadline = time.monotonic() + 60',
      'while not os.path.exists(gate):',
      '    assert time.monotonic() < deadline, "the gate was not opened"',
      '    time.sleep(0.05)'
    ].join('\n');
  }

  async open(page: IJupyterLabPageFixture): Promise<void> {
    await page.contents.uploadContent('open', 'text', this.name);
  }
}
