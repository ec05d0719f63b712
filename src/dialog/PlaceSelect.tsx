/** Chooses where a notebook runs: this machine, or a cluster by the name of its connection. */
import * as React from 'react';

import { useTrans } from '../components/translation';
import { NotebookSession } from '../model';

const LOCAL = 'local';

export function PlaceSelect(props: {
  session: NotebookSession;
  /** What is chosen; as the notebook says where undefined. */
  engine: string | undefined;
  onEngine: (engine: string | undefined) => void;
  id?: string;
  label?: string;
}): React.ReactElement {
  const trans = useTrans();
  const { session, engine } = props;
  const said = session.pipeline?.settings.engine;
  const own = typeof said === 'string' ? said : LOCAL;
  const word = (name: string) =>
    name === LOCAL ? trans.__('This machine') : name;
  const names = [LOCAL, ...session.places.connections.map(each => each.name)];
  if (engine !== undefined && !names.includes(engine)) {
    // A connection that is gone: better seen than silently another one.
    names.push(engine);
  }
  return (
    <select
      id={props.id}
      className="jp-mod-styled"
      aria-label={props.label}
      value={engine ?? ''}
      onChange={event => props.onEngine(event.target.value || undefined)}
    >
      <option value="">
        {trans.__('%1 (as the notebook says)', word(own))}
      </option>
      {names.map(name => (
        <option key={name} value={name}>
          {word(name)}
        </option>
      ))}
    </select>
  );
}
