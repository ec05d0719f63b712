/** The steps of the notebook in order, with what the shown run says about each. */
import { settingsIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { IActions } from '../actions';
import { stepColor } from '../colors';
import { StepTime } from '../components/Elapsed';
import { StateIcon } from '../components/StateIcon';
import { useTrans } from '../components/translation';
import { StepForm } from '../form/OptionSections';
import { iterationsDone, NotebookSession, stepNamed, titleOf } from '../model';
import { IPipelineStep, IProblem } from '../tokens';
import { IRowDrag, useStepDrag } from './stepOrder';

interface IStepListProps {
  session: NotebookSession;
  actions: IActions;
}

export function StepList({
  session,
  actions
}: IStepListProps): React.ReactElement {
  const steps = session.pipeline?.steps ?? [];
  const dragOf = useStepDrag(steps, (step, before) =>
    actions.orderAfter(session, step, before)
  );
  return (
    <ol className="jp-kfp-StepList">
      {steps.map(step => (
        <StepRow
          key={step.name}
          session={session}
          actions={actions}
          step={step}
          drag={dragOf(step.name)}
        />
      ))}
    </ol>
  );
}

function StepRow({
  session,
  actions,
  step,
  drag
}: IStepListProps & {
  step: IPipelineStep;
  drag: IRowDrag;
}): React.ReactElement {
  const trans = useTrans();
  const run = session.run;
  const status = stepNamed(run, step.name);
  const problems = problemsOf(session, step);
  const broken = problems.some(problem => problem.severity === 'error');
  const edited = session.options.step === step.name;
  const said = Object.keys(step.options).length;
  const [first] = step.cells;
  const better = Object.entries(status?.suggested ?? {}).filter(
    ([name, value]) => step.options[name] !== value
  );
  const words = hint(
    session,
    step,
    status?.reason || iterationsDone(status),
    trans
  );
  return (
    <li
      className="jp-kfp-StepRow"
      data-step={step.name}
      data-state={status?.state}
      data-run={run ? true : undefined}
      data-drop={drag.over ? 'here' : drag.offered ? 'offered' : undefined}
      draggable={!session.readOnly && !edited}
      {...drag.handlers}
      style={
        {
          '--jp-kfp-step-color': stepColor(session.pipeline, step.name)
        } as React.CSSProperties
      }
    >
      <div className="jp-kfp-StepRow-line">
        <button
          type="button"
          className="jp-kfp-StepRow-main"
          title={trans.__('Go to the cell of %1', step.name)}
          onClick={() => first && actions.goTo(session, first)}
        >
          {status ? (
            <StateIcon state={status.state} />
          ) : (
            run && <span className="jp-kfp-StateIcon" aria-hidden="true" />
          )}
          <span className="jp-kfp-StepRow-name">{titleOf(step)}</span>
        </button>
        {broken && (
          <span
            className="jp-kfp-StepRow-broken"
            role="img"
            aria-label={trans.__('This step has problems')}
            title={trans.__('This step has problems')}
          >
            !
          </span>
        )}
        {status?.cached && (
          <span
            className="jp-kfp-Tag"
            title={trans.__('From run %1', status.cached_from ?? '')}
          >
            {trans.__('cached')}
          </span>
        )}
        {status && (status.snapshots?.length ?? 0) > 0 && (
          <span
            className="jp-kfp-Tag"
            title={trans.__(
              'Taken of its data before it: %1',
              status.snapshots!.join(', ')
            )}
          >
            {trans.__('snapshot')}
          </span>
        )}
        {status && <StepTime step={status} />}
        <button
          type="button"
          className="jp-kfp-Link jp-kfp-StepRow-options"
          aria-expanded={edited}
          aria-label={trans.__('Options of %1', step.name)}
          title={
            said > 0
              ? trans._n('%1 option is set', '%1 options are set', said)
              : trans.__('Memory, packages, retries and other options')
          }
          onClick={() => session.options.edit(edited ? null : step.name)}
        >
          <settingsIcon.react tag="span" />
          {said > 0 && <span className="jp-kfp-StepRow-said">{said}</span>}
        </button>
      </div>
      {(words || status) && (
        <div className="jp-kfp-StepRow-line">
          <span className="jp-kfp-StepRow-hint" title={words}>
            {words}
          </span>
          {run && status?.error && (
            <button
              type="button"
              className="jp-kfp-Link jp-kfp-Link-error"
              aria-label={trans.__('Show the error of %1', step.name)}
              onClick={() => actions.showError(session, status)}
            >
              {trans.__('Error')}
            </button>
          )}
          {run && status && status.started !== null && (
            <button
              type="button"
              className="jp-kfp-Link"
              aria-label={trans.__('Open the log of %1', step.name)}
              onClick={() => actions.openLog(run, status)}
            >
              {trans.__('Log')}
            </button>
          )}
          {run && status?.state === 'SUCCEEDED' && (
            <button
              type="button"
              className="jp-kfp-Link"
              aria-label={trans.__('Results of %1', step.name)}
              title={trans.__('Values, files and metrics that it left')}
              onClick={() => actions.openResults(run, status)}
            >
              {trans.__('Results')}
            </button>
          )}
        </div>
      )}
      {status && better.length > 0 && (
        <button
          type="button"
          className="jp-kfp-Link jp-kfp-StepRow-better"
          title={trans.__(
            '%1 took other than it asked for: write %2 into its options',
            step.name,
            better.map(([name, value]) => `${name}: ${value}`).join(', ')
          )}
          disabled={session.readOnly}
          onClick={() => actions.takeSuggestion(session, status)}
        >
          {trans.__(
            'Use %1',
            better.map(([name, value]) => `${name} ${value}`).join(', ')
          )}
        </button>
      )}
      {edited && <StepForm session={session} step={step} problems={problems} />}
    </li>
  );
}

/** Problems that name the step or one of its cells. */
function problemsOf(session: NotebookSession, step: IPipelineStep): IProblem[] {
  return (session.pipeline?.problems ?? []).filter(
    problem =>
      problem.step === step.name ||
      (problem.cell_id !== null && step.cells.includes(problem.cell_id))
  );
}

/** Why the step waits, else which steps it comes after. */
function hint(
  session: NotebookSession,
  step: IPipelineStep,
  reason: string,
  trans: ReturnType<typeof useTrans>
): string {
  if (reason) {
    return reason;
  }
  const before = [
    ...new Set([...step.inputs.map(input => input.step), ...step.after])
  ];
  return before.length ? trans.__('after %1', before.join(', ')) : '';
}
