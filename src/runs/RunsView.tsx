/** All runs in one list: found, sorted, chosen, and what can be done with those that are chosen. */
import { refreshIcon, searchIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { useSignal, useTrans } from '../components/translation';
import { RunPlaces } from '../model/runChoices';
import { isEnded } from '../model/runState';
import { Empty } from '../panel/Empty';
import { IRunSummary } from '../tokens';
import { RunHistory } from './history';
import {
  choices,
  IFilter,
  ISorting,
  listed,
  metricNames,
  NEWEST_FIRST,
  NO_FILTER,
  SortKey,
  StateGroup
} from './listing';
import { RunTable } from './RunTable';

/** Runs that can be compared at once. */
const FEWEST = 2;
const MOST = 20;

/** What can be done with runs. */
export interface IRunsActions {
  /** Open the run's notebook with the run shown. */
  open(run: IRunSummary): void;
  openMenu(run: IRunSummary, x: number, y: number): void;
  compare(runs: readonly IRunSummary[]): void;
  cancel(runs: readonly IRunSummary[]): void;
  resume(run: IRunSummary): void;
  /** Name, note and tags. */
  edit(run: IRunSummary): void;
  delete(runs: readonly IRunSummary[]): void;
  /** Have a failed run on a cluster go on with what failed. */
  retry(run: IRunSummary): void;
  /** Start a run once more as it was, with other parameters. */
  clone(run: IRunSummary): void;
  archive(runs: readonly IRunSummary[], archived: boolean): void;
  /** Show runs of others, schedules and pipelines. */
  openClusters(): void;
  /** Remove what was not used for long. */
  clean(): void;
}

export function RunsView(props: {
  history: RunHistory;
  places: RunPlaces;
  actions: IRunsActions;
  /** Only the runs of this notebook at first; empty: all. */
  notebook: string;
}): React.ReactElement {
  const { history, places, actions } = props;
  useSignal(history.changed);
  useSignal(places.changed);
  const [filter, setFilter] = React.useState<IFilter>({
    ...NO_FILTER,
    notebook: props.notebook
  });
  const [sorting, setSorting] = React.useState<ISorting>(NEWEST_FIRST);
  const [metric, setMetric] = React.useState('');
  const [chosen, setChosen] = React.useState<ReadonlySet<string>>(new Set());
  React.useEffect(
    () => setFilter({ ...NO_FILTER, notebook: props.notebook }),
    [props.notebook]
  );

  const { all, state } = history;
  const metrics = React.useMemo(() => metricNames(all), [all]);
  const shownMetric = metrics.includes(metric) ? metric : (metrics[0] ?? '');
  const runs = React.useMemo(
    () => listed(all, filter, sorting, shownMetric),
    [all, filter, sorting, shownMetric]
  );
  const picked = runs.filter(run => chosen.has(run.id));

  return (
    <div className="jp-kfp-RunsView" aria-busy={state === 'loading'}>
      <Filters
        all={all}
        filter={filter}
        onFilter={setFilter}
        onRefresh={() => void history.load()}
        onClean={() => actions.clean()}
        onClusters={
          places.connections.length > 0
            ? () => actions.openClusters()
            : undefined
        }
      />
      <Bar
        history={history}
        listed={runs.length}
        picked={picked}
        actions={actions}
        onNone={() => setChosen(new Set())}
      />
      {runs.length > 0 ? (
        <RunTable
          runs={runs}
          chosen={chosen}
          sorting={sorting}
          metric={shownMetric}
          metrics={metrics}
          onSort={key => setSorting(sortedBy(sorting, key))}
          onMetric={setMetric}
          onChoose={(ids, on) => setChosen(withRuns(chosen, ids, on))}
          onOpen={run => actions.open(run)}
          onMenu={(run, x, y) => actions.openMenu(run, x, y)}
        />
      ) : (
        <Nothing history={history} onAll={() => setFilter(NO_FILTER)} />
      )}
    </div>
  );
}

function Filters(props: {
  all: readonly IRunSummary[];
  filter: IFilter;
  onFilter: (filter: IFilter) => void;
  onRefresh: () => void;
  onClean: () => void;
  /** Show what there is on clusters; undefined where there is none. */
  onClusters?: () => void;
}): React.ReactElement {
  const trans = useTrans();
  const { all, filter, onFilter } = props;
  const engines = React.useMemo(() => choices(all, 'engine'), [all]);
  const notebooks = React.useMemo(() => choices(all, 'notebook'), [all]);
  const experiments = React.useMemo(() => choices(all, 'experiment'), [all]);
  const groups: [StateGroup, string][] = [
    ['active', trans.__('Under way')],
    ['succeeded', trans.__('Succeeded')],
    ['failed', trans.__('Failed')],
    ['canceled', trans.__('Canceled')],
    ['archived', trans.__('Archived')]
  ];
  return (
    <div className="jp-kfp-Runs-filters" role="search">
      <span className="jp-kfp-Runs-search">
        <searchIcon.react tag="span" />
        <input
          type="search"
          className="jp-mod-styled"
          aria-label={trans.__('Find runs')}
          placeholder={trans.__('Name, tag, note, lr=0.1 …')}
          value={filter.text}
          onChange={event => onFilter({ ...filter, text: event.target.value })}
        />
      </span>
      <Choice
        label={trans.__('State')}
        every={trans.__('All states')}
        value={filter.group}
        options={groups}
        onChange={group =>
          onFilter({ ...filter, group: group as StateGroup | '' })
        }
      />
      {(notebooks.length > 1 || filter.notebook) && (
        <Choice
          label={trans.__('Notebook')}
          every={trans.__('All notebooks')}
          value={filter.notebook}
          options={[...new Set([...notebooks, filter.notebook])]
            .filter(Boolean)
            .map(each => [each, each])}
          onChange={notebook => onFilter({ ...filter, notebook })}
        />
      )}
      {engines.length > 1 && (
        <Choice
          label={trans.__('Engine')}
          every={trans.__('All engines')}
          value={filter.engine}
          options={engines.map(each => [each, each])}
          onChange={engine => onFilter({ ...filter, engine })}
        />
      )}
      {experiments.length > 0 && (
        <Choice
          label={trans.__('Experiment')}
          every={trans.__('All experiments')}
          value={filter.experiment}
          options={experiments.map(each => [each, each])}
          onChange={experiment => onFilter({ ...filter, experiment })}
        />
      )}
      {props.onClusters && (
        <button
          type="button"
          className="jp-kfp-Link"
          title={trans.__('Runs of others, schedules and pipelines')}
          onClick={props.onClusters}
        >
          {trans.__('On clusters…')}
        </button>
      )}
      <button
        type="button"
        className="jp-kfp-Link"
        title={trans.__('Remove runs and results that were not used for long')}
        onClick={props.onClean}
      >
        {trans.__('Tidy up…')}
      </button>
      <button
        type="button"
        className="jp-kfp-IconButton"
        title={trans.__('Read all runs again')}
        aria-label={trans.__('Read all runs again')}
        onClick={props.onRefresh}
      >
        <refreshIcon.react tag="span" />
      </button>
    </div>
  );
}

function Choice(props: {
  label: string;
  every: string;
  value: string;
  options: [string, string][];
  onChange: (value: string) => void;
}): React.ReactElement {
  return (
    <select
      className="jp-mod-styled"
      aria-label={props.label}
      value={props.value}
      onChange={event => props.onChange(event.target.value)}
    >
      <option value="">{props.every}</option>
      {props.options.map(([value, word]) => (
        <option key={value} value={value}>
          {word}
        </option>
      ))}
    </select>
  );
}

/** How many runs are listed, or what can be done with the chosen ones. */
function Bar(props: {
  history: RunHistory;
  listed: number;
  picked: IRunSummary[];
  actions: IRunsActions;
  onNone: () => void;
}): React.ReactElement {
  const trans = useTrans();
  const { history, picked, actions } = props;
  const active = picked.filter(run => !isEnded(run.state));
  const ended = picked.filter(run => isEnded(run.state));
  const [one] = picked.length === 1 ? picked : [];
  const archived = picked.some(run => run.archived);
  const act = (label: string, enabled: boolean, what: () => void) => (
    <button
      type="button"
      className="jp-mod-styled jp-kfp-Button"
      disabled={!enabled}
      onClick={what}
    >
      {label}
    </button>
  );
  return (
    <div className="jp-kfp-Runs-bar">
      <span role="status">
        {picked.length
          ? trans._n('%1 run chosen', '%1 runs chosen', picked.length)
          : props.listed === history.all.length
            ? trans._n('%1 run', '%1 runs', props.listed)
            : trans.__('%1 of %2 runs', props.listed, history.all.length)}
        {history.state === 'loading' && ` · ${trans.__('reading more…')}`}
        {history.state === 'failed' &&
          ` · ${trans.__('The server does not answer: %1', history.failure)}`}
      </span>
      {picked.length > 0 && (
        <span
          className="jp-kfp-Runs-actions"
          role="toolbar"
          aria-label={trans.__('Chosen runs')}
        >
          {act(
            trans.__('Compare'),
            picked.length >= FEWEST && picked.length <= MOST,
            () => actions.compare(picked)
          )}
          {act(trans.__('Cancel'), active.length > 0, () =>
            actions.cancel(active)
          )}
          {act(trans.__('Resume'), !!one && isEnded(one.state), () =>
            actions.resume(one)
          )}
          {one?.remote?.run_id &&
            act(
              trans.__('Retry'),
              one.state === 'FAILED' || one.state === 'CANCELED',
              () => actions.retry(one)
            )}
          {act(trans.__('Run once more…'), !!one, () => actions.clone(one))}
          {act(
            archived ? trans.__('Take out of archive') : trans.__('Archive'),
            ended.length > 0,
            () => actions.archive(ended, !archived)
          )}
          {act(trans.__('Name and tags…'), !!one, () => actions.edit(one))}
          {act(trans.__('Delete…'), ended.length > 0, () =>
            actions.delete(ended)
          )}
          <button type="button" className="jp-kfp-Link" onClick={props.onNone}>
            {trans.__('Choose none')}
          </button>
        </span>
      )}
    </div>
  );
}

function Nothing(props: {
  history: RunHistory;
  onAll: () => void;
}): React.ReactElement {
  const trans = useTrans();
  const { all, state, failure } = props.history;
  if (all.length > 0) {
    return (
      <Empty title={trans.__('No run fits')}>
        <button
          type="button"
          className="jp-mod-styled jp-kfp-Button"
          onClick={props.onAll}
        >
          {trans.__('Show all runs')}
        </button>
      </Empty>
    );
  }
  switch (state) {
    case 'loading':
      return <Empty title={trans.__('Reading the runs…')} />;
    case 'failed':
      return (
        <Empty title={trans.__('The runs cannot be read')}>
          <p>{failure}</p>
          <button
            type="button"
            className="jp-mod-styled jp-kfp-Button"
            onClick={() => void props.history.load()}
          >
            {trans.__('Try again')}
          </button>
        </Empty>
      );
    case 'ready':
      return (
        <Empty title={trans.__('No runs yet')}>
          <p>
            {trans.__(
              'Open a notebook and press “Run as pipeline” in its toolbar: each run is kept here, with its parameters, metrics, logs and outputs.'
            )}
          </p>
        </Empty>
      );
  }
}

/** The other way where it is sorted by this already; what grows with time starts with the latest. */
function sortedBy(sorting: ISorting, key: SortKey): ISorting {
  return sorting.key === key
    ? { key, descending: !sorting.descending }
    : { key, descending: key === 'created' || key === 'metric' };
}

function withRuns(
  chosen: ReadonlySet<string>,
  ids: readonly string[],
  on: boolean
): ReadonlySet<string> {
  const next = new Set(chosen);
  ids.forEach(id => (on ? next.add(id) : next.delete(id)));
  return next;
}
