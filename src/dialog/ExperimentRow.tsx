/** Chooses the experiment that a run on a cluster goes to, or names a new one. */
import * as React from 'react';

import { useTrans } from '../components/translation';
import { NotebookSession } from '../model';

export function ExperimentRow(props: {
  session: NotebookSession;
  connection: string;
  /** Empty: as the notebook says. */
  experiment: string;
  onExperiment: (experiment: string) => void;
}): React.ReactElement {
  const trans = useTrans();
  const id = React.useId();
  const { session, connection } = props;
  const said = session.pipeline?.settings.experiment;
  const own = typeof said === 'string' ? said : session.pipeline?.name;
  return (
    <div className="jp-kfp-RunForm-row">
      <label htmlFor={id}>{trans.__('Experiment')}</label>
      <input
        id={id}
        className="jp-mod-styled"
        list={`${id}-names`}
        maxLength={120}
        spellCheck={false}
        placeholder={trans.__('%1 (choose one, or type a new name)', own ?? '')}
        value={props.experiment}
        onChange={event => props.onExperiment(event.target.value)}
      />
      <datalist id={`${id}-names`}>
        {session.places.experiments(connection).map(name => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </div>
  );
}
