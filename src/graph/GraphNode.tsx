/** One step of the graph: its state, its time, and the iterations of its loop, folded or not. */
import { Handle, Node, NodeProps, Position } from '@xyflow/react';
import * as React from 'react';

import { Elapsed, StepTime } from '../components/Elapsed';
import { StateIcon } from '../components/StateIcon';
import { useTrans } from '../components/translation';
import { stateWord } from '../format';
import { iterationsDone } from '../model/runState';
import { FoldButton } from './FoldButton';
import { Direction } from './layout';
import { IGraphNode, iterationCounts, SIGNS } from './model';
import { IterationChanges } from './IterationChanges';
import { nodeHint } from './words';

/** What the nodes of one graph do; the same object while the graph is shown. */
export interface INodeActions {
  goTo(node: IGraphNode): void;
  /** `iteration`: its key; empty for the whole step. */
  openLog(node: IGraphNode, iteration?: string): void;
  openMenu(node: IGraphNode, x: number, y: number): void;
  fold(id: string): void;
  enter(id: string | null): void;
  press(event: React.KeyboardEvent, id: string): void;
}

export interface INodeData extends Record<string, unknown> {
  node: IGraphNode;
  label: string;
  color: string;
  direction: Direction;
  unfolded: boolean;
  /** Whether Tab goes to this node. */
  current: boolean;
  /** Changes where the node is to take the focus; 0 where it is not. */
  focus: number;
  actions: INodeActions;
}

export type StepNode = Node<INodeData, 'step'>;

export const GraphNode = React.memo(
  function GraphNode({ data }: NodeProps<StepNode>): React.ReactElement {
    const trans = useTrans();
    const { node, actions, direction, current, focus } = data;
    const { status, iterations } = node;
    const main = React.useRef<HTMLButtonElement>(null);
    React.useEffect(() => {
      if (focus) {
        // The canvas moves to the node by itself; a scrolled canvas would be drawn awry.
        main.current?.focus({ preventScroll: true });
      }
    }, [focus]);
    const across = direction === 'LR';
    return (
      <div
        className="jp-kfp-GraphNode"
        data-step={node.id}
        data-state={status?.state}
        data-loop={node.loop || iterations.length ? true : undefined}
        data-broken={node.broken || undefined}
        data-change={node.change}
        style={{ '--jp-kfp-step-color': data.color } as React.CSSProperties}
      >
        <Handle
          type="target"
          position={across ? Position.Left : Position.Top}
        />
        <button
          ref={main}
          type="button"
          className="jp-kfp-GraphNode-main nopan"
          tabIndex={current ? 0 : -1}
          aria-label={data.label}
          title={data.label}
          onClick={() => actions.goTo(node)}
          onDoubleClick={() => actions.openLog(node)}
          onContextMenu={event => {
            event.preventDefault();
            event.stopPropagation();
            const box = event.currentTarget.getBoundingClientRect();
            // The key for menus has no place of its own.
            const mouse = event.button === 2;
            actions.openMenu(
              node,
              mouse ? event.clientX : box.left,
              mouse ? event.clientY : box.bottom
            );
          }}
          onKeyDown={event => actions.press(event, node.id)}
          onFocus={() => actions.enter(node.id)}
          onPointerEnter={() => actions.enter(node.id)}
          onPointerLeave={() => actions.enter(null)}
        >
          {status && <StateIcon state={status.state} />}
          {node.change && node.change !== 'same' && (
            <span className="jp-kfp-GraphNode-sign" aria-hidden="true">
              {SIGNS[node.change]}
            </span>
          )}
          <span className="jp-kfp-GraphNode-text">
            <span className="jp-kfp-GraphNode-name">{node.title}</span>
            <span className="jp-kfp-GraphNode-line">
              <span className="jp-kfp-GraphNode-hint">
                {nodeHint(node, trans)}
              </span>
              {status && <StepTime step={status} />}
            </span>
          </span>
          {node.broken && (
            <span className="jp-kfp-StepRow-broken" aria-hidden="true">
              !
            </span>
          )}
        </button>
        {status && iterations.length > 0 && (
          <Iterations data={data} done={iterationsDone(status)} />
        )}
        {node.changes && <IterationChanges data={data} />}
        <Handle
          type="source"
          position={across ? Position.Right : Position.Bottom}
        />
      </div>
    );
  },
  (one, other) => sameData(one.data, other.data)
);

/** How many iterations are in which state, and each of them where that is unfolded. */
function Iterations(props: {
  data: INodeData;
  done: string;
}): React.ReactElement {
  const trans = useTrans();
  const { node, unfolded, current, actions } = props.data;
  return (
    <>
      <FoldButton
        data={props.data}
        label={trans.__('Iterations of %1: %2 done', node.id, props.done)}
        text={props.done}
      >
        {iterationCounts(node.iterations).map(({ state, count }) => (
          <span key={state} data-state={state} style={{ flexGrow: count }} />
        ))}
      </FoldButton>
      {unfolded && (
        <ul className="jp-kfp-GraphNode-rows nowheel nopan">
          {node.iterations.map(each => (
            <li key={each.key}>
              <button
                type="button"
                tabIndex={current ? 0 : -1}
                title={each.item}
                aria-label={trans.__(
                  'Open the log of %1, iteration %2: %3, %4',
                  node.id,
                  each.key,
                  each.item,
                  stateWord(each.state, trans)
                )}
                onClick={() => actions.openLog(node, each.key)}
              >
                <StateIcon state={each.state} />
                <span className="jp-kfp-GraphNode-item">{each.item}</span>
                <Elapsed started={each.started} ended={each.ended} />
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Whether a node looks the same: with hundreds of steps, only what changed is drawn again. */
function sameData(one: INodeData, other: INodeData): boolean {
  return (
    one.node.status === other.node.status &&
    one.label === other.label &&
    one.color === other.color &&
    one.direction === other.direction &&
    one.unfolded === other.unfolded &&
    one.current === other.current &&
    one.focus === other.focus &&
    one.actions === other.actions &&
    // A click goes to the cell that the step has now.
    one.node.cells.join() === other.node.cells.join()
  );
}
