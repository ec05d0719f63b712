/** A failing step's error below the input of the cell where it happened. */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import { IActions } from '../actions';
import { useSignal, useTrans } from '../components/translation';
import { placeWords } from '../format';
import { isEnded, NotebookSession } from '../model';
import { IRun, IStepError } from '../tokens';
import { contextOf } from './context';
import { Traceback } from './Traceback';

export function CellError(props: {
  session: NotebookSession;
  actions: IActions;
  cellId: string;
  /** The cell's text as it is now. */
  source: () => string;
}): React.ReactElement | null {
  const trans = useTrans();
  const { session, actions, cellId } = props;
  useSignal(session.changed);
  const found = session.errorAt(cellId);
  const run = session.run;
  if (!found || !run) {
    return null;
  }
  const { step, error } = found;
  return (
    <div
      className="jp-kfp-CellError"
      role="alert"
      aria-label={trans.__('Error of step %1', step.name)}
    >
      <div className="jp-kfp-CellError-head">
        <span className="jp-kfp-CellError-name">{error.name}</span>
        <span className="jp-kfp-CellError-message">{error.message}</span>
      </div>
      <SourceLines error={error} source={props.source()} />
      {error.remedy && (
        <p className="jp-kfp-CellError-remedy">{error.remedy}</p>
      )}
      {error.traceback.length > 0 && <Traceback lines={error.traceback} />}
      {session.edited && (
        <p className="jp-kfp-CellError-remedy" role="status">
          {trans.__(
            'Edited since. What this run had done before is taken from it where it is still the same.'
          )}
        </p>
      )}
      <div className="jp-kfp-CellError-buttons">
        <FixButtons session={session} actions={actions} run={run} />
        {session.edited && error.line !== null && (
          <Button
            className="jp-mod-styled jp-kfp-Button"
            onClick={() => actions.goTo(session, cellId, error.line)}
          >
            {trans.__('Go to line %1', error.line)}
          </Button>
        )}
        <Button
          className="jp-mod-styled jp-kfp-Button"
          onClick={() => actions.openLog(run, step)}
        >
          {trans.__('Log')}
        </Button>
        <Button
          className="jp-mod-styled jp-kfp-Button"
          onClick={() => session.dismiss(step)}
        >
          {trans.__('Dismiss')}
        </Button>
      </div>
    </div>
  );
}

/**
 * Mend the cell, then run on from there: one button that goes to the line, and runs once the
 * notebook was edited. What failed for a reason outside of it can be run as it is.
 */
function FixButtons(props: {
  session: NotebookSession;
  actions: IActions;
  run: IRun;
}): React.ReactElement {
  const trans = useTrans();
  const { session, actions, run } = props;
  const under = !isEnded(run.state);
  const why = under
    ? trans.__('Other steps of this run have not ended yet')
    : trans.__('Run this step and what follows, with what was done before');
  return (
    <>
      <Button
        className="jp-mod-styled jp-mod-accept jp-kfp-Button"
        disabled={!!session.edited && under}
        title={
          session.edited
            ? why
            : trans.__('Go to the failing line; once it is edited, run on')
        }
        onClick={() =>
          session.edited
            ? actions.runFromError(session)
            : actions.goToError(session)
        }
      >
        {session.edited
          ? trans.__('Run from here')
          : trans.__('Fix and run from here')}
      </Button>
      {!session.edited && (
        <Button
          className="jp-mod-styled jp-kfp-Button"
          disabled={under}
          title={why}
          onClick={() => actions.runFromError(session)}
        >
          {trans.__('Run from here as it is')}
        </Button>
      )}
    </>
  );
}

/** The failing line with its neighbours; only the line itself once the cell was edited. */
function SourceLines(props: {
  error: IStepError;
  source: string;
}): React.ReactElement | null {
  const trans = useTrans();
  const { error, source } = props;
  const lines = contextOf(source, error.line, error.source);
  if (lines.length === 0) {
    return null;
  }
  return (
    <figure className="jp-kfp-SourceLines">
      <figcaption>{placeWords(error, trans)}</figcaption>
      <pre>
        {lines.map(line => (
          <div
            key={line.number}
            className="jp-kfp-SourceLine"
            data-failing={line.failing}
            aria-current={line.failing ? 'location' : undefined}
          >
            <span className="jp-kfp-SourceLine-number">{line.number}</span>
            <code>{line.text || ' '}</code>
          </div>
        ))}
      </pre>
    </figure>
  );
}
