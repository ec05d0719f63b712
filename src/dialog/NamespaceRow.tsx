/** Chooses the namespace of a run or schedule, and says where nobody is logged in to its cluster. */
import * as React from 'react';

import { useTrans } from '../components/translation';
import { RunPlaces } from '../model';

export function NamespaceRow(props: {
  places: RunPlaces;
  connection: string;
  /** Empty: as the connection says. */
  namespace: string;
  onNamespace: (namespace: string) => void;
  /** Whether the name stands beside it: not in a toolbar. */
  named?: boolean;
}): React.ReactElement | null {
  const trans = useTrans();
  const id = React.useId();
  const { places, connection, namespace, named = true } = props;
  const { own, names } = places.namespaces(connection);
  const others = names.filter(name => name !== own);
  if (namespace && !others.includes(namespace)) {
    // One that is gone: better seen than silently another one.
    others.push(namespace);
  }
  if (others.length === 0) {
    return null;
  }
  const select = (
    <select
      id={id}
      className="jp-mod-styled"
      aria-label={named ? undefined : trans.__('Namespace')}
      value={namespace}
      onChange={event => props.onNamespace(event.target.value)}
    >
      <option value="">{trans.__('%1 (the connection’s)', own)}</option>
      {others.map(name => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
  return named ? (
    <div className="jp-kfp-RunForm-row">
      <label htmlFor={id}>{trans.__('Namespace')}</label>
      {select}
    </div>
  ) : (
    select
  );
}

export function LoginNotice(props: {
  places: RunPlaces;
  connection: string;
}): React.ReactElement | null {
  const trans = useTrans();
  const { login } =
    props.places.connections.find(each => each.name === props.connection) ?? {};
  if (!login || login.state === 'in') {
    return null;
  }
  return (
    <p role="alert">
      {login.state === 'over'
        ? trans.__('The login to %1 is over. In a terminal:', props.connection)
        : trans.__(
            'Nobody is logged in to %1. In a terminal:',
            props.connection
          )}{' '}
      <code>{login.command}</code>
    </p>
  );
}
