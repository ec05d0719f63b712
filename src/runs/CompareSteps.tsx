/** The steps of several runs: a line each with state and time, which unfolds into the rest. */
import { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { toggled } from '../components/folds';
import { StateIcon } from '../components/StateIcon';
import { useTrans } from '../components/translation';
import { bytesWords, duration, stateWord } from '../format';
import { iterationCounts } from '../graph/model';
import { ran } from '../model/runState';
import { IComparedStep, IComparison } from '../tokens';
import { CompareTable, Differs, ILine, lineOf, LineRow } from './CompareTable';

export function CompareSteps(props: {
  comparison: IComparison;
  /** Whether steps are left out that are the same in all runs. */
  onlyDiffering: boolean;
}): React.ReactElement {
  const trans = useTrans();
  const { runs, steps } = props.comparison;
  const [unfolded, setUnfolded] = React.useState<ReadonlySet<string>>(
    new Set()
  );
  const shown = steps.filter(step => !props.onlyDiffering || differs(step));
  if (shown.length === 0) {
    return <p className="jp-kfp-Hint">{trans.__('Nothing differs.')}</p>;
  }
  const open = shown.every(step => unfolded.has(step.name));
  return (
    <>
      <button
        type="button"
        className="jp-kfp-Link jp-kfp-Compare-folds"
        onClick={() =>
          setUnfolded(new Set(open ? [] : steps.map(step => step.name)))
        }
      >
        {open ? trans.__('Fold all') : trans.__('Unfold all')}
      </button>
      <CompareTable label={trans.__('Steps')} runs={runs}>
        {shown.map(step => (
          <React.Fragment key={step.name}>
            <StepRow
              step={step}
              open={unfolded.has(step.name)}
              onFold={() => setUnfolded(toggled(unfolded, step.name))}
            />
            {unfolded.has(step.name) &&
              detailsOf(step, trans).map(line => (
                <LineRow key={line.name} line={line} inner />
              ))}
          </React.Fragment>
        ))}
      </CompareTable>
    </>
  );
}

function StepRow(props: {
  step: IComparedStep;
  open: boolean;
  onFold: () => void;
}): React.ReactElement {
  const trans = useTrans();
  const { step, open } = props;
  const Caret = (open ? caretDownIcon : caretRightIcon).react;
  return (
    <tr data-differs={differs(step) || undefined}>
      <th scope="row">
        <button
          type="button"
          className="jp-kfp-Compare-step"
          data-line={step.name}
          aria-expanded={open}
          onClick={props.onFold}
        >
          <Caret tag="span" />
          {differs(step) && <Differs />} {step.name}
        </button>
      </th>
      {step.state.map((state, index) => {
        const cached = step.cached[index];
        const took = step.seconds[index];
        const iterations = step.iterations[index];
        return (
          <td key={index}>
            {state === null ? (
              trans.__('no such step')
            ) : (
              <>
                <StateIcon state={state} />{' '}
                {iterations && (
                  <span className="jp-kfp-Tag">
                    {trans._n(
                      '%1 iteration',
                      '%1 iterations',
                      iterations.length
                    )}
                  </span>
                )}{' '}
                {cached ? (
                  <span className="jp-kfp-Tag">{trans.__('cached')}</span>
                ) : (
                  ran({ state, cached }) &&
                  took !== null &&
                  duration(took, trans)
                )}
              </>
            )}
          </td>
        );
      })}
    </tr>
  );
}

/** Whether a step went or stands otherwise. Times and known results are no difference to mark. */
function differs(step: IComparedStep): boolean {
  const loops = step.iterations.map(each => JSON.stringify(each));
  return (
    [step.state, loops].some(values => new Set(values).size > 1) ||
    orderOf(step).differs
  );
}

function orderOf(step: IComparedStep, name: string = ''): ILine {
  return lineOf(
    name,
    step.after.map(each => each?.join(', ') ?? '')
  );
}

/** What is said of a step beside its state and time; lines that no run has anything for are left out. */
function detailsOf(step: IComparedStep, trans: TranslationBundle): ILine[] {
  const spent = (
    name: string,
    values: (number | null)[],
    words: (value: number, trans: TranslationBundle) => string
  ): ILine => ({
    name,
    texts: values.map(each => (each === null ? '' : words(each, trans))),
    differs: false
  });
  const iterations = step.iterations.map(each =>
    iterationCounts(each ?? [])
      .map(({ state, count }) => `${count} ${stateWord(state, trans)}`)
      .join(' · ')
  );
  return [
    orderOf(step, trans.__('after')),
    lineOf(trans.__('iterations'), iterations),
    spent(trans.__('processor time'), step.cpu_seconds, duration),
    spent(trans.__('memory'), step.peak_memory_bytes, bytesWords),
    spent(trans.__('outputs'), step.bytes_out, bytesWords)
  ].filter(line => line.texts.some(Boolean));
}
