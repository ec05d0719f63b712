/** Proposes a step's name from what stands around its cell. */
import { INotebookModel } from '@jupyterlab/notebook';

const LONGEST = 40;

/** `Load the data (v2)` to `load-the-data-v2`; letters of all languages stay. */
export function slug(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .slice(0, LONGEST)
    .replace(/^-+|-+$/g, '');
}

/**
 * A name for a step that starts at a cell: from the heading right above it, else from its first
 * `def` or `class`, else `step-N`; never one that is taken.
 *
 * @param index - the cell's place among all cells.
 */
export function proposeName(
  notebook: INotebookModel,
  index: number,
  taken: ReadonlySet<string>
): string {
  const base =
    slug(headingAbove(notebook, index)) ||
    slug(definedIn(notebook.cells.get(index).sharedModel.getSource())) ||
    `step-${taken.size + 1}`;
  let name = base;
  for (let next = 2; taken.has(name); next++) {
    name = `${base}-${next}`;
  }
  return name;
}

/** The last heading between the cell and the code cell above it. */
function headingAbove(notebook: INotebookModel, index: number): string {
  for (let i = index - 1; i >= 0; i--) {
    const cell = notebook.cells.get(i);
    if (cell.type === 'code') {
      break;
    }
    const headings = cell.sharedModel
      .getSource()
      .split('\n')
      .filter(line => /^#{1,6}\s+\S/.test(line));
    if (headings.length) {
      return headings[headings.length - 1].replace(/^#+\s+/, '');
    }
  }
  return '';
}

function definedIn(source: string): string {
  return /^(?:async\s+)?(?:def|class)\s+(\w+)/m.exec(source)?.[1] ?? '';
}
