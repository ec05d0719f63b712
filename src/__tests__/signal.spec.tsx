import { Signal } from '@lumino/signaling';
import { render, screen } from '@testing-library/react';
import * as React from 'react';

import { useSignal } from '../components/translation';

test('what is told right after the drawing is drawn too', () => {
  const source = { count: 0 };
  const changed = new Signal<typeof source, void>(source);

  function Shown(): React.ReactElement {
    useSignal(changed);
    return <p>{`count ${source.count}`}</p>;
  }

  /** Tells of a change as soon as what was drawn stands, as a run's news may. */
  function Early(): null {
    React.useLayoutEffect(() => {
      source.count = 1;
      changed.emit();
    }, []);
    return null;
  }

  render(
    <>
      <Shown />
      <Early />
    </>
  );

  expect(screen.getByText('count 1')).toBeTruthy();
});
