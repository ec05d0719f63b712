/** How long something took, or takes so far: ticks by itself while it is under way. */
import * as React from 'react';

import { duration } from '../format';
import { ran, seconds } from '../model/runState';
import { IStep } from '../tokens';
import { useTrans } from './translation';

const TICK = 1000;

export function Elapsed(props: {
  started: number | null;
  ended: number | null;
}): React.ReactElement | null {
  const trans = useTrans();
  const [, tick] = React.useReducer((count: number) => count + 1, 0);
  const ticking = props.started !== null && props.ended === null;
  React.useEffect(() => {
    if (!ticking) {
      return;
    }
    const timer = window.setInterval(tick, TICK);
    return () => window.clearInterval(timer);
  }, [ticking]);
  const passed = seconds(props);
  return passed === null ? null : (
    <span className="jp-kfp-Elapsed">{duration(passed, trans)}</span>
  );
}

/** How long a step took, or takes so far; nothing where it did not run. */
export function StepTime({ step }: { step: IStep }): React.ReactElement | null {
  return ran(step) ? (
    <Elapsed started={step.started} ended={step.ended} />
  ) : null;
}
