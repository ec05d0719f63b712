/** One of the first hints, at the place that it speaks of. */
import * as React from 'react';

import { useSignal, useTrans } from '../components/translation';
import { HINT_PLACES, HintPlace, Hints } from './hints';

/** The hints of the panel; null until the settings are read, and where there are none. */
export const HintsContext = React.createContext<Hints | null>(null);

/** Draws the hint of a place while it is its turn. */
export function HintCard(props: {
  place: HintPlace;
}): React.ReactElement | null {
  const hints = React.useContext(HintsContext);
  return hints && <Card hints={hints} place={props.place} />;
}

function Card(props: {
  hints: Hints;
  place: HintPlace;
}): React.ReactElement | null {
  const trans = useTrans();
  const { hints, place } = props;
  useSignal(hints.changed);
  const next = React.useRef<HTMLButtonElement>(null);
  const shown = hints.place === place;
  React.useEffect(() => {
    if (shown && hints.turned) {
      next.current?.focus();
    }
  }, [shown]);
  if (!shown) {
    return null;
  }
  const number = HINT_PLACES.indexOf(place) + 1;
  const count = HINT_PLACES.length;
  const [title, words] = wordsOf(place, trans);
  return (
    <div
      className="jp-kfp-HintCard"
      role="note"
      aria-label={trans.__('Hint %1 of %2', number, count)}
    >
      <strong>{title}</strong>
      <p>{words}</p>
      <div className="jp-kfp-HintCard-buttons">
        <button
          ref={next}
          type="button"
          className="jp-mod-styled jp-kfp-Button"
          onClick={() => void hints.next()}
        >
          {number < count ? trans.__('Next hint') : trans.__('Done')}
        </button>
        {number < count && (
          <button
            type="button"
            className="jp-kfp-Link"
            title={trans.__('The setting “Hints” brings them back')}
            onClick={() => void hints.dismiss()}
          >
            {trans.__('No hints')}
          </button>
        )}
        <span className="jp-kfp-HintCard-count" aria-hidden="true">
          {trans.__('%1 of %2', number, count)}
        </span>
      </div>
    </div>
  );
}

function wordsOf(
  place: HintPlace,
  trans: ReturnType<typeof useTrans>
): [string, string] {
  switch (place) {
    case 'steps':
      return [
        trans.__('Cells are steps'),
        trans.__(
          'Right-click a code cell, or press Alt Shift S on it, to make it a step. The cells below it belong to it, up to the next step. What flows between steps is found in the code.'
        )
      ];
    case 'run':
      return [
        trans.__('Run it here first'),
        trans.__(
          'Run takes the notebook as it stands, each step as a process of this machine; your kernel is left alone. The gear beside it chooses another place, parameters or a part.'
        )
      ];
    case 'results':
      return [
        trans.__('Watch it at the cells'),
        trans.__(
          'Badges at the cells and this list follow the run. A click on a badge opens its menu: the log, the results, the error with its line, the options.'
        )
      ];
  }
}
