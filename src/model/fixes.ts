/**
 * Makes a fix that the server proposed in the open notebook: all its edits or none, as one step of
 * the notebook's undo history.
 */
import { ICodeCellMetadata } from '@jupyterlab/nbformat';
import { INotebookModel } from '@jupyterlab/notebook';

import { JSONValue } from '@lumino/coreutils';

import { IEdit, IFix } from '../tokens';

/**
 * Make a fix.
 *
 * @returns whether it was made; not where the notebook was edited since, so that a cell is gone or
 * a text to replace is another one.
 */
export function applyFix(notebook: INotebookModel, fix: IFix): boolean {
  if (notebook.readOnly || !fits(notebook, fix)) {
    return false;
  }
  notebook.sharedModel.transact(() => {
    fix.edits.forEach(edit => apply(notebook, edit));
  }, true);
  return true;
}

/** Whether all cells are there, and each text still stands where it is replaced. */
function fits(notebook: INotebookModel, fix: IFix): boolean {
  const texts = new Map(
    [...notebook.cells].map(cell => [cell.id, cell.sharedModel.getSource()])
  );
  return fix.edits.every(edit => {
    if (edit.kind === 'insert' || edit.kind === 'move') {
      const known = edit.before === null || texts.has(edit.before);
      return known && (edit.kind === 'insert' || texts.has(edit.cell_id));
    }
    if (edit.kind === 'metadata') {
      return edit.cell_id === null || texts.has(edit.cell_id);
    }
    const text = texts.get(edit.cell_id);
    const start =
      text === undefined ? null : offsetOf(text, edit.line, edit.column);
    if (text === undefined || start === null) {
      return false;
    }
    const end = start + edit.old.length;
    if (text.slice(start, end) !== edit.old) {
      return false;
    }
    texts.set(edit.cell_id, text.slice(0, start) + edit.new + text.slice(end));
    return true;
  });
}

function apply(notebook: INotebookModel, edit: IEdit): void {
  const { sharedModel } = notebook;
  const cells = [...notebook.cells];
  const at = (id: string) => cells.findIndex(cell => cell.id === id);
  switch (edit.kind) {
    case 'replace': {
      const cell = cells[at(edit.cell_id)].sharedModel;
      const start = offsetOf(cell.getSource(), edit.line, edit.column) ?? 0;
      cell.updateSource(start, start + edit.old.length, edit.new);
      break;
    }
    case 'insert':
      sharedModel.insertCell(
        edit.before === null ? cells.length : at(edit.before),
        {
          cell_type: 'code',
          source: edit.source,
          metadata: edit.metadata as Partial<ICodeCellMetadata>
        }
      );
      break;
    case 'move': {
      const from = at(edit.cell_id);
      const before = edit.before === null ? cells.length : at(edit.before);
      // The cell is taken out first, so what comes after it moves up by one.
      sharedModel.moveCell(from, before > from ? before - 1 : before);
      break;
    }
    case 'metadata': {
      const owner = edit.cell_id === null ? notebook : cells[at(edit.cell_id)];
      if (edit.value === null) {
        owner.deleteMetadata(edit.key);
      } else {
        owner.setMetadata(edit.key, edit.value as JSONValue);
      }
    }
  }
}

/**
 * The place of a character in a text as JavaScript counts it.
 *
 * @param line - from 1.
 * @param column - from 0, in characters as Python counts them: one for what is two units here.
 * @returns null where the text has no such line.
 */
export function offsetOf(
  text: string,
  line: number,
  column: number
): number | null {
  const lines = text.split('\n');
  if (line < 1 || line > lines.length) {
    return null;
  }
  const before = lines
    .slice(0, line - 1)
    .reduce((sum, each) => sum + each.length + 1, 0);
  const start = [...lines[line - 1]].slice(0, column).join('').length;
  return before + start;
}
