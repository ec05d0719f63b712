/** What the steps of a run have left: values, files, metrics and curves, with what they look like. */
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { Section } from '../components/Section';
import { useTrans } from '../components/translation';
import { Empty } from '../panel/Empty';
import { matrixChart, rocChart, themeColors } from '../runs/charts';
import { nameOf } from '../model/runState';
import { numberText } from '../runs/listing';
import { VegaChart } from '../runs/VegaChart';
import { IResults, IRun, IStep } from '../tokens';
import { FileItem, IResultsActions, TakenItem, ValueItem } from './items';

export function ResultsView(props: {
  run: IRun;
  /** Task of the step that is shown at first. */
  task: string;
  actions: IResultsActions;
  rendermime: IRenderMimeRegistry | null;
}): React.ReactElement {
  const trans = useTrans();
  const { run, actions } = props;
  const [task, choose] = React.useState(props.task);
  const [turn, setTurn] = React.useState(0);
  const [answer, setAnswer] = React.useState<{
    task: string;
    results: IResults | null;
    failure: string;
  } | null>(null);
  const step = run.steps.find(each => each.task === task);
  const ended = step?.ended ?? null;
  React.useEffect(() => {
    let wanted = true;
    actions.read(task).then(
      results => wanted && setAnswer({ task, results, failure: '' }),
      (error: Error) =>
        wanted && setAnswer({ task, results: null, failure: error.message })
    );
    return () => {
      wanted = false;
    };
    // What a step leaves is complete once it has ended.
  }, [task, turn, ended]);
  const known = answer?.task === task ? answer : null;
  return (
    <div className="jp-kfp-ResultsView">
      <div className="jp-kfp-Results-head">
        <label>
          {trans.__('Step')}{' '}
          <select
            className="jp-mod-styled"
            value={task}
            onChange={event => choose(event.target.value)}
          >
            {run.steps.map(each => (
              <option key={each.task} value={each.task}>
                {each.name}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          className="jp-kfp-IconButton"
          title={trans.__('Read again')}
          aria-label={trans.__('Read again')}
          onClick={() => setTurn(turn + 1)}
        >
          <refreshIcon.react tag="span" />
        </button>
      </div>
      {known === null ? (
        <Empty title={trans.__('Reading what the step has left…')} />
      ) : known.results === null ? (
        <Empty title={trans.__('The results cannot be read')}>
          <p>{known.failure}</p>
        </Empty>
      ) : (
        <Results
          key={task}
          results={known.results}
          run={run}
          step={step}
          actions={actions}
          rendermime={props.rendermime}
          onStep={name =>
            choose(run.steps.find(each => each.name === name)?.task ?? task)
          }
        />
      )}
    </div>
  );
}

function Results(props: {
  results: IResults;
  run: IRun;
  step: IStep | undefined;
  actions: IResultsActions;
  rendermime: IRenderMimeRegistry | null;
  onStep: (name: string) => void;
}): React.ReactElement {
  const trans = useTrans();
  const { results, run, step, actions } = props;
  const { inputs, values, files, numbers, curves } = results;
  const task = step?.task ?? '';
  const total =
    inputs.length +
    values.length +
    files.length +
    Object.keys(numbers).length +
    Object.keys(curves).length;
  if (total === 0) {
    return (
      <Empty title={trans.__('Nothing is kept of this step')}>
        <p>
          {step?.ended === null
            ? trans.__('It has not ended yet.')
            : trans.__(
                'Kept are values that later steps take, files that it wrote, and metrics. What its cells showed stands below them.'
              )}
        </p>
        {actions.showOutputs && (
          <button
            type="button"
            className="jp-mod-styled jp-kfp-Button"
            onClick={actions.showOutputs}
          >
            {trans.__('Show the outputs of the cells')}
          </button>
        )}
      </Empty>
    );
  }
  return (
    <>
      {Object.keys(numbers).length > 0 && (
        <Section
          title={trans.__('Metrics')}
          count={Object.keys(numbers).length}
        >
          <dl className="jp-kfp-Results-numbers">
            {Object.entries(numbers).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd title={String(value)}>
                  {typeof value === 'number'
                    ? numberText(value)
                    : typeof value === 'string'
                      ? value
                      : JSON.stringify(value)}
                </dd>
              </div>
            ))}
          </dl>
        </Section>
      )}
      {Object.keys(curves).length > 0 && (
        <Section title={trans.__('Curves')} count={Object.keys(curves).length}>
          <Curves
            curves={curves}
            label={nameOf(run)}
            rendermime={props.rendermime}
          />
        </Section>
      )}
      {values.length > 0 && (
        <Section title={trans.__('Values')} count={values.length}>
          <ul className="jp-kfp-Results-list">
            {values.map(value => (
              <ValueItem
                key={value.name}
                value={value}
                task={task}
                actions={actions}
                onStep={props.onStep}
              />
            ))}
          </ul>
        </Section>
      )}
      {inputs.length > 0 && (
        <Section title={trans.__('Made from')} count={inputs.length}>
          <ul className="jp-kfp-Results-list">
            {inputs.map(input => (
              <TakenItem
                key={`${input.step} ${input.name}`}
                taken={input}
                onStep={props.onStep}
              />
            ))}
          </ul>
        </Section>
      )}
      {files.length > 0 && (
        <Section title={trans.__('Files')} count={files.length}>
          <ul className="jp-kfp-Results-list">
            {files.map(file => (
              <FileItem
                key={file.name}
                file={file}
                task={task}
                actions={actions}
                onStep={props.onStep}
              />
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function Curves(props: {
  curves: Record<string, unknown>;
  label: string;
  rendermime: IRenderMimeRegistry | null;
}): React.ReactElement {
  const trans = useTrans();
  const { curves, label, rendermime } = props;
  const colors = themeColors();
  const roc = rocChart([{ label, curves }], colors, trans);
  return (
    <div className="jp-kfp-Charts">
      {roc && (
        <VegaChart
          label={trans.__('ROC curves')}
          spec={roc}
          rendermime={rendermime}
        />
      )}
      {Object.entries(curves).map(([name, data]) => {
        const matrix = matrixChart(name, data, colors, trans);
        return (
          matrix && (
            <VegaChart
              key={name}
              label={trans.__('Confusion matrix %1', name)}
              spec={matrix}
              rendermime={rendermime}
            />
          )
        );
      })}
    </div>
  );
}
