/** What the steps ask of the machines, beside the GPUs that the cluster has. */
import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { useTrans } from '../components/translation';
import { resourceWords } from '../format';
import { RunPlaces } from '../model';
import { IDevice, IPipeline } from '../tokens';

export function Asked(props: {
  pipeline: IPipeline;
  places: RunPlaces;
  /** The cluster that it runs on; null: this machine. */
  connection: string | null;
}): React.ReactElement | null {
  const trans = useTrans();
  const { pipeline, connection } = props;
  const asking = pipeline.steps
    .map(step => ({
      name: step.name,
      options: { ...pipeline.settings.defaults, ...step.options }
    }))
    .filter(({ options }) => resourceWords(options, trans));
  if (asking.length === 0) {
    return null;
  }
  const devices =
    connection !== null && asking.some(({ options }) => options['gpu'])
      ? props.places.devices(connection)
      : null;
  return (
    <>
      <p>{trans.__('Asked for:')}</p>
      <ul className="jp-kfp-RunForm-files">
        {asking.map(({ name, options }) => (
          <li key={name}>
            {trans.__('%1: %2', name, resourceWords(options, trans))}
          </li>
        ))}
      </ul>
      {devices && (
        <p role="status">
          {devices.length > 0
            ? trans.__(
                '%1 has: %2',
                connection,
                devices.map(each => deviceWords(each, trans)).join('; ')
              )
            : trans.__('%1 has no GPUs.', connection)}
        </p>
      )}
    </>
  );
}

/** `4 A100 (nvidia.com/gpu), 1 free now`. */
function deviceWords(device: IDevice, trans: TranslationBundle): string {
  const { count, model, kind, free } = device;
  const what = model ? trans.__('%1 (%2)', model, kind) : kind;
  return free === null
    ? trans.__('%1 %2', count, what)
    : trans.__('%1 %2, %3 free now', count, what, free);
}
