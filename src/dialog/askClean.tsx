/** Asks what of earlier runs is to be removed, and shows what goes before it does. */
import { Dialog } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';

import * as React from 'react';

import { KfpClient } from '../client';
import { useSignal, useTrans } from '../components/translation';
import { bytesWords } from '../format';
import { RunPlaces } from '../model/runChoices';
import { ICleaned } from '../tokens';
import { askByForm } from './FormDialog';
import { NamespaceRow } from './NamespaceRow';

/** How long ago it must have been used last, at first. */
const DAYS = 30;

/** What is to be removed. */
export interface ICleanAsked {
  days: number;
  /** A cluster that is tidied up, too; empty: none. */
  connection: string;
  /** Where on it; empty: in the connection's. */
  namespace: string;
  /** What goes by that, once it was shown. */
  shown: ICleaned | null;
}

/**
 * Ask, and remove what was shown.
 *
 * @returns what was removed; null where the user thought better of it.
 */
export async function askClean(
  client: KfpClient,
  places: RunPlaces,
  trans: TranslationBundle
): Promise<ICleaned | null> {
  void places.ask();
  const asked: ICleanAsked = {
    days: DAYS,
    connection: '',
    namespace: '',
    shown: null
  };
  const answer = await askByForm(
    trans.__('Remove what is old'),
    asked,
    (value, onAsked) => (
      <CleanForm
        client={client}
        places={places}
        asked={value}
        onAsked={onAsked}
      />
    ),
    [Dialog.warnButton({ label: trans.__('Remove') })],
    'input',
    trans,
    // What goes was to be seen before it does.
    ({ shown }) => shown !== null && counted(shown, trans).length > 0
  );
  if (!answer) {
    return null;
  }
  const { days, connection, namespace } = answer.value;
  return client.clean(days, connection, namespace, true);
}

export function CleanForm(props: {
  client: KfpClient;
  places: RunPlaces;
  asked: ICleanAsked;
  onAsked: (asked: ICleanAsked) => void;
}): React.ReactElement {
  const trans = useTrans();
  const id = React.useId();
  const { client, places } = props;
  useSignal(places.changed);
  const [asked, setAsked] = React.useState(props.asked);
  const [failure, setFailure] = React.useState('');
  const { days, connection, namespace, shown } = asked;
  const set = (next: ICleanAsked) => {
    setAsked(next);
    props.onAsked(next);
  };
  React.useEffect(() => {
    let wanted = true;
    setFailure('');
    client.clean(days, connection, namespace, false).then(
      found => wanted && set({ days, connection, namespace, shown: found }),
      (error: Error) => wanted && setFailure(error.message)
    );
    return () => {
      wanted = false;
    };
  }, [days, connection, namespace]);
  return (
    <div className="jp-kfp-RunForm">
      <div className="jp-kfp-RunForm-row">
        <label htmlFor={`${id}-days`}>{trans.__('Older than')}</label>
        <input
          id={`${id}-days`}
          className="jp-mod-styled"
          type="number"
          min={0}
          aria-describedby={`${id}-help`}
          value={days}
          onChange={event =>
            set({
              ...asked,
              days: Math.max(0, Number(event.target.value)),
              shown: null
            })
          }
        />
        <span id={`${id}-help`} className="jp-kfp-RunForm-help">
          {trans.__('days since it was last used')}
        </span>
      </div>
      {places.connections.length > 0 && (
        <div className="jp-kfp-RunForm-row">
          <label htmlFor={`${id}-place`}>{trans.__('Where')}</label>
          <select
            id={`${id}-place`}
            className="jp-mod-styled"
            value={connection}
            onChange={event =>
              set({
                ...asked,
                connection: event.target.value,
                namespace: '',
                shown: null
              })
            }
          >
            <option value="">{trans.__('This machine')}</option>
            {places.connections.map(({ name }) => (
              <option key={name} value={name}>
                {trans.__('This machine and %1', name)}
              </option>
            ))}
          </select>
        </div>
      )}
      {connection && (
        <NamespaceRow
          places={places}
          connection={connection}
          namespace={namespace}
          onNamespace={chosen =>
            set({ ...asked, namespace: chosen, shown: null })
          }
        />
      )}
      {failure ? (
        <p className="jp-kfp-Field-error" role="alert">
          {failure}
        </p>
      ) : (
        <div role="status">
          <ul className="jp-kfp-RunForm-files">
            {(shown ? goneWords(shown, trans) : [trans.__('Reading…')]).map(
              each => (
                <li key={each}>{each}</li>
              )
            )}
          </ul>
        </div>
      )}
    </div>
  );
}

/** What goes, or went, in words. */
export function goneWords(gone: ICleaned, trans: TranslationBundle): string[] {
  const words = counted(gone, trans);
  if (gone.bytes > 0) {
    words.push(trans.__('%1 on this machine', bytesWords(gone.bytes, trans)));
  }
  return words.length > 0 ? words : [trans.__('Nothing is that old.')];
}

/** How many of each kind; nothing where there is none. */
function counted(
  { runs, results, bundles, environments, cluster }: ICleaned,
  trans: TranslationBundle
): string[] {
  const there = cluster && [
    ...cluster.config_maps,
    ...cluster.bundles,
    ...cluster.pods,
    ...cluster.values,
    ...cluster.claims,
    ...cluster.snapshots
  ];
  const counts: [number, string][] = [
    [
      runs.length,
      trans._n(
        '%1 run with its logs and outputs',
        '%1 runs with their logs and outputs',
        runs.length
      )
    ],
    [
      results,
      trans._n('%1 result of the cache', '%1 results of the cache', results)
    ],
    [bundles, trans._n('%1 copy of code', '%1 copies of code', bundles)],
    [environments, trans._n('%1 environment', '%1 environments', environments)],
    [
      there?.length ?? 0,
      trans.__('on %1: %2', cluster?.connection ?? '', there?.join(', ') ?? '')
    ]
  ];
  return counts.filter(([count]) => count > 0).map(([, each]) => each);
}
