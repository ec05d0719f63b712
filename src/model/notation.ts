/**
 * Which marks stand in a notebook, as far as the interface must know before it asks the server:
 * whether the notebook uses the extension at all, and where a cell's mark is written. What the
 * marks mean is decided by the server alone.
 */
import { ICellModel } from '@jupyterlab/cells';
import { INotebookModel } from '@jupyterlab/notebook';

/** The key of cell and notebook metadata that is ours. */
export const METADATA_KEY = 'kfp';

const MAGIC = /^\s*%%component\b/;
/** Tags that only pipelines use; papermill's `parameters` alone does not make a pipeline. */
const PIPELINE_TAG = /^(step|block):|^pipeline-(parameters|metrics)$/;
const ROLE_TAG =
  /^(step|block|prev):|^(imports|functions|parameters|pipeline-parameters|pipeline-metrics|skip)$/;

/** What cell metadata `kfp` may hold: the step or role, and step options beside them. */
export type CellMark = {
  step?: string;
  role?: string;
} & Record<string, unknown>;

/** Cell metadata `kfp`; null where there is none. */
export function markOf(cell: ICellModel): CellMark | null {
  const mark = cell.getMetadata(METADATA_KEY);
  return typeof mark === 'object' && mark !== null && !Array.isArray(mark)
    ? (mark as CellMark)
    : null;
}

/** A mark of a cell that is not ours to change: its magic line or its tags. */
export function foreignMark(
  cell: ICellModel
): { kind: 'magic' | 'tags'; text: string } | null {
  const source = cell.sharedModel.getSource();
  if (MAGIC.test(source)) {
    return { kind: 'magic', text: source.trim().split('\n', 1)[0] };
  }
  const tags = tagsOf(cell).filter(tag => ROLE_TAG.test(tag));
  return tags.length ? { kind: 'tags', text: tags.join(', ') } : null;
}

function tagsOf(cell: ICellModel): string[] {
  const tags: unknown = cell.getMetadata('tags');
  return Array.isArray(tags)
    ? tags.filter((tag): tag is string => typeof tag === 'string')
    : [];
}

/** Whether a notebook says anything about a pipeline. */
export function usesPipeline(notebook: INotebookModel): boolean {
  if (
    notebook.getMetadata(METADATA_KEY) !== undefined ||
    notebook.getMetadata('kubeflow_notebook') !== undefined
  ) {
    return true;
  }
  return [...notebook.cells].some(
    cell =>
      cell.type === 'code' &&
      (markOf(cell) !== null ||
        MAGIC.test(cell.sharedModel.getSource()) ||
        tagsOf(cell).some(tag => PIPELINE_TAG.test(tag)))
  );
}
