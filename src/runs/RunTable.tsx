/**
 * The runs as a table of which only the rows in view are drawn. One row at a time is a stop for
 * Tab; arrow keys go from row to row.
 */
import { caretDownIcon, caretUpIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { Elapsed } from '../components/Elapsed';
import { StateIcon } from '../components/StateIcon';
import { useTrans } from '../components/translation';
import { moment } from '../format';
import { nameOf } from '../model/runState';
import { IRunSummary } from '../tokens';
import { ISorting, numberText, SortKey } from './listing';
import { rowsInView, ROW_HEIGHT, rowTowards } from './rows';

export interface IRunTableProps {
  runs: readonly IRunSummary[];
  chosen: ReadonlySet<string>;
  sorting: ISorting;
  /** The metric of the last column, and what else it can be. */
  metric: string;
  metrics: readonly string[];
  onSort: (key: SortKey) => void;
  onMetric: (name: string) => void;
  /** Choose these runs, or no longer. */
  onChoose: (ids: readonly string[], on: boolean) => void;
  onOpen: (run: IRunSummary) => void;
  onMenu: (run: IRunSummary, x: number, y: number) => void;
}

export function RunTable(props: IRunTableProps): React.ReactElement {
  const trans = useTrans();
  const { runs, chosen } = props;
  const body = React.useRef<HTMLDivElement>(null);
  const [view, setView] = React.useState({ top: 0, height: 600 });
  const [current, setCurrent] = React.useState<string | null>(null);
  const [last, setLast] = React.useState<string | null>(null);
  React.useLayoutEffect(() => {
    const node = body.current!;
    const measure = () =>
      setView({ top: node.scrollTop, height: node.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    return () => observer.disconnect();
  }, []);
  const stop = Math.max(
    0,
    runs.findIndex(run => run.id === current)
  );
  const { first, end } = rowsInView(view.top, view.height, runs.length);
  // The row that has the focus stays, wherever it is scrolled to.
  const shown = [...Array(end - first).keys()].map(index => first + index);
  if (runs.length > 0 && !shown.includes(stop)) {
    shown.push(stop);
  }

  const go = (event: React.KeyboardEvent) => {
    const page = Math.floor(view.height / ROW_HEIGHT);
    const next = rowTowards(event.key, stop, runs.length, page);
    if (next === null) {
      return;
    }
    event.preventDefault();
    setCurrent(runs[next].id);
    const node = body.current!;
    const top = next * ROW_HEIGHT;
    if (top < node.scrollTop) {
      node.scrollTop = top;
    } else if (top + ROW_HEIGHT > node.scrollTop + node.clientHeight) {
      node.scrollTop = top + ROW_HEIGHT - node.clientHeight;
    }
    // The row is there once the table was drawn for its new place.
    requestAnimationFrame(() =>
      node
        .querySelector<HTMLElement>(`[data-index="${next}"] .jp-kfp-Runs-open`)
        ?.focus({ preventScroll: true })
    );
  };
  const choose = (run: IRunSummary, on: boolean, range: boolean) => {
    const from = runs.findIndex(each => each.id === last);
    const to = runs.indexOf(run);
    const ids =
      range && from >= 0
        ? runs.slice(Math.min(from, to), Math.max(from, to) + 1)
        : [run];
    props.onChoose(
      ids.map(each => each.id),
      on
    );
    setLast(run.id);
  };

  return (
    <div
      className="jp-kfp-Runs-table"
      role="table"
      aria-label={trans.__('Pipeline runs')}
      aria-rowcount={runs.length + 1}
    >
      <div role="rowgroup">
        <div className="jp-kfp-Runs-row jp-kfp-Runs-head" role="row">
          <span role="columnheader" aria-label={trans.__('Chosen')}>
            <input
              type="checkbox"
              aria-label={trans.__('Choose all listed runs')}
              checked={runs.length > 0 && runs.every(run => chosen.has(run.id))}
              onChange={event =>
                props.onChoose(
                  runs.map(run => run.id),
                  event.target.checked
                )
              }
            />
          </span>
          <Heading {...props} name="state" label={trans.__('State')} />
          <Heading {...props} name="name" label={trans.__('Name')} />
          <Heading {...props} name="notebook" label={trans.__('Notebook')} />
          <Heading {...props} name="created" label={trans.__('Started')} />
          <Heading {...props} name="took" label={trans.__('Took')} />
          <MetricHeading {...props} />
        </div>
      </div>
      <div
        ref={body}
        className="jp-kfp-Runs-body"
        role="rowgroup"
        onScroll={event =>
          setView({
            top: event.currentTarget.scrollTop,
            height: event.currentTarget.clientHeight
          })
        }
        onKeyDown={go}
      >
        <div
          role="presentation"
          style={{ height: runs.length * ROW_HEIGHT, position: 'relative' }}
        >
          {shown.map(index => (
            <Row
              key={runs[index].id}
              run={runs[index]}
              index={index}
              chosen={chosen.has(runs[index].id)}
              stop={index === stop}
              metric={props.metric}
              onEnter={() => setCurrent(runs[index].id)}
              onChoose={choose}
              onOpen={props.onOpen}
              onMenu={props.onMenu}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

function Heading(
  props: IRunTableProps & { name: SortKey; label: string }
): React.ReactElement {
  const { sorting, name, label } = props;
  const sorted = sorting.key === name;
  const Caret = sorting.descending ? caretDownIcon.react : caretUpIcon.react;
  return (
    <span
      role="columnheader"
      aria-sort={
        sorted ? (sorting.descending ? 'descending' : 'ascending') : 'none'
      }
      data-column={name}
    >
      <button type="button" onClick={() => props.onSort(name)}>
        {label}
        {sorted && <Caret tag="span" className="jp-kfp-Runs-caret" />}
      </button>
    </span>
  );
}

function MetricHeading(props: IRunTableProps): React.ReactElement {
  const trans = useTrans();
  return props.metrics.length === 0 ? (
    <span role="columnheader" data-column="metric">
      {trans.__('Metric')}
    </span>
  ) : (
    <span
      role="columnheader"
      data-column="metric"
      aria-sort={
        props.sorting.key !== 'metric'
          ? 'none'
          : props.sorting.descending
            ? 'descending'
            : 'ascending'
      }
    >
      <select
        aria-label={trans.__('Metric that is shown')}
        value={props.metric}
        onChange={event => props.onMetric(event.target.value)}
      >
        {props.metrics.map(name => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <button
        type="button"
        aria-label={trans.__('Sort by %1', props.metric)}
        title={trans.__('Sort by %1', props.metric)}
        onClick={() => props.onSort('metric')}
      >
        {props.sorting.key === 'metric' && !props.sorting.descending ? (
          <caretUpIcon.react tag="span" className="jp-kfp-Runs-caret" />
        ) : (
          <caretDownIcon.react tag="span" className="jp-kfp-Runs-caret" />
        )}
      </button>
    </span>
  );
}

interface IRowProps {
  run: IRunSummary;
  index: number;
  chosen: boolean;
  /** Whether Tab goes to it. */
  stop: boolean;
  metric: string;
  onEnter: () => void;
  onChoose: (run: IRunSummary, on: boolean, range: boolean) => void;
  onOpen: (run: IRunSummary) => void;
  onMenu: (run: IRunSummary, x: number, y: number) => void;
}

function Row(props: IRowProps): React.ReactElement {
  const trans = useTrans();
  const { run, index, chosen, stop } = props;
  const name = nameOf(run);
  const tab = stop ? 0 : -1;
  return (
    <div
      className="jp-kfp-Runs-row"
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      data-run={run.id}
      data-state={run.state}
      data-chosen={chosen || undefined}
      style={{ top: index * ROW_HEIGHT, height: ROW_HEIGHT }}
      onFocus={props.onEnter}
      onContextMenu={event => {
        event.preventDefault();
        event.stopPropagation();
        const { left, bottom } = event.currentTarget.getBoundingClientRect();
        const mouse = event.button === 2;
        props.onMenu(
          run,
          mouse ? event.clientX : left,
          mouse ? event.clientY : bottom
        );
      }}
    >
      <span role="cell">
        <input
          type="checkbox"
          tabIndex={tab}
          aria-label={trans.__('Choose %1 of %2', name, moment(run.created))}
          checked={chosen}
          onChange={event =>
            props.onChoose(
              run,
              event.target.checked,
              (event.nativeEvent as MouseEvent).shiftKey
            )
          }
        />
      </span>
      <span role="cell" data-column="state">
        <StateIcon state={run.state} />
      </span>
      <span role="cell" data-column="name">
        <button
          type="button"
          className="jp-kfp-Link jp-kfp-Runs-open"
          tabIndex={tab}
          title={[name, run.message, run.about?.note, run.id]
            .filter(Boolean)
            .join('\n')}
          onClick={() => props.onOpen(run)}
        >
          {name}
        </button>
        {run.about?.tags.map(tag => (
          <span key={tag} className="jp-kfp-Tag">
            {tag}
          </span>
        ))}
        {run.engine !== 'local' && (
          <span className="jp-kfp-Tag">{run.engine}</span>
        )}
        {run.about?.note && (
          <span className="jp-kfp-Runs-note">{run.about.note}</span>
        )}
      </span>
      <span role="cell" data-column="notebook" title={run.notebook ?? ''}>
        {run.notebook}
      </span>
      <span role="cell" data-column="created">
        {moment(run.created)}
      </span>
      <span role="cell" data-column="took">
        <Elapsed started={run.started} ended={run.ended} />
      </span>
      <span role="cell" data-column="metric">
        {numberText(run.metrics[props.metric])}
      </span>
    </div>
  );
}
