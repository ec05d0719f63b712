/** The number of runs under way, as a button of the status bar. */
import { ISignal } from '@lumino/signaling';
import * as React from 'react';

import { useSignal, useTrans } from './translation';

export function RunCount(props: {
  changed: ISignal<object, void>;
  count: () => number;
  onClick: () => void;
}): React.ReactElement | null {
  const trans = useTrans();
  useSignal(props.changed);
  const count = props.count();
  return count === 0 ? null : (
    <button
      type="button"
      className="jp-kfp-RunCount"
      title={trans.__('Show pipeline panel')}
      onClick={props.onClick}
    >
      {trans._n('%1 pipeline running', '%1 pipelines running', count)}
    </button>
  );
}
