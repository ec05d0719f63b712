/** What the steps ask of the machines, beside what the cluster has. */
import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { useTrans } from '../components/translation';
import { binaryWords, cores, resourceWords } from '../format';
import { RunPlaces } from '../model';
import { IDevice, IPipeline, IResources, ISize } from '../tokens';

type Options = Readonly<Record<string, unknown>>;

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
  const has = connection === null ? null : props.places.resources(connection);
  const lines = has
    ? linesOf(
        asking.map(({ options }) => options),
        has,
        trans
      )
    : [];
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
      {connection !== null && lines.length > 0 && (
        <div role="status">
          <p>{trans.__('%1 has:', connection)}</p>
          <ul className="jp-kfp-RunForm-files">
            {lines.map(each => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

/** What a cluster has of what is asked for; nothing of what cannot be seen. */
function linesOf(
  asking: readonly Options[],
  { sizes, devices }: IResources,
  trans: TranslationBundle
): string[] {
  const wanted = (name: string) => asking.some(each => each[name]);
  const lines: string[] = [];
  if (sizes?.memory && wanted('memory')) {
    lines.push(sizeWords(trans.__('memory'), sizes.memory, binaryWords, trans));
  }
  if (sizes?.cpu && wanted('cpu')) {
    lines.push(sizeWords(trans.__('CPU'), sizes.cpu, cores, trans));
  }
  if (devices && wanted('gpu')) {
    lines.push(
      devices.length > 0
        ? devices.map(each => deviceWords(each, trans)).join('; ')
        : trans.__('no GPUs')
    );
  }
  return lines;
}

/** `memory: 64 GiB, 16 GiB on the largest node, 4 GiB at most free on one now`. */
function sizeWords(
  name: string,
  { total, largest, largest_free: free }: ISize,
  words: (amount: number) => string,
  trans: TranslationBundle
): string {
  return free === null
    ? trans.__(
        '%1: %2, at most %3 for a step',
        name,
        words(total),
        words(largest)
      )
    : trans.__(
        '%1: %2, at most %3 for a step, %4 of that free now',
        name,
        words(total),
        words(largest),
        words(free)
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
