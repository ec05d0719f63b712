/** Which error of a run is shown, and at which cell of the notebook as it is now. */
import { IPipeline, IRun, IStep, IStepError } from '../tokens';
import { failure } from './runState';

export interface IShownError {
  step: IStep;
  error: IStepError;
  cellId: string;
}

export class ShownError {
  /** @param pipeline - what the cells are for now; null where that is not known yet. */
  constructor(private readonly pipeline: () => IPipeline | null) {}

  /** The first error of a run, at its cell; null where there is none or it was dismissed. */
  of(run: IRun | null): IShownError | null {
    const failed = run && failure(run);
    if (!failed?.error || this.dismissed.has(keyOf(run!, failed.step))) {
      return null;
    }
    const { step, error } = failed;
    const cellId = this.placeOf(error, step);
    return cellId === null ? null : { step, error, cellId };
  }

  /** Id of the cell where an error happened; the step's first where none is named. */
  placeOf(error: IStepError, step: IStep): string | null {
    const pipeline = this.pipeline();
    const cells = pipeline?.cells ?? {};
    if (error.cell_id !== null && error.cell_id in cells) {
      return error.cell_id;
    }
    // A notebook older than cell ids gets new ones each time it is opened.
    const byNumber = Object.keys(cells).find(
      id => error.cell !== null && cells[id].number === error.cell
    );
    return (
      byNumber ??
      step.cells.find(id => id in cells) ??
      pipeline?.steps.find(each => each.name === step.name)?.cells[0] ??
      null
    );
  }

  dismiss(run: IRun, step: IStep): void {
    this.dismissed.add(keyOf(run, step));
  }

  /** Whether it had been dismissed. */
  recall(run: IRun, step: IStep): boolean {
    return this.dismissed.delete(keyOf(run, step));
  }

  private readonly dismissed = new Set<string>();
}

function keyOf(run: IRun, step: IStep): string {
  return `${run.id}/${step.task}`;
}
