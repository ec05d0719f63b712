/** What there is on a cluster beside our own runs: schedules, runs of others, pipelines. */
import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { Section } from '../components/Section';
import { StateIcon } from '../components/StateIcon';
import { useSignal, useTrans } from '../components/translation';
import { NamespaceRow } from '../dialog/NamespaceRow';
import { moment } from '../format';
import { RunPlaces } from '../model';
import { Empty } from '../panel/Empty';
import { INamed, IRunThere, ISchedule, State } from '../tokens';
import { IRead, ThereModel } from './model';

const ADD_COMMAND = 'jupyter kfp connections add NAME --url URL';

/** What can be done there. */
export interface IThereActions {
  /** Keep a run here and show it. */
  open(run: IRunThere): void;
  /** Have a schedule start no more runs, or start them again. */
  switch(schedule: ISchedule, on: boolean): void;
  /** Keep the newest runs of a schedule here and list them. */
  bring(schedule: ISchedule): void;
  remove(schedule: ISchedule): void;
  /** Schedule the current notebook. */
  schedule(): void;
}

interface IThereProps {
  model: ThereModel;
  actions: IThereActions;
}

export function ThereView(props: IThereProps): React.ReactElement {
  const trans = useTrans();
  const { model } = props;
  useSignal(model.changed);
  const { connections } = model.places;
  const failure = commonFailure(model);
  if (!model.connection) {
    return <NoCluster places={model.places} />;
  }
  return (
    <div className="jp-kfp-ThereView">
      <div className="jp-kfp-Runs-filters">
        <select
          className="jp-mod-styled"
          aria-label={trans.__('Cluster')}
          value={model.connection}
          onChange={event => model.show(event.target.value)}
        >
          {connections.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <NamespaceRow
          places={model.places}
          connection={model.connection}
          namespace={model.namespace}
          named={false}
          onNamespace={name => model.show(model.connection, name)}
        />
        <button
          type="button"
          className="jp-kfp-IconButton"
          title={trans.__('Read all of it again')}
          aria-label={trans.__('Read all of it again')}
          onClick={() => void model.refresh()}
        >
          <refreshIcon.react tag="span" />
        </button>
        <span className="jp-kfp-There-about" role="status">
          {model.loading
            ? trans.__('Reading…')
            : model.readAt !== null
              ? trans.__('As of %1', moment(model.readAt))
              : ''}
        </span>
      </div>
      {failure && (
        <p className="jp-kfp-Notice" role="alert">
          {trans.__('Nothing of this cluster can be read now: %1', failure)}{' '}
          <button
            type="button"
            className="jp-kfp-Link"
            onClick={() => void model.refresh()}
          >
            {trans.__('Try again')}
          </button>
        </p>
      )}
      <Section title={trans.__('Schedules')} count={countOf(model.schedules)}>
        <List
          read={model.schedules}
          said={failure}
          loading={model.loading}
          nothing={trans.__('Nothing runs by the clock here.')}
          row={each => <ScheduleRow key={each.id} schedule={each} {...props} />}
        />
        <button
          type="button"
          className="jp-kfp-Link jp-kfp-There-add"
          onClick={() => props.actions.schedule()}
        >
          {trans.__('Schedule the current notebook…')}
        </button>
      </Section>
      <Section title={trans.__('Runs')} count={countOf(model.runs)}>
        <List
          read={model.runs}
          said={failure}
          loading={model.loading}
          nothing={trans.__('Nobody has run anything here yet.')}
          row={each => <RunRow key={each.remote_id} run={each} {...props} />}
        />
      </Section>
      <Section title={trans.__('Pipelines')} count={countOf(model.pipelines)}>
        <List
          read={model.pipelines}
          said={failure}
          loading={model.loading}
          nothing={trans.__('There are no pipelines yet.')}
          row={each => (
            <PipelineRow key={each.id} pipeline={each} model={model} />
          )}
        />
      </Section>
    </div>
  );
}

/** No cluster can be shown: why, and what to do. */
function NoCluster({ places }: { places: RunPlaces }): React.ReactElement {
  const trans = useTrans();
  if (!places.answered && !places.failure) {
    return <Empty title={trans.__('Looking for clusters…')} />;
  }
  return (
    <Empty
      title={
        places.failure
          ? trans.__('The server does not answer')
          : trans.__('No cluster is known')
      }
    >
      {places.failure ? (
        <p>{places.failure}</p>
      ) : (
        <>
          <p>{trans.__('Add one with this command in a terminal:')}</p>
          <pre className="jp-kfp-Command">{ADD_COMMAND}</pre>
        </>
      )}
      <button
        type="button"
        className="jp-mod-styled jp-kfp-Button"
        onClick={() => void places.refresh()}
      >
        {trans.__('Look again')}
      </button>
    </Empty>
  );
}

/** How many there are; undefined where that is not known yet. */
function countOf({ items, state }: IRead<unknown>): number | undefined {
  return state === 'ready' || items.length > 0 ? items.length : undefined;
}

/** Why nothing can be read, where that is the same for all lists; else an empty text. */
function commonFailure(model: ThereModel): string {
  const lists = [model.schedules, model.runs, model.pipelines];
  const [{ failure }] = lists;
  const common = lists.every(
    each => each.state === 'failed' && each.failure === failure
  );
  return common ? failure : '';
}

function List<T>(props: {
  read: IRead<T>;
  /** A failure that is said already. */
  said?: string;
  /** Other lists are still read: what failed may be the same for all. */
  loading?: boolean;
  nothing: string;
  row: (item: T) => React.ReactElement;
}): React.ReactElement {
  const trans = useTrans();
  const { items, failure } = props.read;
  const state =
    props.loading && items.length === 0 ? 'loading' : props.read.state;
  return (
    <>
      {state === 'failed' && failure !== props.said && (
        <p className="jp-kfp-Notice" role="alert">
          {trans.__('This cannot be read: %1', failure)}
        </p>
      )}
      {items.length > 0 ? (
        <ul className="jp-kfp-There-list" aria-busy={state === 'loading'}>
          {items.map(props.row)}
        </ul>
      ) : (
        (state !== 'failed' || props.said) && (
          <p className="jp-kfp-Hint" role="status">
            {state === 'loading'
              ? trans.__('Reading…')
              : state === 'failed'
                ? trans.__('Not known.')
                : props.nothing}
          </p>
        )
      )}
    </>
  );
}

function ScheduleRow(
  props: IThereProps & { schedule: ISchedule }
): React.ReactElement {
  const trans = useTrans();
  const { schedule, actions } = props;
  const { name, enabled } = schedule;
  return (
    <li className="jp-kfp-There-row" data-enabled={enabled}>
      <span className="jp-kfp-There-what">
        <span className="jp-kfp-There-name">{name}</span>
        {!enabled && <span className="jp-kfp-Tag">{trans.__('paused')}</span>}
        <span className="jp-kfp-There-about">
          {[schedule.when, schedule.notebook].filter(Boolean).join(' · ')}
        </span>
      </span>
      <span className="jp-kfp-There-actions">
        <RowButton
          word={enabled ? trans.__('Pause') : trans.__('Resume')}
          label={
            enabled ? trans.__('Pause %1', name) : trans.__('Resume %1', name)
          }
          onClick={() => actions.switch(schedule, !enabled)}
        />
        <RowButton
          word={trans.__('Its runs')}
          label={trans.__('Show the runs of %1', name)}
          onClick={() => actions.bring(schedule)}
        />
        <RowButton
          word={trans.__('Remove…')}
          label={trans.__('Remove %1', name)}
          onClick={() => actions.remove(schedule)}
        />
      </span>
    </li>
  );
}

const STATES: readonly string[] = [
  'PENDING',
  'RUNNING',
  'SUCCEEDED',
  'SKIPPED',
  'FAILED',
  'PAUSED',
  'CANCELING',
  'CANCELED'
] satisfies State[];

function RunRow(props: IThereProps & { run: IRunThere }): React.ReactElement {
  const trans = useTrans();
  const { run, model } = props;
  const by = model.schedules.items.find(each => each.id === run.schedule);
  const words = [
    run.created === null ? '' : moment(run.created),
    by ? trans.__('by the schedule %1', by.name) : '',
    run.archived ? trans.__('archived') : ''
  ];
  return (
    <li className="jp-kfp-There-row">
      <StateIcon
        state={STATES.includes(run.state) ? (run.state as State) : 'PENDING'}
      />
      <span className="jp-kfp-There-what">
        <span className="jp-kfp-There-name" title={run.remote_id}>
          {run.name}
        </span>
        {run.run_id && <span className="jp-kfp-Tag">{trans.__('here')}</span>}
        <span className="jp-kfp-There-about">
          {words.filter(Boolean).join(' · ')}
        </span>
      </span>
      <span className="jp-kfp-There-actions">
        <RowButton
          word={run.run_id ? trans.__('Show') : trans.__('Open…')}
          label={trans.__('Open %1', run.name)}
          onClick={() => props.actions.open(run)}
        />
      </span>
    </li>
  );
}

function PipelineRow(props: {
  pipeline: INamed;
  model: ThereModel;
}): React.ReactElement {
  const trans = useTrans();
  const { pipeline, model } = props;
  const [open, setOpen] = React.useState(false);
  const versions = model.versionsOf(pipeline.id);
  React.useEffect(() => {
    if (open && versions === undefined) {
      void model.askVersions(pipeline.id);
    }
  });
  return (
    <li className="jp-kfp-There-pipeline">
      <details onToggle={event => setOpen(event.currentTarget.open)}>
        <summary>{pipeline.name}</summary>
        {versions && (
          <List
            read={versions}
            said={commonFailure(model)}
            nothing={trans.__('It has no versions.')}
            row={each => (
              <li key={each.id} className="jp-kfp-There-row">
                <span className="jp-kfp-There-what">
                  <code>{each.name}</code>
                  <span className="jp-kfp-There-about">
                    {each.created !== null && moment(each.created)}
                  </span>
                </span>
              </li>
            )}
          />
        )}
      </details>
    </li>
  );
}

function RowButton(props: {
  word: string;
  label: string;
  onClick: () => void;
}): React.ReactElement {
  return (
    <button
      type="button"
      className="jp-kfp-Link"
      aria-label={props.label}
      onClick={props.onClick}
    >
      {props.word}
    </button>
  );
}
