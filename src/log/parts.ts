/** What the log of a step can be read by: iterations of a loop, attempts after failures. */
import { TranslationBundle } from '@jupyterlab/translation';

import { IRun } from '../tokens';

/** A log of its own, by the name that the server knows it by. */
export interface ILogPart {
  task: string;
  label: string;
}

/**
 * The whole log, then each iteration, then each attempt of what was tried more than once.
 *
 * @param run - as it is known now.
 * @param task - of the step.
 */
export function partsOf(
  run: IRun | undefined,
  task: string,
  trans: TranslationBundle
): ILogPart[] {
  const step = run?.steps.find(each => each.task === task);
  const iterations = step?.iterations ?? [];
  if (iterations.length === 0) {
    return [
      { task, label: trans.__('Whole step') },
      ...attempts(task, step?.attempt ?? 0).map(([part, number]) => ({
        task: part,
        label: trans.__('Attempt %1', number)
      }))
    ];
  }
  return [
    { task, label: trans.__('Whole step') },
    ...iterations.flatMap(({ key, item, attempt }) => {
      const one = `${task}[${key}]`;
      return [
        { task: one, label: trans.__('Iteration %1: %2', key, item) },
        ...attempts(one, attempt).map(([part, number]) => ({
          task: part,
          label: trans.__('Iteration %1, attempt %2', key, number)
        }))
      ];
    })
  ];
}

/**
 * What ran for a step beside its own container, by what is put behind the name of its log; nothing
 * on this machine, where steps are processes.
 */
export function containersOf(
  run: IRun | undefined,
  trans: TranslationBundle
): ILogPart[] {
  if (!run || run.engine === 'local') {
    return [];
  }
  return [
    { task: '', label: trans.__('Step') },
    { task: ':init', label: trans.__('Init containers') },
    { task: ':driver', label: trans.__('Driver') }
  ];
}

/** Each attempt with its number; nothing where there was but one. */
function attempts(task: string, count: number): [string, number][] {
  return Array.from({ length: count > 1 ? count : 0 }, (_, index) => [
    `${task}@${index + 1}`,
    index + 1
  ]);
}
