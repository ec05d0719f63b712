/** Notifications: how a started run is going, and why one could not start. */
import { Notification } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';

import { ServerError } from '../client';
import { problemText, progressWords } from '../format';
import { failure, isEnded, nameOf, titleOf } from '../model';
import { IKfpRuns, IProblem, IRun, IStep } from '../tokens';

/** How long stays why something that was asked for did not work, in milliseconds. */
const REFUSAL = 8000;

/** How long good news stay, in milliseconds; failures stay until they are closed. */
const GOOD_NEWS = 6000;

/** Time between two changes of a notification, in milliseconds. */
const BETWEEN = 1000;

/** Do what the user asked for, and say why where it does not work. */
export async function attempt(what: () => Promise<unknown>): Promise<void> {
  try {
    await what();
  } catch (error) {
    Notification.error(error instanceof Error ? error.message : '', {
      autoClose: REFUSAL
    });
  }
}

export interface IMessageActions {
  /** Show the notebook, at a cell where one is named. */
  show(path: string, cellId?: string | null, line?: number | null): void;
  showError(path: string, step: IStep): void;
  openLog(run: IRun, step: IStep): void;
}

/** What a notification says. */
interface IMessage {
  message: string;
  type: Notification.TypeOptions;
  autoClose: number | false;
  actions?: Notification.IAction[];
}

/**
 * Follow a run with one notification, until it has ended; a failure is told until the notebook
 * runs once more.
 *
 * It is changed once a second at most: what follows sooner than it is drawn would be lost
 * (JupyterLab draws notifications later than they are emitted, and the first one after a while).
 */
export function followRun(
  runs: IKfpRuns,
  first: IRun,
  actions: IMessageActions,
  trans: TranslationBundle
): void {
  let id: string | null = null;
  let latest: IRun | null = null;
  const show = (run: IRun) => {
    const { message, ...options } = isEnded(run.state)
      ? ending(run, actions, trans)
      : going(run, 'in-progress', false, trans);
    if (id === null) {
      id = Notification.emit(message, options.type, options);
    } else {
      Notification.update({ id, message, ...options });
    }
  };
  const onChanged = (_: unknown, run: IRun) => {
    if (run.id !== first.id) {
      const ended = runs.get(first.id)?.ended;
      const again = run.notebook === first.notebook;
      if (id && ended && again && run.created > ended) {
        runs.changed.disconnect(onChanged);
        Notification.dismiss(id);
      }
      return;
    }
    if (isEnded(run.state) && run.state !== 'FAILED') {
      runs.changed.disconnect(onChanged);
    }
    if (latest === null) {
      setTimeout(() => {
        show(latest ?? run);
        latest = null;
      }, BETWEEN);
    }
    latest = run;
  };
  runs.changed.connect(onChanged);
  onChanged(null, runs.get(first.id) ?? first);
}

function going(
  run: IRun,
  type: Notification.TypeOptions,
  autoClose: number | false,
  trans: TranslationBundle
): IMessage {
  return {
    message: `${nameOf(run)}: ${progressWords(run, trans)}`,
    type,
    autoClose
  };
}

function ending(
  run: IRun,
  actions: IMessageActions,
  trans: TranslationBundle
): IMessage {
  const path = run.notebook;
  const failed = failure(run);
  if (run.state !== 'FAILED') {
    const type = run.state === 'SUCCEEDED' ? 'success' : 'default';
    return {
      ...going(run, type, GOOD_NEWS, trans),
      actions: path ? [showAction(path, actions, trans)] : []
    };
  }
  if (!failed) {
    return {
      message: run.message
        ? `${nameOf(run)}: ${run.message}`
        : trans.__('%1 failed', nameOf(run)),
      type: 'error',
      autoClose: false,
      actions: path ? [showAction(path, actions, trans)] : []
    };
  }
  const { step, error } = failed;
  const name = nameOf(run);
  return {
    message: error
      ? trans.__('%1: %2 failed: %3', name, titleOf(step), shortError(error))
      : trans.__('%1: %2 failed', name, titleOf(step)),
    type: 'error',
    autoClose: false,
    actions: [
      ...(path && error
        ? [
            {
              label: trans.__('Show'),
              callback: () => actions.showError(path, step)
            }
          ]
        : []),
      {
        label: trans.__('Open log'),
        callback: () => actions.openLog(run, step)
      }
    ]
  };
}

const LONGEST_MESSAGE = 120;

function shortError(error: { name: string; message: string }): string {
  const line = `${error.name}: ${error.message}`.split('\n', 1)[0];
  return line.length > LONGEST_MESSAGE
    ? `${line.slice(0, LONGEST_MESSAGE)}…`
    : line;
}

function showAction(
  path: string,
  actions: IMessageActions,
  trans: TranslationBundle
): Notification.IAction {
  return {
    label: trans.__('Show'),
    callback: () => actions.show(path)
  };
}

/**
 * Say why a run could not start; the button goes to the first cell that is named.
 *
 * @param anyway - starts it all the same, offered where only the machine is too small.
 */
export function tellRefusal(
  path: string,
  error: unknown,
  actions: IMessageActions,
  trans: TranslationBundle,
  anyway?: () => void
): void {
  const problems = error instanceof ServerError ? error.problems : [];
  const tooSmall =
    problems.length > 0 &&
    problems.every(each => each.code === 'resources-missing');
  const place = problems.find(each => each.cell_id !== null);
  Notification.error(refusalText(path, error, problems, trans), {
    autoClose: false,
    actions: [
      {
        label: trans.__('Show'),
        callback: () => actions.show(path, place?.cell_id, place?.line)
      },
      ...(tooSmall && anyway
        ? [{ label: trans.__('Run anyway'), callback: anyway }]
        : [])
    ]
  });
}

function refusalText(
  path: string,
  error: unknown,
  problems: IProblem[],
  trans: TranslationBundle
): string {
  const [first] = problems;
  const name = path.split('/').pop() ?? path;
  if (!first) {
    const reason = error instanceof Error ? error.message : String(error);
    return reason
      ? trans.__('%1 did not run: %2', name, reason)
      : trans.__('%1 did not run: the server does not answer.', name);
  }
  const text = problemText(first, trans);
  const more = problems.length - 1;
  return more > 0
    ? trans._n(
        '%2 did not run. %3 (and %1 more problem)',
        '%2 did not run. %3 (and %1 more problems)',
        more,
        name,
        text
      )
    : trans.__('%1 did not run. %2', name, text);
}
