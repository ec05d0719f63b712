/** Which runs are listed, and in which order: pure functions over their summaries. */
import { nameOf, seconds } from '../model/runState';
import { IRunSummary, State } from '../tokens';

/** States as people ask for them. */
export type StateGroup =
  'active' | 'succeeded' | 'failed' | 'canceled' | 'archived';

const GROUPS: Record<Exclude<StateGroup, 'archived'>, readonly State[]> = {
  active: ['PENDING', 'RUNNING', 'CANCELING'],
  succeeded: ['SUCCEEDED', 'SKIPPED'],
  failed: ['FAILED'],
  canceled: ['CANCELED']
};

/** What is asked for; empty: all. */
export interface IFilter {
  /** Words that must all be somewhere in what a run says. */
  text: string;
  group: StateGroup | '';
  engine: string;
  notebook: string;
  /** Of runs on a cluster. */
  experiment: string;
}

export const NO_FILTER: IFilter = {
  text: '',
  group: '',
  engine: '',
  notebook: '',
  experiment: ''
};

export type SortKey =
  'created' | 'name' | 'notebook' | 'state' | 'took' | 'metric';

export interface ISorting {
  key: SortKey;
  descending: boolean;
}

export const NEWEST_FIRST: ISorting = { key: 'created', descending: true };

/** The runs to list, in order. `metric` names the one that is sorted by. */
export function listed(
  runs: readonly IRunSummary[],
  filter: IFilter,
  sorting: ISorting,
  metric: string
): IRunSummary[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = runs.filter(
    run =>
      isOf(filter.group, run) &&
      (!filter.engine || run.engine === filter.engine) &&
      (!filter.notebook || run.notebook === filter.notebook) &&
      (!filter.experiment || run.remote?.experiment === filter.experiment) &&
      words.every(word => textOf(run).includes(word))
  );
  const keys = new Map(
    found.map(run => [run.id, keyOf(run, sorting.key, metric)])
  );
  return found.sort((a, b) => {
    const order = compared(keys.get(a.id)!, keys.get(b.id)!);
    // What has no value comes last, whichever way it is sorted.
    const turned = sorting.descending && Math.abs(order) !== Infinity;
    return (turned ? -order : order) || (a.id < b.id ? 1 : -1);
  });
}

/** Whether a run is of a group; those that were put aside are of none but their own. */
function isOf(group: StateGroup | '', run: IRunSummary): boolean {
  if (group === 'archived' || run.archived) {
    return group === 'archived' && !!run.archived;
  }
  return !group || GROUPS[group].includes(run.state);
}

/** The different values of a field, sorted. */
export function choices(
  runs: readonly IRunSummary[],
  field: 'engine' | 'notebook' | 'experiment'
): string[] {
  const values = new Set(
    runs.map(
      run =>
        (field === 'experiment' ? run.remote?.experiment : run[field]) ?? ''
    )
  );
  return [...values].filter(Boolean).sort();
}

/** Names of all metrics, those of most runs first. */
export function metricNames(runs: readonly IRunSummary[]): string[] {
  const counts = new Map<string, number>();
  runs.forEach(run =>
    Object.keys(run.metrics).forEach(name =>
      counts.set(name, (counts.get(name) ?? 0) + 1)
    )
  );
  return [...counts.keys()].sort(
    (a, b) => counts.get(b)! - counts.get(a)! || (a < b ? -1 : 1)
  );
}

/** A number as tables show it; empty for none. */
export function numberText(value: number | null | undefined): string {
  return value === null || value === undefined
    ? ''
    : String(Number(value.toPrecision(6)));
}

type Key = string | number | null;

function keyOf(run: IRunSummary, key: SortKey, metric: string): Key {
  switch (key) {
    case 'created':
      return run.created;
    case 'name':
      return nameOf(run);
    case 'notebook':
      return run.notebook;
    case 'state':
      return run.state;
    case 'took':
      return seconds(run);
    case 'metric':
      return run.metrics[metric] ?? null;
  }
}

/** How two keys of one kind are ordered; infinite where only one is there. */
function compared(one: Key, other: Key): number {
  if (one === null || other === null) {
    return one === other ? 0 : one === null ? Infinity : -Infinity;
  }
  return typeof one === 'string'
    ? one.localeCompare(String(other), undefined, { numeric: true })
    : one - Number(other);
}

const texts = new WeakMap<IRunSummary, string>();

/** All that can be searched of a run, in small letters. */
function textOf(run: IRunSummary): string {
  let text = texts.get(run);
  if (text === undefined) {
    const { about } = run;
    text = [
      run.id,
      run.name,
      run.notebook ?? '',
      run.remote?.experiment ?? '',
      about?.name ?? '',
      about?.note ?? '',
      ...(about?.tags ?? []),
      ...Object.entries(run.parameters).map(
        ([name, value]) => `${name}=${String(value)}`
      )
    ]
      .join('\n')
      .toLowerCase();
    texts.set(run, text);
  }
  return text;
}
