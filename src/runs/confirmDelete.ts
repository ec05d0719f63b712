/** Says what goes with runs before they are deleted, on their clusters too where that is asked. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';

import { KfpClient } from '../client';
import { ILeftThere, IRunSummary } from '../tokens';

/** More runs than these are not looked up one by one. */
const MOST_LOOKED_UP = 20;

/** Whether to delete runs, and whether on their clusters too; null: not at all. */
export async function confirmDelete(
  client: KfpClient,
  runs: readonly IRunSummary[],
  trans: TranslationBundle
): Promise<{ cluster: boolean } | null> {
  const there = runs.filter(run => run.remote?.run_id);
  const found = await Promise.all(
    there.slice(0, MOST_LOOKED_UP).map(run => client.leftThere(run.id))
  );
  const { button, isChecked } = await showDialog({
    title: trans._n('Delete %1 run?', 'Delete %1 runs?', runs.length),
    body: whatGoes(found, trans),
    checkbox:
      there.length > 0
        ? {
            label: trans.__('Also delete them in Kubeflow Pipelines'),
            caption: trans.__('With their Workflows; artifacts stay.')
          }
        : null,
    buttons: [
      Dialog.cancelButton(),
      Dialog.warnButton({ label: trans.__('Delete') })
    ]
  });
  return button.accept ? { cluster: isChecked === true } : null;
}

/** What is lost, in words. */
export function whatGoes(
  found: readonly (ILeftThere | null)[],
  trans: TranslationBundle
): string {
  const words = [
    trans.__(
      'Their logs, outputs and values go for good. Results that the cache keeps stay.'
    )
  ];
  const kept = found.filter(each => each?.run_id);
  if (kept.length > 0) {
    const objects = kept.reduce((sum, each) => sum + each!.artifacts, 0);
    words.push(
      trans._n(
        '%1 run is in Kubeflow Pipelines, with %2 objects in its store.',
        '%1 runs are in Kubeflow Pipelines, with %2 objects in its store.',
        kept.length,
        objects
      )
    );
  }
  const claims = found.flatMap(each => each?.claims ?? []);
  if (claims.length > 0) {
    words.push(
      trans.__(
        'Claims of theirs are left on the cluster: %1.',
        claims.join(', ')
      )
    );
  }
  const snapshots = found.flatMap(each => each?.snapshots ?? []);
  if (snapshots.length > 0) {
    words.push(
      trans.__(
        'They took snapshots of volumes there: %1.',
        snapshots.join(', ')
      )
    );
  }
  return words.join(' ');
}
