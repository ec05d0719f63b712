/** Times, states and roles in words, through the translator. */
import { TranslationBundle } from '@jupyterlab/translation';

import { IProblem, IRun, Role, Severity, State } from './tokens';
import { isEnded, progress, titleOf } from './model/runState';

/** A length of time as people say it: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 07 min`. */
export function duration(seconds: number, trans: TranslationBundle): string {
  if (seconds < 9.95) {
    return trans.__('%1 s', seconds.toFixed(1));
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return trans.__('%1 s', whole);
  }
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) {
    return trans.__('%1 min %2 s', Math.floor(whole / 60), two(whole % 60));
  }
  const minutes = Math.round(whole / 60);
  return trans.__('%1 h %2 min', Math.floor(minutes / 60), two(minutes % 60));
}

/** A point in time: the time of day today, otherwise the day with it. */
export function moment(seconds: number, now: Date = new Date()): string {
  const then = new Date(seconds * 1000);
  const time: Intl.DateTimeFormatOptions = {
    hour: '2-digit',
    minute: '2-digit'
  };
  return then.toDateString() === now.toDateString()
    ? then.toLocaleTimeString(undefined, { ...time, second: '2-digit' })
    : then.toLocaleString(undefined, {
        ...time,
        day: 'numeric',
        month: 'short'
      });
}

export function stateWord(state: State, trans: TranslationBundle): string {
  switch (state) {
    case 'PENDING':
      return trans.__('Waiting');
    case 'RUNNING':
      return trans.__('Running');
    case 'SUCCEEDED':
      return trans.__('Succeeded');
    case 'SKIPPED':
      return trans.__('Skipped');
    case 'FAILED':
      return trans.__('Failed');
    case 'PAUSED':
      return trans.__('Paused');
    case 'CANCELING':
      return trans.__('Canceling');
    case 'CANCELED':
      return trans.__('Canceled');
  }
}

export function roleWord(role: Role, trans: TranslationBundle): string {
  switch (role) {
    case 'step':
      return trans.__('Step');
    case 'preamble':
      return trans.__('Before the first step');
    case 'imports':
      return trans.__('Imports');
    case 'functions':
      return trans.__('Functions');
    case 'parameters':
      return trans.__('Parameters');
    case 'metrics':
      return trans.__('Metrics');
    case 'skip':
      return trans.__('Skipped in the pipeline');
  }
}

/** What a step asks of a machine in short: `8Gi · 500m CPU · 1 GPU`; empty where nothing is said. */
export function resourceWords(
  options: Record<string, unknown>,
  trans: TranslationBundle
): string {
  const { memory, cpu, gpu } = options;
  return [
    memory ? String(memory) : '',
    cpu ? trans.__('%1 CPU', String(cpu)) : '',
    gpu ? trans._n('%1 GPU', '%1 GPUs', Number(gpu)) : ''
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Where a run is, in one line. */
export function progressWords(run: IRun, trans: TranslationBundle): string {
  const { done, total } = progress(run);
  const named = (state: State) =>
    run.steps.filter(step => step.state === state).map(titleOf);
  const failed = named('FAILED').join(', ');
  if (isEnded(run.state) || total === 0) {
    const word = stateWord(run.state, trans);
    return failed ? trans.__('%1: %2', word, failed) : word;
  }
  const running = named('RUNNING');
  const counted = trans.__('%1 of %2 steps done', done, total);
  const head = failed ? trans.__('%1 · %2 failed', counted, failed) : counted;
  if (run.state === 'PAUSED') {
    return trans.__('Paused · %1', head);
  }
  if (run.state === 'CANCELING') {
    return trans.__('Canceling · %1', head);
  }
  return running.length
    ? trans.__('%1 · %2 running', head, running.join(', '))
    : head;
}

/** A problem with its place, as one line of text: `Cell 3, line 2: ...`. */
export function problemText(
  problem: IProblem,
  trans: TranslationBundle
): string {
  const place = placeWords(problem, trans);
  return place ? `${place}: ${problem.message}` : problem.message;
}

/** `Cell 3, line 2`, as far as it is known; empty where it is not. */
export function placeWords(
  place: { cell: number | null; line: number | null },
  trans: TranslationBundle
): string {
  if (place.cell === null) {
    return '';
  }
  return place.line === null
    ? trans.__('Cell %1', place.cell)
    : trans.__('Cell %1, line %2', place.cell, place.line);
}

export function severityWord(
  severity: Severity,
  trans: TranslationBundle
): string {
  switch (severity) {
    case 'error':
      return trans.__('Error');
    case 'warning':
      return trans.__('Warning');
    case 'info':
      return trans.__('Hint');
  }
}

/** The severities that there are, the worst first. */
export function severitiesIn(problems: readonly IProblem[]): Severity[] {
  const all: Severity[] = ['error', 'warning', 'info'];
  return all.filter(each => problems.some(one => one.severity === each));
}

/** `2 errors`: how many problems are that bad. */
export function severityCount(
  severity: Severity,
  problems: readonly IProblem[],
  trans: TranslationBundle
): string {
  const count = problems.filter(each => each.severity === severity).length;
  switch (severity) {
    case 'error':
      return trans._n('%1 error', '%1 errors', count);
    case 'warning':
      return trans._n('%1 warning', '%1 warnings', count);
    case 'info':
      return trans._n('%1 hint', '%1 hints', count);
  }
}

/** A size as people say it: `512 B`, `1.5 kB`, `2.0 GB`. */
export function bytesWords(bytes: number, trans: TranslationBundle): string {
  if (bytes < 1000) {
    return trans.__('%1 B', bytes);
  }
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  // 999.95 would be shown as 1000.0.
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return trans.__('%1 %2', value.toFixed(1), units[unit]);
}

/** A size in the units that memory is asked for in: `500 MiB`, `1.5 GiB`. */
export function binaryWords(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes < 1024
    ? `${rounded(mebibytes)} MiB`
    : `${rounded(mebibytes / 1024)} GiB`;
}

/** A number of processor cores: `8`, `0.5`. */
export function cores(count: number): string {
  return rounded(count);
}

function rounded(value: number): string {
  return String(Number(value.toFixed(value < 100 ? 1 : 0)));
}
