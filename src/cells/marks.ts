/** Writes what the user says about cells into their metadata, so that undo takes it back. */
import { CodeCell, ICellModel } from '@jupyterlab/cells';
import { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';

import { IPipeline, Role } from '../tokens';
import { CellMark, foreignMark, markOf, METADATA_KEY } from '../model';

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

/** Rename a step in all cells that name it: its own, and those that come after it. */
export function renameStep(
  notebook: INotebookModel,
  from: string,
  to: string
): void {
  change(notebook, () => {
    for (const cell of notebook.cells) {
      const mark = markOf(cell);
      if (mark) {
        write(cell, renamed(mark, from, to));
      }
    }
  });
}

function renamed(mark: CellMark, from: string, to: string): CellMark {
  const swap = (name: unknown) => (name === from ? to : name);
  const next: CellMark = { ...mark };
  if (mark.step === from) {
    next.step = to;
  }
  if (Array.isArray(mark.after)) {
    next.after = mark.after.map(swap);
  } else if (mark.after === from) {
    next.after = to;
  }
  return next;
}

/** Write down the steps that the notebook's headings give: each in its first cell. */
export function markSplit(notebook: INotebookModel, pipeline: IPipeline): void {
  const firsts = new Map(
    pipeline.steps.map(step => [step.cells[0], step.name])
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
 * Set options of a step: in each cell that says one of them already, else in its first.
 *
 * @returns whether they were set; not where a magic line or tags mark the step, which are the
 * user's to change.
 */
export function setOptions(
  notebook: INotebookModel,
  pipeline: IPipeline,
  step: string,
  options: Readonly<Record<string, string>>
): boolean {
  const ids = pipeline.steps.find(each => each.name === step)?.cells ?? [];
  const cells = [...notebook.cells].filter(cell => ids.includes(cell.id));
  if (
    notebook.readOnly ||
    cells.length === 0 ||
    cells.some(cell => foreignMark(cell) !== null)
  ) {
    return false;
  }
  change(notebook, () => {
    if (pipeline.split !== null) {
      // Without the other marks, this one would make one step of the whole notebook.
      markSplit(notebook, pipeline);
    }
    for (const [name, value] of Object.entries(options)) {
      const saying = cells.filter(cell => name in (markOf(cell) ?? {}));
      for (const cell of saying.length ? saying : [cells[0]]) {
        write(cell, { step, ...(markOf(cell) ?? {}), [name]: value });
      }
    }
  });
  return true;
}

/** Name the pipeline in the notebook's own metadata. */
export function setPipelineName(notebook: INotebookModel, name: string): void {
  const settings = notebook.getMetadata(METADATA_KEY) as object | undefined;
  change(notebook, () =>
    notebook.setMetadata(METADATA_KEY, { ...settings, name })
  );
}

function write(cell: ICellModel, mark: CellMark): void {
  cell.setMetadata(METADATA_KEY, mark);
}
