/** Several runs side by side: what differs in parameters, metrics, steps and code, and pictures. */
import { downloadIcon } from '@jupyterlab/ui-components';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import * as React from 'react';

import { downloadText } from '../components/download';
import { Lazy } from '../components/Lazy';
import { Section } from '../components/Section';
import { useTrans } from '../components/translation';
import { Empty } from '../panel/Empty';
import { IComparison } from '../tokens';
import {
  metricCharts,
  parallelChart,
  rocChart,
  runLabels,
  themeColors
} from './charts';
import { CodeDifference } from './CodeDifference';
import { CompareSteps } from './CompareSteps';
import { CompareTable, ILine, LineRow } from './CompareTable';
import { toCsv } from './csv';
import { numberText } from './listing';
import { VegaChart } from './VegaChart';

const CompareGraph = React.lazy(async () => {
  const { CompareGraph } = await import('./CompareGraph');
  return { default: CompareGraph };
});

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

function Comparison(props: {
  comparison: IComparison;
  rendermime: IRenderMimeRegistry | null;
}): React.ReactElement {
  const trans = useTrans();
  const { comparison, rendermime } = props;
  const [everything, setEverything] = React.useState(true);
  const root = React.useRef<HTMLDivElement>(null);
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
  const table = (label: string, lines: ILine[]) => (
    <Lines
      label={label}
      comparison={comparison}
      total={lines.length}
      lines={everything ? lines : lines.filter(each => each.differs)}
    />
  );
  return (
    <div className="jp-kfp-CompareView" ref={root}>
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
        <div className="jp-kfp-Compare-late">
          <Lazy>
            <CompareGraph
              comparison={comparison}
              onStep={name => goToLine(root.current!, name)}
            />
          </Lazy>
        </div>
        <CompareSteps comparison={comparison} onlyDiffering={!everything} />
      </Section>
      <Section title={trans.__('Code')}>
        <CodeDifference comparison={comparison} />
      </Section>
    </div>
  );
}

/** Go to the line of a step, where it has one. */
function goToLine(root: HTMLElement, name: string): void {
  const line = root.querySelector<HTMLElement>(
    `[data-line="${CSS.escape(name)}"]`
  );
  line?.focus();
  line?.scrollIntoView({ block: 'nearest' });
}

function Lines(props: {
  label: string;
  comparison: IComparison;
  lines: ILine[];
  /** How many there are, shown or not. */
  total: number;
}): React.ReactElement {
  const trans = useTrans();
  return props.lines.length === 0 ? (
    <p className="jp-kfp-Hint">
      {props.total === 0
        ? trans.__('No run has any.')
        : trans.__('Nothing differs.')}
    </p>
  ) : (
    <CompareTable label={props.label} runs={props.comparison.runs}>
      {props.lines.map(line => (
        <LineRow key={line.name} line={line} />
      ))}
    </CompareTable>
  );
}

function Charts(props: {
  comparison: IComparison;
  rendermime: IRenderMimeRegistry | null;
}): React.ReactElement {
  const trans = useTrans();
  const colors = themeColors();
  const labels = runLabels(props.comparison.runs);
  const curves = props.comparison.runs.map((run, index) => ({
    label: labels[index],
    curves: run.classification
  }));
  const charts: [string, object | null][] = [
    ...metricCharts(props.comparison, colors).map<[string, object]>(
      ({ name, spec }) => [trans.__('%1 over the runs', name), spec]
    ),
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
