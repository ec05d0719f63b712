/**
 * A colour for each step: the variables `--jp-kfp-step-0` to `-7` of the style sheet, which can be
 * told apart with any kind of colour vision (after Okabe and Ito, and Paul Tol) in light and dark.
 */
import { IPipeline } from './tokens';

const COUNT = 8;

/** The CSS colour of a step, by its place in the pipeline; the same wherever the step is drawn. */
export function stepColor(pipeline: IPipeline | null, name: string): string {
  const index = pipeline?.steps.findIndex(step => step.name === name) ?? -1;
  return index < 0
    ? 'var(--jp-border-color1)'
    : `var(--jp-kfp-step-${index % COUNT})`;
}
