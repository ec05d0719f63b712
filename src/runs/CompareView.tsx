/** Several runs side by side: what differs in parameters, metrics, steps and code, and pictures. */
import { downloadIcon } from '@jupyterlab/ui-components';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import * as React from 'react';

import { downloadText } from '../components/download';
import { Section } from '../components/Section';
import { StateIcon } from '../components/StateIcon';
import { useTrans } from '../components/translation';
import { bytesWords, duration, moment, stateWord } from '../format';
import { Empty } from '../panel/Empty';
import { IComparison } from '../tokens';
import {
  metricChart,
  parallelChart,
  rocChart,
  runLabels,
  themeColors
} from './charts';
import { CodeDifference } from './CodeDifference';
import { toCsv } from './csv';
import { nameOf, numberText } from './listing';
import { VegaChart } from './VegaChart';

export function CompareView(props: {
  read: () => Promise<IComparison>;
  rendermime: IRenderMimeRegistry | null;
}): React.ReactElement {
  const trans = useTrans();
  const [comparison, setComparison] = React.useState<IComparison | null>(null);
  const [failure, setFailure] = React.useState<string | null>(null);
  const [turn, setTurn] = React.useState(0);
  React.useEffect(() => {
    let wanted = true;
    setFailure(null);
    props.read().then(
      answer => wanted && setComparison(answer),
      error => wanted && setFailure(error instanceof Error ? error.message : '')
    );
    return () => {
      wanted = false;
    };
  }, [turn]);
  if (failure !== null) {
    return (
      <Empty title={trans.__('The runs cannot be compared')}>
        <p>{failure}</p>
        <button
          type="button"
          className="jp-mod-styled jp-kfp-Button"
          onClick={() => setTurn(turn + 1)}
        >
          {trans.__('Try again')}
        </button>
      </Empty>
    );
  }
  return comparison ? (
    <Comparison comparison={comparison} rendermime={props.rendermime} />
  ) : (
    <Empty title={trans.__('Comparing the runs…')} />
  );
}

/** A line of a table: what it is of, and a text for each run. */
interface ILine {
  name: string;
  texts: string[];
  differs: boolean;
}

function Comparison(props: {
  comparison: IComparison;
  rendermime: IRenderMimeRegistry | null;
}): React.ReactElement {
  const trans = useTrans();
  const { comparison, rendermime } = props;
  const [everything, setEverything] = React.useState(true);
  const parameters = comparison.parameters.map(each => ({
    name: each.name,
    texts: each.values.map(value =>
      value === null
        ? ''
        : typeof value === 'string'
          ? value
          : JSON.stringify(value)
    ),
    differs: each.differs
  }));
  const metrics = comparison.metrics.map(each => ({
    name: each.name,
    texts: each.values.map(numberText),
    differs: each.differs
  }));
  const steps = comparison.steps.flatMap(step => [
    line(
      step.name,
      step.state.map((state, index) =>
        [
          state ? stateWord(state, trans) : '',
          step.cached[index] ? trans.__('cached') : ''
        ]
          .filter(Boolean)
          .join(', ')
      )
    ),
    line(
      trans.__('%1: after', step.name),
      step.after.map(each =>
        each === null ? trans.__('no such step') : each.join(', ')
      )
    ),
    // Times and sizes always differ a little: they are no difference to mark.
    spent(trans.__('%1: time', step.name), step.seconds, each =>
      duration(each, trans)
    ),
    spent(trans.__('%1: processor time', step.name), step.cpu_seconds, each =>
      duration(each, trans)
    ),
    spent(trans.__('%1: memory', step.name), step.peak_memory_bytes, each =>
      bytesWords(each, trans)
    ),
    spent(trans.__('%1: outputs', step.name), step.bytes_out, each =>
      bytesWords(each, trans)
    )
  ]);
  const table = (label: string, lines: ILine[]) => (
    <Lines
      label={label}
      comparison={comparison}
      lines={everything ? lines : lines.filter(each => each.differs)}
    />
  );
  return (
    <div className="jp-kfp-CompareView">
      <div className="jp-kfp-Compare-head">
        <label>
          <input
            type="checkbox"
            checked={!everything}
            onChange={event => setEverything(!event.target.checked)}
          />
          {trans.__('Only what differs')}
        </label>
        <button
          type="button"
          className="jp-mod-styled jp-kfp-Button"
          onClick={() =>
            downloadText('comparison.csv', toCsv(comparison), 'text/csv')
          }
        >
          <downloadIcon.react tag="span" />
          {trans.__('Save as CSV')}
        </button>
      </div>
      <Section title={trans.__('Metrics')} count={metrics.length}>
        {table(trans.__('Metrics'), metrics)}
        <Charts comparison={comparison} rendermime={rendermime} />
      </Section>
      <Section title={trans.__('Parameters')} count={parameters.length}>
        {table(trans.__('Parameters'), parameters)}
      </Section>
      <Section title={trans.__('Steps')} count={comparison.steps.length}>
        {table(trans.__('Steps'), steps)}
      </Section>
      <Section title={trans.__('Code')}>
        <CodeDifference comparison={comparison} />
      </Section>
    </div>
  );
}

function spent(
  name: string,
  values: (number | null)[],
  words: (value: number) => string
): ILine {
  const texts = values.map(each => (each === null ? '' : words(each)));
  return { name, texts, differs: false };
}

function line(name: string, texts: string[]): ILine {
  return { name, texts, differs: new Set(texts).size > 1 };
}

function Lines(props: {
  label: string;
  comparison: IComparison;
  lines: ILine[];
}): React.ReactElement {
  const trans = useTrans();
  const { comparison, lines } = props;
  return lines.length === 0 ? (
    <p className="jp-kfp-Hint">{trans.__('Nothing differs.')}</p>
  ) : (
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
            {comparison.runs.map(run => (
              <th key={run.run_id} scope="col" title={run.run_id}>
                <StateIcon state={run.state} /> {nameOf(run)}
                <span className="jp-kfp-Compare-when">
                  {moment(run.created)}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map(each => (
            <tr key={each.name} data-differs={each.differs || undefined}>
              <th scope="row">
                {each.differs && (
                  <span role="img" aria-label={trans.__('differs')}>
                    ≠
                  </span>
                )}{' '}
                {each.name}
              </th>
              {each.texts.map((text, index) => (
                <td key={comparison.runs[index].run_id}>{text}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Charts(props: {
  comparison: IComparison;
  rendermime: IRenderMimeRegistry | null;
}): React.ReactElement {
  const trans = useTrans();
  const colors = themeColors();
  const labels = runLabels(props.comparison);
  const curves = props.comparison.runs.map((run, index) => ({
    label: labels[index],
    curves: run.classification
  }));
  const charts: [string, object | null][] = [
    [trans.__('Metrics over the runs'), metricChart(props.comparison, colors)],
    [
      trans.__('Parameters and metrics, a line for each run'),
      parallelChart(props.comparison, colors)
    ],
    [trans.__('ROC curves'), rocChart(curves, colors, trans)]
  ];
  return (
    <div className="jp-kfp-Charts">
      {charts.map(
        ([label, spec]) =>
          spec && (
            <VegaChart
              key={label}
              label={label}
              spec={spec}
              rendermime={props.rendermime}
            />
          )
      )}
    </div>
  );
}
