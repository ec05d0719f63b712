/** Earlier runs of the notebook; a click shows that run's states at the cells. */
import { notebookIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { IActions } from '../actions';
import { Elapsed } from '../components/Elapsed';
import { StateIcon } from '../components/StateIcon';
import { useTrans } from '../components/translation';
import { moment } from '../format';
import { NotebookSession } from '../model';

export function RunList(props: {
  session: NotebookSession;
  actions: IActions;
}): React.ReactElement {
  const trans = useTrans();
  const { session, actions } = props;
  const shown = session.run?.id;
  return (
    <ul className="jp-kfp-RunList">
      {session.recent.map((run, index) => (
        <li
          key={run.id}
          className="jp-kfp-RunItem"
          data-run={run.id}
          data-state={run.state}
        >
          <button
            type="button"
            className="jp-kfp-RunRow"
            aria-pressed={run.id === shown}
            title={trans.__('Show the states of run %1', run.id)}
            onClick={() => session.show(index === 0 ? null : run.id)}
          >
            <StateIcon state={run.state} />
            <span className="jp-kfp-RunRow-when">
              {[run.about?.name, moment(run.created)]
                .filter(Boolean)
                .join(' · ')}
            </span>
            {run.id === shown && (
              <span className="jp-kfp-Tag">{trans.__('shown')}</span>
            )}
            <Elapsed started={run.started} ended={run.ended} />
          </button>
          <button
            type="button"
            className="jp-kfp-IconButton"
            title={trans.__('Open executed notebook')}
            aria-label={trans.__(
              'Open the executed notebook of the run of %1',
              moment(run.created)
            )}
            onClick={() => actions.openExecuted(run)}
          >
            <notebookIcon.react tag="span" />
          </button>
        </li>
      ))}
    </ul>
  );
}
