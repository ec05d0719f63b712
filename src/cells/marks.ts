/** Writes what the user says about cells into their metadata, so that undo takes it back. */
import { CodeCell, ICellModel } from '@jupyterlab/cells';
import { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';

import { IPipeline, Role } from '../tokens';
import { CellMark, markOf, METADATA_KEY } from '../model';

/** The code cells that a command is about: the selected ones, else the active one. */
export function chosenCells(panel: NotebookPanel): ICellModel[] {
  const { content } = panel;
  return content.widgets
    .filter(
      cell => cell instanceof CodeCell && content.isSelectedOrActive(cell)
    )
    .map(cell => cell.model);
}

/**
 * Change several cells as one step of the notebook's undo history. (Metadata that a cell sets by
 * itself is not undoable in JupyterLab.)
 */
function change(notebook: INotebookModel, edit: () => void): void {
  notebook.sharedModel.transact(edit, true);
}

/** Make the cells one step; what else their marks say stays. */
export function markStep(
  notebook: INotebookModel,
  cells: readonly ICellModel[],
  step: string
): void {
  change(notebook, () => {
    for (const cell of cells) {
      const { role, ...rest } = markOf(cell) ?? {};
      write(cell, { ...rest, step });
    }
  });
}

/** Give the cells a role other than a step's; step options go with the step. */
export function markRole(
  notebook: INotebookModel,
  cells: readonly ICellModel[],
  role: Role
): void {
  change(notebook, () => cells.forEach(cell => write(cell, { role })));
}

/** Take the marks away: the cells join the step above. */
export function removeMarks(
  notebook: INotebookModel,
  cells: readonly ICellModel[]
): void {
  change(notebook, () => {
    cells
      .filter(cell => cell.getMetadata(METADATA_KEY) !== undefined)
      .forEach(cell => cell.deleteMetadata(METADATA_KEY));
  });
}

/**
 * Write down the steps that the notebook's headings give: each in its first cell.
 *
 * @param without - steps that get no mark and so join the one before.
 */
export function markSplit(
  notebook: INotebookModel,
  pipeline: IPipeline,
  without: ReadonlySet<string> = new Set()
): void {
  const firsts = new Map(
    pipeline.steps
      .filter(step => !without.has(step.name))
      .map(step => [step.cells[0], step.name])
  );
  change(notebook, () => {
    for (const cell of notebook.cells) {
      const step = firsts.get(cell.id);
      if (step !== undefined) {
        write(cell, { ...(markOf(cell) ?? {}), step });
      }
    }
  });
}

/**
 * Put steps together: all get the name of the first. What their marks say besides stays.
 *
 * @param names - in the order of the notebook.
 */
export function joinSteps(
  notebook: INotebookModel,
  pipeline: IPipeline,
  names: readonly string[]
): void {
  const [first, ...others] = names;
  if (pipeline.split !== null) {
    markSplit(notebook, pipeline, new Set(others));
    return;
  }
  change(notebook, () => {
    for (const cell of notebook.cells) {
      const mark = markOf(cell);
      if (mark?.step !== undefined && others.includes(mark.step)) {
        write(cell, { ...mark, step: first });
      }
    }
  });
}

/**
 * Cut a step in two: from a cell on it has another name.
 *
 * @param cellId - a cell of the step, not its first.
 */
export function splitStep(
  notebook: INotebookModel,
  pipeline: IPipeline,
  cellId: string,
  name: string
): void {
  const old = pipeline.steps.find(step => step.cells.includes(cellId));
  const later = old?.cells.slice(old.cells.indexOf(cellId)) ?? [];
  change(notebook, () => {
    if (pipeline.split !== null) {
      markSplit(notebook, pipeline);
    }
    for (const cell of notebook.cells) {
      const mark = markOf(cell);
      const marked = later.includes(cell.id) && mark?.step === old?.name;
      if (cell.id === cellId || marked) {
        write(cell, { ...mark, step: name });
      }
    }
  });
}

function write(cell: ICellModel, mark: CellMark): void {
  cell.setMetadata(METADATA_KEY, mark);
}
