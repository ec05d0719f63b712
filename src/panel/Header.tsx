/** The head of the panel: the pipeline's name, Run or Cancel, and where the run is. */
import { runIcon, settingsIcon, stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { IActions } from '../actions';
import { Elapsed } from '../components/Elapsed';
import { StateIcon } from '../components/StateIcon';
import { useTrans } from '../components/translation';
import { PlaceSelect } from '../dialog/PlaceSelect';
import { moment, progressWords, severitiesIn, severityCount } from '../format';
import { graphIcon, pauseIcon } from '../icons';
import { NotebookSession, progress } from '../model';
import { IRun } from '../tokens';
import { HintCard } from './HintCard';

interface IHeaderProps {
  session: NotebookSession;
  actions: IActions;
}

export function Header({ session, actions }: IHeaderProps): React.ReactElement {
  const trans = useTrans();
  const { pipeline, activeRun, run, lostSince } = session;
  const broken = pipeline?.problems.some(each => each.severity === 'error');
  const invalid = session.invalidParameters;
  return (
    <div className="jp-kfp-Header">
      <NameField
        key={`${session.path}/${pipeline?.name}`}
        name={pipeline?.name ?? ''}
        fixed={session.readOnly}
        onName={name => actions.setName(session, name)}
      />
      {session.readOnly && (
        <p className="jp-kfp-Hint" role="status">
          {trans.__(
            'This notebook is read-only: it can be run, but not changed.'
          )}
        </p>
      )}
      <div className="jp-kfp-Header-buttons">
        <button
          type="button"
          className="jp-mod-styled jp-mod-accept jp-kfp-Button"
          disabled={invalid.length > 0 || activeRun?.state === 'CANCELING'}
          title={
            broken
              ? trans.__('Run anyway: the problems below will be reported')
              : trans.__('Run this notebook as a pipeline')
          }
          onClick={() => actions.run(session)}
        >
          <runIcon.react tag="span" />
          {trans.__('Run')}
        </button>
        <button
          type="button"
          className="jp-mod-styled jp-kfp-Button jp-kfp-Header-more"
          aria-label={trans.__('Run with options…')}
          title={trans.__('Choose where and how it runs, then run it')}
          aria-haspopup="dialog"
          disabled={activeRun?.state === 'CANCELING'}
          onClick={() => actions.runWithOptions(session)}
        >
          <settingsIcon.react tag="span" />
        </button>
        {session.pausableRun && (
          <PauseButton
            paused={session.pausableRun.state === 'PAUSED'}
            onClick={() => actions.pause(session)}
          />
        )}
        <button
          type="button"
          className="jp-mod-styled jp-kfp-Button"
          disabled={!activeRun || activeRun.state === 'CANCELING'}
          title={trans.__('Cancel the run')}
          onClick={() => actions.cancel(session)}
        >
          <stopIcon.react tag="span" />
          {trans.__('Cancel')}
        </button>
      </div>
      <HintCard place="run" />
      {(session.places.connections.length > 0 ||
        session.choice.engine !== undefined) && (
        <PlaceSelect
          session={session}
          label={trans.__('Where it runs')}
          engine={session.choice.engine}
          onEngine={engine => {
            const { engine: _, ...rest } = session.choice;
            session.choose(engine === undefined ? rest : { ...rest, engine });
          }}
        />
      )}
      {session.choice.cache === false && (
        <p className="jp-kfp-Hint">
          {trans.__('Every step runs: results of earlier runs are not taken.')}
        </p>
      )}
      <button
        type="button"
        className="jp-kfp-Link jp-kfp-Header-graph"
        title={trans.__('Show the steps and what flows between them')}
        onClick={() => actions.openGraph(session)}
      >
        <graphIcon.react tag="span" className="jp-kfp-Header-graph-icon" />
        {trans.__('Graph')}
      </button>
      {pipeline && pipeline.problems.length > 0 && (
        <p className="jp-kfp-Header-problems">
          {severitiesIn(pipeline.problems).map(severity => (
            <span key={severity} data-severity={severity}>
              {severityCount(severity, pipeline.problems, trans)}
            </span>
          ))}
        </p>
      )}
      {run && <Progress run={run} latest={run === session.recent[0]} />}
      {run && session.edited && (
        <p className="jp-kfp-Hint" role="status">
          {trans.__('The notebook was edited since this run started.')}
        </p>
      )}
      {run && (
        <ShownRun
          session={session}
          onOpen={() => actions.openExecuted(run)}
          onCode={() => actions.openCode(run)}
        />
      )}
      {lostSince !== null && (
        <p className="jp-kfp-Notice" role="status">
          {trans.__(
            'The server does not answer; what you see is as of %1.',
            moment(lostSince / 1000)
          )}
        </p>
      )}
    </div>
  );
}

function PauseButton(props: {
  paused: boolean;
  onClick: () => void;
}): React.ReactElement {
  const trans = useTrans();
  const Icon = (props.paused ? runIcon : pauseIcon).react;
  return (
    <button
      type="button"
      className="jp-mod-styled jp-kfp-Button jp-kfp-Header-more"
      aria-label={
        props.paused
          ? trans.__('Go on with the run')
          : trans.__('Pause the run')
      }
      title={
        props.paused
          ? trans.__('Let the processes of the run go on where they are')
          : trans.__('Stop the processes of the run where they are')
      }
      onClick={props.onClick}
    >
      <Icon tag="span" />
    </button>
  );
}

/** What can be seen of the shown run besides its states. */
function ShownRun(props: {
  session: NotebookSession;
  onOpen: () => void;
  onCode: () => void;
}): React.ReactElement {
  const trans = useTrans();
  const { outputs } = props.session;
  return (
    <div className="jp-kfp-ShownRun">
      <label
        title={trans.__(
          'Below each cell, what this run printed there; the notebook is not changed'
        )}
      >
        <input
          type="checkbox"
          checked={outputs.shown}
          onChange={event => outputs.setShown(event.target.checked)}
        />
        {trans.__('Show the run’s outputs')}
      </label>
      <button
        type="button"
        className="jp-kfp-Link"
        title={trans.__(
          'Keep the notebook with what this run put out beside it, and open it'
        )}
        onClick={props.onOpen}
      >
        {trans.__('Open executed notebook')}
      </button>
      <button
        type="button"
        className="jp-kfp-Link"
        title={trans.__(
          'The files that went with this run, what changed since, and how to get them back'
        )}
        onClick={props.onCode}
      >
        {trans.__('Code of this run')}
      </button>
    </div>
  );
}

function Progress(props: { run: IRun; latest: boolean }): React.ReactElement {
  const trans = useTrans();
  const { run, latest } = props;
  const { done, total } = progress(run);
  const metrics = Object.entries(run.metrics);
  return (
    <div className="jp-kfp-Progress" data-state={run.state}>
      <div className="jp-kfp-Progress-line" role="status">
        <StateIcon state={run.state} />
        <span className="jp-kfp-Progress-words">
          {progressWords(run, trans)}
        </span>
        <Elapsed started={run.started} ended={run.ended} />
      </div>
      <progress
        className="jp-kfp-Progress-bar"
        aria-label={trans.__('Steps done')}
        value={done}
        max={Math.max(total, 1)}
      />
      {!latest && (
        <p className="jp-kfp-Hint">
          {trans.__('An earlier run, of %1', moment(run.created))}
        </p>
      )}
      {run.message && <p className="jp-kfp-Notice">{run.message}</p>}
      {metrics.length > 0 && (
        <dl className="jp-kfp-Metrics">
          {metrics.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{Number(value.toPrecision(4))}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

/** The name, edited in place: Enter or leaving the field keeps it, Escape does not. */
function NameField(props: {
  name: string;
  /** Whether it cannot be changed. */
  fixed: boolean;
  onName: (name: string) => void;
}): React.ReactElement {
  const trans = useTrans();
  const [text, setText] = React.useState(props.name);
  const keep = () => {
    const name = text.trim();
    if (name && name !== props.name) {
      props.onName(name);
    } else {
      setText(props.name);
    }
  };
  return (
    <input
      className="jp-kfp-Header-name"
      aria-label={trans.__('Name of the pipeline')}
      title={
        props.fixed
          ? trans.__('Name of the pipeline')
          : trans.__('Name of the pipeline: click to change it')
      }
      readOnly={props.fixed}
      spellCheck={false}
      value={text}
      onChange={event => setText(event.target.value)}
      onBlur={keep}
      onKeyDown={event => {
        if (event.key === 'Enter') {
          keep();
        } else if (event.key === 'Escape') {
          setText(props.name);
        }
      }}
    />
  );
}
