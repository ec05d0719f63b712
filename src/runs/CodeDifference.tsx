/** Which cells and files of each run differ from those of the run named first. */
import * as React from 'react';

import { useTrans } from '../components/translation';
import { ICellDifference, IComparison } from '../tokens';
import { runLabels } from './charts';

export function CodeDifference(props: {
  comparison: IComparison;
}): React.ReactElement {
  const trans = useTrans();
  const { code } = props.comparison;
  const [first, ...labels] = runLabels(props.comparison.runs);
  const others = code.slice(1).map((each, index) => ({
    ...each,
    label: labels[index],
    same: each.cells?.length === 0 && each.files?.length === 0
  }));
  const same = others.filter(each => each.same).map(each => each.label);
  return (
    <>
      {same.length === others.length ? (
        <p className="jp-kfp-Hint">{trans.__('All ran the same code.')}</p>
      ) : (
        same.length > 0 && (
          <p className="jp-kfp-Hint">
            {trans.__('The same code as %1: %2.', first, same.join(', '))}
          </p>
        )
      )}
      {others.map(
        ({ run_id, cells, files, label, same }) =>
          same || (
            <div key={run_id} className="jp-kfp-Compare-code">
              <h4>{trans.__('%1, against %2', label, first)}</h4>
              {cells === null && (
                <p>{trans.__('The code of one of them is not known.')}</p>
              )}
              {cells !== null && files === null && (
                <p>
                  {trans.__('The files of one of them are not kept any more.')}
                </p>
              )}
              {cells?.map(cell => (
                <Difference
                  key={`${cell.change} ${cell.cell_id}`}
                  title={
                    cell.step === null
                      ? trans.__('Cell %1', cell.number)
                      : trans.__('Cell %1 (%2)', cell.number, cell.step)
                  }
                  difference={cell}
                />
              ))}
              {files?.map(file => (
                <Difference
                  key={file.path}
                  title={file.path}
                  difference={file}
                />
              ))}
            </div>
          )
      )}
    </>
  );
}

function Difference(props: {
  title: string;
  difference: Pick<ICellDifference, 'change' | 'lines'>;
}): React.ReactElement {
  const trans = useTrans();
  const { change, lines } = props.difference;
  const words = {
    changed: trans.__('changed'),
    added: trans.__('added'),
    removed: trans.__('removed')
  };
  return (
    <figure>
      <figcaption>{trans.__('%1: %2', props.title, words[change])}</figcaption>
      <pre>
        {lines.map((text, index) => (
          <div key={index} data-sign={text.slice(0, 1)}>
            {text || ' '}
          </div>
        ))}
      </pre>
    </figure>
  );
}
