/** The panel's content for the current notebook, or what to do where there is none. */
import * as React from 'react';

import { IActions } from '../actions';
import { Section } from '../components/Section';
import { useSignal, useTrans } from '../components/translation';
import { SettingsForm } from '../form/OptionSections';
import { NotebookSession, NotebookSessions } from '../model';
import { Empty, NoPipeline } from './Empty';
import { Header } from './Header';
import { HelperCode, UnsavedFiles } from './HelperCode';
import { HintCard } from './HintCard';
import { KernelValues } from './KernelValues';
import { ParameterForm } from './ParameterForm';
import { ProblemList } from './ProblemList';
import { RunList } from './RunList';
import { StepList } from './StepList';

export function PanelView(props: {
  sessions: NotebookSessions;
  actions: IActions;
}): React.ReactElement {
  const trans = useTrans();
  useSignal(props.sessions.currentChanged);
  const session = props.sessions.current;
  return session ? (
    <NotebookView
      key={session.path}
      session={session}
      actions={props.actions}
    />
  ) : (
    <Empty title={trans.__('No notebook is open')}>
      <p>
        {trans.__(
          'Open a notebook to run it as a pipeline: each step in its own process, with its state, log and errors at its cells.'
        )}
      </p>
      <button
        type="button"
        className="jp-mod-styled jp-kfp-Button"
        onClick={() => props.actions.openExample()}
      >
        {trans.__('Open the example')}
      </button>
    </Empty>
  );
}

export function NotebookView(props: {
  session: NotebookSession;
  actions: IActions;
}): React.ReactElement {
  const trans = useTrans();
  const { session, actions } = props;
  useSignal(session.changed);
  const { status, pipeline, failure } = session;
  if (!pipeline || (status && status.kind !== 'ready')) {
    return <NoPipeline session={session} />;
  }
  return (
    <div className="jp-kfp-PanelView">
      <Header session={session} actions={actions} />
      {failure && (
        <p className="jp-kfp-Notice" role="status">
          {failure}
        </p>
      )}
      {pipeline.split !== null && pipeline.steps.length > 0 && (
        <SplitHint session={session} actions={actions} />
      )}
      <UnsavedFiles session={session} actions={actions} />
      <Section title={trans.__('Problems')} count={pipeline.problems.length}>
        <ProblemList session={session} actions={actions} />
        <KernelValues session={session} />
      </Section>
      <Section title={trans.__('Steps')} count={pipeline.steps.length}>
        <HintCard place="steps" />
        {pipeline.steps.length > 0 ? (
          <StepList session={session} actions={actions} />
        ) : (
          <p className="jp-kfp-Hint">
            {trans.__(
              'No steps yet. Right-click a code cell and choose “Make a step…”.'
            )}
          </p>
        )}
        <HintCard place="results" />
      </Section>
      <Section
        title={trans.__('Helper code')}
        count={pipeline.files?.length}
        folded
      >
        <HelperCode session={session} actions={actions} />
      </Section>
      {pipeline.parameters.length > 0 && (
        <Section
          title={trans.__('Parameters')}
          count={pipeline.parameters.length}
        >
          <ParameterForm session={session} />
        </Section>
      )}
      <Section title={trans.__('Pipeline settings')} folded>
        <SettingsForm session={session} />
      </Section>
      {session.recent.length > 0 && (
        <Section title={trans.__('Recent runs')} count={session.recent.length}>
          <RunList session={session} actions={actions} />
          <button
            type="button"
            className="jp-kfp-Link jp-kfp-RunList-all"
            title={trans.__('Find, compare and tidy the runs of this notebook')}
            onClick={() => actions.openRuns(session)}
          >
            {trans.__('All runs…')}
          </button>
        </Section>
      )}
    </div>
  );
}

/** Says how an unmarked notebook is cut, and offers to write it down. */
function SplitHint(props: {
  session: NotebookSession;
  actions: IActions;
}): React.ReactElement {
  const trans = useTrans();
  const { session, actions } = props;
  return (
    <div className="jp-kfp-SplitHint">
      <p>{splitWords(session.pipeline?.split ?? null, trans)}</p>
      <button
        type="button"
        className="jp-mod-styled jp-kfp-Button"
        disabled={session.readOnly}
        onClick={() => actions.markSplit(session)}
      >
        {trans.__('Keep these steps')}
      </button>
    </div>
  );
}

function splitWords(
  split: string | null,
  trans: ReturnType<typeof useTrans>
): string {
  switch (split) {
    case 'headings':
      return trans.__(
        'No cell is marked, so each heading starts a step. Keep these steps to rename or change them.'
      );
    case 'cells':
      return trans.__(
        'No cell is marked, so each code cell is a step. Keep these steps to rename or change them.'
      );
    default:
      return trans.__(
        'No cell is marked, so the whole notebook is one step. Right-click a code cell to make more.'
      );
  }
}
