/** A table of a comparison: a column for each run, and what differs marked. */
import * as React from 'react';

import { StateIcon } from '../components/StateIcon';
import { useTrans } from '../components/translation';
import { moment } from '../format';
import { IComparedRun } from '../tokens';
import { runLabels } from './charts';

/** A line of a table: what it is of, and a text for each run. */
export interface ILine {
  name: string;
  texts: string[];
  differs: boolean;
}

export function lineOf(name: string, texts: string[]): ILine {
  return { name, texts, differs: new Set(texts).size > 1 };
}

export function CompareTable(props: {
  label: string;
  runs: readonly IComparedRun[];
  children: React.ReactNode;
}): React.ReactElement {
  const trans = useTrans();
  const labels = runLabels(props.runs);
  return (
    <div
      className="jp-kfp-Compare-scroll"
      // What is wider than the tab is scrolled by keys, too.
      tabIndex={0}
      role="region"
      aria-label={trans.__('Table: %1', props.label)}
    >
      <table className="jp-kfp-Compare-table">
        <thead>
          <tr>
            <td />
            {props.runs.map((run, index) => (
              <th key={run.run_id} scope="col" title={run.run_id}>
                <StateIcon state={run.state} /> {labels[index]}
                <span className="jp-kfp-Compare-when">
                  {moment(run.created)}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  );
}

export function LineRow(props: {
  line: ILine;
  /** Whether it belongs to the line above it. */
  inner?: boolean;
}): React.ReactElement {
  const { name, texts, differs } = props.line;
  return (
    <tr data-differs={differs || undefined} data-inner={props.inner}>
      <th scope="row">
        {differs && <Differs />} {name}
      </th>
      {texts.map((text, index) => (
        <td key={index}>{text}</td>
      ))}
    </tr>
  );
}

export function Differs(): React.ReactElement {
  const trans = useTrans();
  return (
    <span role="img" aria-label={trans.__('differs')}>
      ≠
    </span>
  );
}
