/** The steps of two runs as one drawing: added, removed and changed ones by colour and sign. */
import * as React from 'react';

import { downloadText } from '../components/download';
import { useTrans } from '../components/translation';
import { GraphCanvas } from '../graph/GraphCanvas';
import { IGraphNode, SIGNS } from '../graph/model';
import { CHANGE_COLORS, svgOf } from '../graph/save';
import { changeWord } from '../graph/words';
import { IComparison } from '../tokens';
import { runLabels } from './charts';
import { changeCounts, comparedGraph } from './comparedGraph';

const KINDS = ['added', 'removed', 'changed'] as const;

export function CompareGraph(props: {
  comparison: IComparison;
  /** Show the line of a step. */
  onStep: (name: string) => void;
}): React.ReactElement {
  const trans = useTrans();
  const { comparison } = props;
  const id = React.useId();
  const [other, setOther] = React.useState(1);
  const labels = runLabels(comparison.runs);
  const graph = React.useMemo(
    () => comparedGraph(comparison, other),
    [comparison, other]
  );
  const steps = changeCounts(graph.nodes);
  const orders = changeCounts(graph.edges);
  const loops = changeCounts(graph.nodes.flatMap(node => node.changes ?? []));
  const title = trans.__('%1, against %2', labels[other], labels[0]);
  const words = [
    ...KINDS.filter(kind => steps[kind] > 0).map(kind =>
      trans._n(
        '%2 %1 step %3',
        '%2 %1 steps %3',
        steps[kind],
        SIGNS[kind],
        changeWord(kind, trans)
      )
    ),
    ...(orders.added + orders.removed > 0
      ? [trans.__('order: %1 added, %2 removed', orders.added, orders.removed)]
      : []),
    ...(loops.added + loops.removed + loops.changed > 0
      ? [
          trans.__(
            'iterations: %1 added, %2 removed, %3 ended otherwise',
            loops.added,
            loops.removed,
            loops.changed
          )
        ]
      : [])
  ];
  return (
    <div className="jp-kfp-Compare-graph">
      <div className="jp-kfp-Compare-graphHead">
        {labels.length > 2 ? (
          <>
            <label htmlFor={id}>{trans.__('Against %1:', labels[0])}</label>
            <select
              id={id}
              className="jp-mod-styled"
              value={other}
              onChange={event => setOther(Number(event.target.value))}
            >
              {labels.slice(1).map((label, index) => (
                <option key={label} value={index + 1}>
                  {label}
                </option>
              ))}
            </select>
          </>
        ) : (
          <span>{title}</span>
        )}
        <span role="status">
          {words.length > 0
            ? words.join(' · ')
            : trans.__('the same steps in the same order')}
        </span>
      </div>
      <div className="jp-kfp-GraphView jp-kfp-Compare-canvas">
        <GraphCanvas
          key={other}
          graph={graph}
          label={trans.__(
            'Steps of %1. Arrow keys go from step to step, Enter goes to its line in the table.',
            title
          )}
          inPage
          colorOf={colorOf}
          goTo={node => props.onStep(node.id)}
          openLog={() => undefined}
          openMenu={() => undefined}
          save={(shown, placed, root) =>
            downloadText(
              'comparison.svg',
              svgOf(shown, placed, root, colorOf, title, trans),
              'image/svg+xml'
            )
          }
        />
      </div>
    </div>
  );
}

function colorOf({ change }: IGraphNode): string {
  return `var(${(change && CHANGE_COLORS[change]) ?? '--jp-border-color1'})`;
}
