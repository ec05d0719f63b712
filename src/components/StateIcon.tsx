/** The state of a step or run as a shape with a word for those who cannot see it. */
import * as React from 'react';

import { stateWord } from '../format';
import { stateIcons } from '../icons';
import { State } from '../tokens';
import { useTrans } from './translation';

export function StateIcon({ state }: { state: State }): React.ReactElement {
  const trans = useTrans();
  const Icon = stateIcons[state].react;
  const word = stateWord(state, trans);
  return (
    <span
      className="jp-kfp-StateIcon"
      data-state={state}
      role="img"
      aria-label={word}
      title={word}
    >
      <Icon tag="span" />
    </span>
  );
}
