/** Earlier runs of the notebook; a click shows that run's states at the cells. */
import * as React from 'react';

import { Elapsed } from '../components/Elapsed';
import { StateIcon } from '../components/StateIcon';
import { useTrans } from '../components/translation';
import { moment } from '../format';
import { NotebookSession } from '../model';

export function RunList(props: {
  session: NotebookSession;
}): React.ReactElement {
  const trans = useTrans();
  const { session } = props;
  const shown = session.run?.id;
  return (
    <ul className="jp-kfp-RunList">
      {session.recent.map((run, index) => (
        <li key={run.id} data-run={run.id} data-state={run.state}>
          <button
            type="button"
            className="jp-kfp-RunRow"
            aria-pressed={run.id === shown}
            title={trans.__('Show the states of run %1', run.id)}
            onClick={() => session.show(index === 0 ? null : run.id)}
          >
            <StateIcon state={run.state} />
            <span className="jp-kfp-RunRow-when">{moment(run.created)}</span>
            {run.id === shown && (
              <span className="jp-kfp-Tag">{trans.__('shown')}</span>
            )}
            <Elapsed started={run.started} ended={run.ended} />
          </button>
        </li>
      ))}
    </ul>
  );
}
