/** Asks when a cluster is to run a notebook by itself, and has it do so. */
import { Dialog } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';

import * as React from 'react';

import { ThereClient } from '../client';
import { useSignal, useTrans } from '../components/translation';
import { contentOf, NotebookSession, parseValues } from '../model';
import { ParameterForm } from '../panel/ParameterForm';
import { ISchedule, IScheduleWish } from '../tokens';
import { ExperimentRow } from './ExperimentRow';
import { askByForm } from './FormDialog';
import { NamespaceRow } from './NamespaceRow';

/** Runs of one schedule that Kubeflow lets go on at the same time. */
const MOST_AT_ONCE = 10;

const EXAMPLES = { cron: '0 9 * * mon-fri', every: '6h' };

/** What is typed of a schedule. */
export interface IScheduleAsked {
  connection: string;
  /** Empty: the connection's. */
  namespace: string;
  experiment: string;
  by: 'cron' | 'every';
  /** The cron expression or the interval. */
  time: string;
  wish: Omit<IScheduleWish, 'cron' | 'every'>;
  /** Why it could not be made. */
  refusal: string;
}

/**
 * Ask for a schedule of a notebook until it is made.
 *
 * @returns null where the user thought better of it.
 */
export async function askSchedule(
  session: NotebookSession,
  client: ThereClient,
  trans: TranslationBundle
): Promise<ISchedule | null> {
  const { places, choice, pipeline } = session;
  let asked: IScheduleAsked = {
    connection:
      places.meant(choice.engine, pipeline?.settings.engine) ??
      places.meant('kfp', '') ??
      '',
    namespace: choice.namespace ?? '',
    experiment: choice.experiment ?? '',
    by: 'cron',
    time: '',
    wish: {},
    refusal: ''
  };
  for (;;) {
    const answer = await askByForm(
      trans.__('Schedule %1', pipeline?.name ?? session.path),
      asked,
      (value, onAsked) => (
        <ScheduleForm session={session} asked={value} onAsked={onAsked} />
      ),
      [Dialog.okButton({ label: trans.__('Schedule') })],
      'input',
      trans
    );
    if (!answer) {
      return null;
    }
    const { value } = answer;
    try {
      return await client.schedule(value.connection, value.namespace, {
        path: session.path,
        notebook: contentOf(session.notebook),
        parameters: parseValues(pipeline?.parameters ?? [], session.texts)
          .values,
        experiment: value.experiment,
        [value.by]: value.time,
        ...value.wish
      });
    } catch (error) {
      // What is wrong is said in the dialog, with what was typed still there.
      const refusal = error instanceof Error ? error.message : '';
      asked = { ...value, refusal };
    }
  }
}

export function ScheduleForm(props: {
  session: NotebookSession;
  asked: IScheduleAsked;
  onAsked: (asked: IScheduleAsked) => void;
}): React.ReactElement {
  const trans = useTrans();
  const { session } = props;
  useSignal(session.changed);
  const [asked, setAsked] = React.useState(props.asked);
  const id = React.useId();
  const set = (changed: Partial<IScheduleAsked>) => {
    const next = { ...asked, ...changed };
    setAsked(next);
    props.onAsked(next);
  };
  const wish = (changed: IScheduleWish) =>
    set({ wish: { ...asked.wish, ...changed } });
  const parameters = session.pipeline?.parameters ?? [];
  return (
    <div className="jp-kfp-RunForm">
      {asked.refusal && (
        <p className="jp-kfp-Field-error" role="alert">
          {asked.refusal}
        </p>
      )}
      <div className="jp-kfp-RunForm-row">
        <label htmlFor={`${id}-by`}>{trans.__('Starts')}</label>
        <select
          id={`${id}-by`}
          className="jp-mod-styled"
          value={asked.by}
          onChange={event =>
            set({ by: event.target.value as IScheduleAsked['by'], time: '' })
          }
        >
          <option value="cron">{trans.__('By the clock (cron)')}</option>
          <option value="every">{trans.__('At an interval')}</option>
        </select>
        <input
          className="jp-mod-styled"
          aria-label={
            asked.by === 'cron'
              ? trans.__('Cron expression')
              : trans.__('Interval')
          }
          aria-describedby={`${id}-help`}
          spellCheck={false}
          placeholder={EXAMPLES[asked.by]}
          value={asked.time}
          onChange={event => set({ time: event.target.value })}
        />
      </div>
      <p id={`${id}-help`} className="jp-kfp-RunForm-help">
        {asked.by === 'cron'
          ? trans.__(
              'Minute, hour, day of the month, month, weekday, in the time zone of the cluster.'
            )
          : trans.__('A number with s, m, h, d or w: 90s, 15m, 6h, 1d, 1w.')}
      </p>
      <div className="jp-kfp-RunForm-row">
        <label htmlFor={`${id}-place`}>{trans.__('Where')}</label>
        <select
          id={`${id}-place`}
          className="jp-mod-styled"
          value={asked.connection}
          onChange={event =>
            set({
              connection: event.target.value,
              namespace: '',
              experiment: ''
            })
          }
        >
          {session.places.connections.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <NamespaceRow
        places={session.places}
        connection={asked.connection}
        namespace={asked.namespace}
        onNamespace={namespace => set({ namespace })}
      />
      <ExperimentRow
        session={session}
        connection={asked.connection}
        experiment={asked.experiment}
        onExperiment={experiment => set({ experiment })}
      />
      <div className="jp-kfp-RunForm-row">
        <label htmlFor={`${id}-name`}>{trans.__('Name')}</label>
        <input
          id={`${id}-name`}
          className="jp-mod-styled"
          maxLength={120}
          placeholder={session.pipeline?.name}
          value={asked.wish.name ?? ''}
          onChange={event => wish({ name: event.target.value })}
        />
      </div>
      <div className="jp-kfp-RunForm-row">
        <label htmlFor={`${id}-most`}>{trans.__('At once')}</label>
        <input
          id={`${id}-most`}
          className="jp-mod-styled"
          type="number"
          min={1}
          max={MOST_AT_ONCE}
          aria-describedby={`${id}-most-help`}
          value={asked.wish.concurrency ?? 1}
          onChange={event => wish({ concurrency: Number(event.target.value) })}
        />
        <span id={`${id}-most-help`} className="jp-kfp-RunForm-help">
          {trans.__('of its runs may go on')}
        </span>
      </div>
      <label className="jp-kfp-RunForm-check">
        <input
          type="checkbox"
          checked={asked.wish.catch_up ?? false}
          onChange={event => wish({ catch_up: event.target.checked })}
        />
        {trans.__('Make up for starts that were missed while it was paused')}
      </label>
      <label className="jp-kfp-RunForm-check">
        <input
          type="checkbox"
          checked={asked.wish.paused ?? false}
          onChange={event => wish({ paused: event.target.checked })}
        />
        {trans.__('Paused at first')}
      </label>
      {parameters.length > 0 && (
        <fieldset className="jp-kfp-RunForm-parameters">
          <legend>{trans.__('Parameters')}</legend>
          <ParameterForm session={session} />
        </fieldset>
      )}
      <p className="jp-kfp-RunForm-help">
        {trans.__(
          'Each run is of the notebook and its files as they are now: what changes later needs a new schedule.'
        )}
      </p>
    </div>
  );
}
