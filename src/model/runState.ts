/** What may be concluded from a run's state: pure functions, no requests. */
import {
  IRun,
  IRunMessage,
  IRunSummary,
  IStep,
  IStepError,
  State
} from '../tokens';

const ENDED: ReadonlySet<State> = new Set<State>([
  'SUCCEEDED',
  'SKIPPED',
  'FAILED',
  'CANCELED'
]);

/** What a run is called: what people said, else the pipeline's name. */
export function nameOf(run: Pick<IRunSummary, 'name' | 'about'>): string {
  return run.about?.name || run.name;
}

/** What a step is called: its heading, else its name in the pipeline. */
export function titleOf(step: Pick<IStep, 'name' | 'title'>): string {
  return step.title || step.name;
}

/** Whether nothing more will happen. */
export function isEnded(state: State): boolean {
  return ENDED.has(state);
}

/** Whether a step ran itself: not skipped, and its results not known before. */
export function ran(step: {
  state: State | null;
  cached: boolean | null;
}): boolean {
  return !step.cached && step.state !== 'SKIPPED';
}

/** How many iterations of a step's loop have ended, `3/5`; empty without a loop. */
export function iterationsDone(step: IStep | undefined): string {
  const all = step?.iterations ?? [];
  const done = all.filter(each => isEnded(each.state)).length;
  return all.length ? `${done}/${all.length}` : '';
}

/**
 * Fold a pushed message into a run.
 *
 * @returns the new run; the same object where the message is old news; null where messages in
 * between were lost, so that the run has to be asked for.
 */
export function fold(run: IRun, message: IRunMessage): IRun | null {
  if (message.seq <= run.seq) {
    return run;
  }
  if (message.first_seq > run.seq + 1) {
    return null;
  }
  const changed = new Map(message.steps.map(step => [step.task, step]));
  const steps = run.steps.map(step => changed.get(step.task) ?? step);
  const known = new Set(run.steps.map(step => step.task));
  steps.push(...message.steps.filter(step => !known.has(step.task)));
  return { ...message.run, seq: message.seq, steps };
}

/** The step of a run that has this name, as the notebook knows it. */
export function stepNamed(
  run: IRun | null,
  name: string | null
): IStep | undefined {
  return name === null
    ? undefined
    : run?.steps.find(step => step.name === name);
}

/** The first step that failed, and its error. */
export function failure(
  run: IRun
): { step: IStep; error: IStepError | null } | null {
  const step = run.steps.find(each => each.state === 'FAILED');
  return step ? { step, error: step.error } : null;
}

/** How far a run is: steps that have ended well, and all. */
export function progress(run: IRun): { done: number; total: number } {
  const done = run.steps.filter(
    step => step.state === 'SUCCEEDED' || step.state === 'SKIPPED'
  ).length;
  return { done, total: run.steps.length };
}

/** Seconds that something took, or takes so far; null before its start. */
export function seconds(
  span: { started: number | null; ended: number | null },
  now: number = Date.now()
): number | null {
  if (span.started === null) {
    return null;
  }
  return Math.max(0, (span.ended ?? now / 1000) - span.started);
}
