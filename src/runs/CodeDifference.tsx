/** Which cells of each run differ from those of the run named first. */
import * as React from 'react';

import { useTrans } from '../components/translation';
import { ICellDifference, IComparison } from '../tokens';
import { runLabels } from './charts';

export function CodeDifference(props: {
  comparison: IComparison;
}): React.ReactElement {
  const trans = useTrans();
  const { code } = props.comparison;
  const [first, ...labels] = runLabels(props.comparison);
  return (
    <>
      {code.slice(1).map(({ run_id, cells }, index) => (
        <div key={run_id} className="jp-kfp-Compare-code">
          <h4>{trans.__('%1, against %2', labels[index], first)}</h4>
          {cells === null ? (
            <p>{trans.__('The code of one of them is not known.')}</p>
          ) : cells.length === 0 ? (
            <p>{trans.__('The same code.')}</p>
          ) : (
            cells.map(cell => (
              <Cell key={`${cell.change} ${cell.cell_id}`} cell={cell} />
            ))
          )}
        </div>
      ))}
    </>
  );
}

function Cell({ cell }: { cell: ICellDifference }): React.ReactElement {
  const trans = useTrans();
  const words = {
    changed: trans.__('changed'),
    added: trans.__('added'),
    removed: trans.__('removed')
  };
  return (
    <figure>
      <figcaption>
        {cell.step === null
          ? trans.__('Cell %1: %2', cell.number, words[cell.change])
          : trans.__(
              'Cell %1 (%2): %3',
              cell.number,
              cell.step,
              words[cell.change]
            )}
      </figcaption>
      <pre>
        {cell.lines.map((text, index) => (
          <div key={index} data-sign={text.slice(0, 1)}>
            {text || ' '}
          </div>
        ))}
      </pre>
    </figure>
  );
}
