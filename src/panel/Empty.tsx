/** What the panel says where there is nothing to show, and what to do then. */
import * as React from 'react';

import { useTrans } from '../components/translation';
import { ServerStatus } from '../client';
import { pipelineIcon } from '../icons';
import { NotebookSession } from '../model';

/** A page with words in place of content. */
export function Empty(props: {
  title: string;
  children?: React.ReactNode;
}): React.ReactElement {
  return (
    <div className="jp-kfp-Empty" role="status">
      <pipelineIcon.react tag="div" className="jp-kfp-Empty-icon" />
      <h3>{props.title}</h3>
      {props.children}
    </div>
  );
}

/** Nothing is known of a notebook's pipeline: why not, and what to do. */
export function NoPipeline(props: {
  session: NotebookSession;
}): React.ReactElement {
  const trans = useTrans();
  const { session } = props;
  const { status, failure } = session;
  if (status && status.kind !== 'ready') {
    return (
      <ServerTrouble status={status} onRetry={() => void session.retry()} />
    );
  }
  return (
    <Empty
      title={
        failure
          ? trans.__('This notebook cannot be read')
          : trans.__('Reading the notebook…')
      }
    >
      {failure && <p>{failure}</p>}
    </Empty>
  );
}

/** The server extension cannot be used: why, and the command that mends it. */
function ServerTrouble(props: {
  status: Exclude<ServerStatus, { kind: 'ready' }>;
  onRetry: () => void;
}): React.ReactElement {
  const trans = useTrans();
  const { status } = props;
  const [title, words] = explain(status, trans);
  return (
    <Empty title={title}>
      <p>{words}</p>
      {status.kind !== 'unreachable' && (
        <pre className="jp-kfp-Command">{status.command}</pre>
      )}
      <button
        type="button"
        className="jp-mod-styled jp-kfp-Button"
        onClick={props.onRetry}
      >
        {trans.__('Try again')}
      </button>
    </Empty>
  );
}

function explain(
  status: Exclude<ServerStatus, { kind: 'ready' }>,
  trans: ReturnType<typeof useTrans>
): [string, string] {
  switch (status.kind) {
    case 'missing':
      return [
        trans.__('The server extension is missing'),
        trans.__(
          'Run this command where Jupyter is installed, then restart Jupyter:'
        )
      ];
    case 'version':
      return [
        trans.__('The server extension has another version'),
        trans.__(
          'It is version %1. Run this command where Jupyter is installed, restart Jupyter and reload this page:',
          status.version
        )
      ];
    case 'unreachable':
      return [
        trans.__('The server does not answer'),
        status.message || trans.__('Runs go on without it.')
      ];
  }
}
