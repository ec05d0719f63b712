/** Brings a cell, and a line in it, into view and focus. */
import { NotebookPanel } from '@jupyterlab/notebook';

/**
 * Go to a cell.
 *
 * @param line - line within the cell, from 1; left out, the cell as a whole.
 */
export async function goToCell(
  panel: NotebookPanel,
  cellId: string,
  line?: number | null
): Promise<void> {
  const notebook = panel.content;
  const index = notebook.widgets.findIndex(cell => cell.model.id === cellId);
  if (index < 0) {
    return;
  }
  notebook.activeCellIndex = index;
  await notebook.scrollToItem(index, 'center');
  const cell = notebook.widgets[index];
  await cell.ready;
  if (line && cell.editor) {
    notebook.mode = 'edit';
    const position = { line: line - 1, column: 0 };
    cell.editor.setCursorPosition(position);
    cell.editor.revealPosition(position);
    cell.editor.focus();
  } else {
    notebook.mode = 'command';
    notebook.activate();
  }
}
