/** Draws a placed graph on a canvas that can be moved and zoomed, by pointer and by keys. */
import {
  addIcon,
  downloadIcon,
  LabIcon,
  searchIcon
} from '@jupyterlab/ui-components';
import {
  MarkerType,
  NodeHandle,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import * as React from 'react';

import { toggled } from '../components/folds';
import { useTrans } from '../components/translation';
import { GraphEdge, StepEdge } from './GraphEdge';
import { GraphNode, INodeActions, StepNode } from './GraphNode';
import {
  READABLE,
  useDirection,
  useLatest,
  usePlaced,
  useStartView
} from './hooks';
import { fitIcon, minusIcon, turnIcon } from './icons';
import { stepTowards } from './keyboard';
import { Direction, edgeId, IPlaced } from './layout';
import { edgeText, IGraph, IGraphNode } from './model';
import { nodeLabel } from './words';

const NODE_TYPES = { step: GraphNode };
const EDGE_TYPES = { flow: GraphEdge };
const MARKER = {
  type: MarkerType.ArrowClosed,
  color: 'var(--jp-kfp-graph-line)',
  width: 16,
  height: 16,
  // As large on a thick line.
  markerUnits: 'userSpaceOnUse'
};
/** From this many steps on, only those in view are drawn. */
const MANY = 100;
const FIT = { padding: 0.08, maxZoom: 1 };

export interface ICanvasProps {
  graph: IGraph;
  /** What the graph is of and how it is used, for those who cannot see it. */
  label: string;
  /** Whether it is a part of a page, which the wheel goes on to scroll. */
  inPage?: boolean;
  colorOf: (node: IGraphNode) => string;
  goTo: (node: IGraphNode) => void;
  openLog: (node: IGraphNode, iteration?: string) => void;
  openMenu: (node: IGraphNode, x: number, y: number) => void;
  /** Save what is drawn. */
  save: (graph: IGraph, placed: IPlaced, root: HTMLElement) => void;
}

export function GraphCanvas(props: ICanvasProps): React.ReactElement {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas(props: ICanvasProps): React.ReactElement {
  const trans = useTrans();
  const { graph } = props;
  const flow = useReactFlow<StepNode, StepEdge>();
  const root = React.useRef<HTMLDivElement>(null);
  const [unfolded, setUnfolded] = React.useState<ReadonlySet<string>>(
    new Set()
  );
  const [current, setCurrent] = React.useState<string | null>(null);
  const [pointed, setPointed] = React.useState<string | null>(null);
  const [focus, setFocus] = React.useState({ id: '', turn: 0 });
  const [direction, turn] = useDirection();
  const small = useStore(state => state.transform[2] < READABLE);

  const placed = usePlaced(graph, direction, unfolded);
  const actions = useLatest<INodeActions>({
    goTo: node => props.goTo(node),
    openLog: (node, iteration) => props.openLog(node, iteration),
    openMenu: (node, x, y) => props.openMenu(node, x, y),
    fold: id => setUnfolded(toggled(unfolded, id)),
    enter: id => {
      setPointed(id);
      if (id !== null) {
        setCurrent(id);
      }
    },
    press: (event, id) => {
      const order = graph.nodes.map(each => each.id);
      const next = stepTowards(event.key, id, order, placed.boxes, direction);
      if (next !== null) {
        event.preventDefault();
        setCurrent(next);
        setFocus({ id: next, turn: focus.turn + 1 });
        show(next);
      }
    }
  });

  /** Bring a step into view where it is not. */
  const show = (id: string) => {
    const box = placed.boxes.get(id);
    const area = root.current?.getBoundingClientRect();
    if (!box || !area) {
      return;
    }
    const { x, y, zoom } = flow.getViewport();
    const left = box.x * zoom + x;
    const top = box.y * zoom + y;
    const inside =
      left >= 0 &&
      top >= 0 &&
      left + box.width * zoom <= area.width &&
      top + box.height * zoom <= area.height;
    if (!inside) {
      const middle = [box.x + box.width / 2, box.y + box.height / 2] as const;
      void flow.setCenter(...middle, { zoom: Math.max(zoom, READABLE) });
    }
  };

  const tabStop =
    graph.nodes.find(node => node.id === current)?.id ?? graph.nodes[0]?.id;
  const nodes = graph.nodes.map<StepNode>(node => {
    const { x, y, width, height } = placed.boxes.get(node.id)!;
    return {
      id: node.id,
      type: 'step',
      position: { x, y },
      width,
      height,
      // Said here, so that a node that is drawn anew keeps its edges without being measured.
      measured: { width, height },
      handles: handlesOf(width, height, direction),
      data: {
        node,
        label: nodeLabel(node, graph, trans),
        color: props.colorOf(node),
        direction,
        unfolded: unfolded.has(node.id),
        current: node.id === tabStop,
        focus: focus.id === node.id ? focus.turn : 0,
        actions
      }
    };
  });
  const edges = React.useMemo(
    () =>
      graph.edges.map<StepEdge>(edge => ({
        id: edgeId(edge),
        type: 'flow',
        source: edge.from,
        target: edge.to,
        markerEnd: MARKER,
        data: {
          ...placed.edges.get(edgeId(edge))!,
          text: edgeText(edge),
          change: edge.change,
          active: pointed === edge.from || pointed === edge.to
        }
      })),
    [placed, pointed]
  );
  useStartView(placed, graph, direction);

  return (
    <div className="jp-kfp-Graph-canvas" ref={root} data-small={small}>
      <ReactFlow
        aria-label={props.label}
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        panOnScroll={!props.inPage}
        zoomOnScroll={!props.inPage}
        preventScrolling={!props.inPage}
        zoomOnDoubleClick={false}
        minZoom={0.05}
        maxZoom={2}
        onlyRenderVisibleElements={graph.nodes.length > MANY}
        proOptions={{ hideAttribution: true }}
      />
      <div
        className="jp-kfp-Graph-tools"
        role="toolbar"
        aria-label={trans.__('Graph')}
      >
        <Tool
          icon={addIcon}
          label={trans.__('Larger')}
          onClick={() => void flow.zoomIn()}
        />
        <Tool
          icon={minusIcon}
          label={trans.__('Smaller')}
          onClick={() => void flow.zoomOut()}
        />
        <Tool
          icon={fitIcon}
          label={trans.__('Show all')}
          onClick={() => void flow.fitView(FIT)}
        />
        {small && (
          <Tool
            icon={searchIcon}
            label={trans.__('Readable size')}
            onClick={() => void flow.zoomTo(1)}
          />
        )}
        <Tool
          icon={turnIcon}
          label={
            direction === 'TB'
              ? trans.__('From left to right')
              : trans.__('From top to bottom')
          }
          onClick={turn}
        />
        <Tool
          icon={downloadIcon}
          label={trans.__('Save as SVG')}
          onClick={() => props.save(graph, placed, root.current!)}
        />
      </div>
    </div>
  );
}

/** Where edges meet a node. */
function handlesOf(
  width: number,
  height: number,
  direction: Direction
): NodeHandle[] {
  const across = direction === 'LR';
  return [
    {
      type: 'target',
      position: across ? Position.Left : Position.Top,
      x: across ? 0 : width / 2,
      y: across ? height / 2 : 0
    },
    {
      type: 'source',
      position: across ? Position.Right : Position.Bottom,
      x: across ? width : width / 2,
      y: across ? height / 2 : height
    }
  ];
}

function Tool(props: {
  icon: LabIcon;
  label: string;
  onClick: () => void;
}): React.ReactElement {
  return (
    <button
      type="button"
      className="jp-kfp-Graph-tool"
      title={props.label}
      aria-label={props.label}
      onClick={props.onClick}
    >
      <props.icon.react tag="span" />
    </button>
  );
}
