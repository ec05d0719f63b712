/** Says in words why the notebook could not be changed, and what to do. */
import { TranslationBundle } from '@jupyterlab/translation';

import { ServerError } from '../client';
import { EditedMeanwhile } from '../model';

export function whyNot(error: unknown, trans: TranslationBundle): string {
  if (error instanceof EditedMeanwhile) {
    return trans.__(
      'The notebook was edited since; wait a moment and try again.'
    );
  }
  const problem = error instanceof ServerError ? error.problems[0] : undefined;
  if (problem) {
    return [problem.message, problem.remedy].filter(Boolean).join(' ');
  }
  const message = error instanceof Error ? error.message : String(error);
  return message || trans.__('The server does not answer.');
}
