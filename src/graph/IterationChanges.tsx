/** The iterations of a loop in two runs: how many, and what became of each where it is unfolded. */
import * as React from 'react';

import { StateIcon } from '../components/StateIcon';
import { useTrans } from '../components/translation';
import { State } from '../tokens';
import { FoldButton } from './FoldButton';
import type { INodeData } from './GraphNode';
import { SIGNS } from './model';
import { changeWord, iterationWords } from './words';

export function IterationChanges(props: {
  data: INodeData;
}): React.ReactElement {
  const trans = useTrans();
  const { node, unfolded, current } = props.data;
  const changes = node.changes ?? [];
  return (
    <>
      <FoldButton
        data={props.data}
        label={`${node.id}: ${iterationWords(changes, trans)}`}
        title={iterationWords(changes, trans)}
        text={iterationWords(changes, trans, true)}
      >
        {changes.map((each, index) => (
          <span key={index} data-change={each.change} style={{ flexGrow: 1 }} />
        ))}
      </FoldButton>
      {unfolded && (
        <ul
          className="jp-kfp-GraphNode-rows nowheel nopan"
          tabIndex={current ? 0 : -1}
          aria-label={trans.__('Iterations of %1', node.id)}
        >
          {changes.map((each, index) => (
            <li
              key={index}
              title={`${each.item}: ${changeWord(each.change, trans)}`}
              data-change={each.change}
            >
              <span className="jp-kfp-GraphNode-sign">
                {SIGNS[each.change]}
              </span>
              <span className="jp-kfp-GraphNode-item">{each.item}</span>
              <States before={each.before} now={each.now} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** One state where both are the same, or only one is there. */
function States(props: {
  before: State | null;
  now: State | null;
}): React.ReactElement {
  const { before, now } = props;
  return (
    <>
      {before && before !== now && <StateIcon state={before} />}
      {before && now && before !== now && <span aria-hidden="true">→</span>}
      {now && <StateIcon state={now} />}
    </>
  );
}
