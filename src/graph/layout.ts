/**
 * Places the steps of a graph in layers, so that every edge goes forward. The same graph is always
 * placed the same; a change of states moves nothing.
 */
import { Graph, layout } from '@dagrejs/dagre';

import { edgeText, IGraph, IGraphEdge, rowCount } from './model';

/** From top to bottom, or from left to right. */
export type Direction = 'TB' | 'LR';

export interface IBox {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface IPoint {
  x: number;
  y: number;
}

/** Where everything is, in pixels from the upper left corner. */
export interface IPlaced {
  width: number;
  height: number;
  boxes: ReadonlyMap<string, IBox>;
  /** By `edgeId`: the path to draw, and where its label goes. */
  edges: ReadonlyMap<string, { path: string; label: IPoint }>;
}

/** A node that is not unfolded, in pixels. */
export const NODE_WIDTH = 176;
export const NODE_HEIGHT = 52;
/** What a loop's row of counts, and each row of an unfolded loop, add to its height. */
export const COUNTS_HEIGHT = 20;
export const ROW_HEIGHT = 22;
/** Rows of an unfolded loop that are shown at once; more of them scroll. */
export const ROWS_SHOWN = 8;

/** Letters of an edge's names; the rest is below the pointer. */
export const LABEL_LENGTH = 28;
const LETTER_WIDTH = 7.2;

const GAP_BESIDE = 20;
const GAP_ALONG = { TB: 52, LR: 72 };
const MARGIN = 12;

export function edgeId(edge: { from: string; to: string }): string {
  return JSON.stringify([edge.from, edge.to]);
}

/** Place a graph; `unfolded` names the loops whose iterations are shown. */
export function place(
  graph: IGraph,
  direction: Direction,
  unfolded: ReadonlySet<string>
): IPlaced {
  const sheet = new Graph();
  sheet.setGraph({
    rankdir: direction,
    nodesep: GAP_BESIDE,
    ranksep: GAP_ALONG[direction],
    marginx: MARGIN,
    marginy: MARGIN
  });
  sheet.setDefaultEdgeLabel(() => ({}));
  graph.nodes.forEach(node =>
    sheet.setNode(node.id, {
      width: NODE_WIDTH,
      height: heightOf(rowCount(node), unfolded.has(node.id))
    })
  );
  graph.edges.forEach(edge =>
    sheet.setEdge(edge.from, edge.to, { ...labelSize(edge), labelpos: 'c' })
  );
  layout(sheet);
  const boxes = new Map<string, IBox>();
  for (const { id } of graph.nodes) {
    const { x, y, width, height } = sheet.node(id) as IBox;
    boxes.set(id, { x: x - width / 2, y: y - height / 2, width, height });
  }
  const edges = new Map<string, { path: string; label: IPoint }>();
  for (const edge of graph.edges) {
    // Only an edge with names has a place for them.
    const { points, x, y } = sheet.edge(edge.from, edge.to) as {
      points: IPoint[];
    } & Partial<IPoint>;
    const middle = points[Math.floor(points.length / 2)];
    edges.set(edgeId(edge), {
      path: smooth(points),
      label: { x: x ?? middle.x, y: y ?? middle.y }
    });
  }
  const { width = 0, height = 0 } = sheet.graph() as Partial<IBox>;
  // A sheet without nodes has no extent.
  return {
    width: Math.max(0, width),
    height: Math.max(0, height),
    boxes,
    edges
  };
}

/** The room that the names on an edge take; it keeps them beside nodes and within the sheet. */
function labelSize(edge: IGraphEdge): { width: number; height: number } {
  const letters = Math.min(edgeText(edge).length, LABEL_LENGTH);
  return { width: letters * LETTER_WIDTH, height: letters > 0 ? 14 : 0 };
}

/** How high a node is with its loop's counts and rows. */
export function heightOf(iterations: number, unfolded: boolean): number {
  if (iterations === 0) {
    return NODE_HEIGHT;
  }
  const rows = unfolded ? Math.min(iterations, ROWS_SHOWN) : 0;
  return NODE_HEIGHT + COUNTS_HEIGHT + rows * ROW_HEIGHT;
}

/** A curve that leaves and enters straight and rounds the corners between. */
function smooth(points: readonly IPoint[]): string {
  const text = ({ x, y }: IPoint) => `${round(x)} ${round(y)}`;
  const [first, ...rest] = points;
  let path = `M${text(first)}`;
  rest.slice(0, -1).forEach((corner, index) => {
    const next = rest[index + 1];
    const end =
      index === rest.length - 2
        ? next
        : { x: (corner.x + next.x) / 2, y: (corner.y + next.y) / 2 };
    path += `Q${text(corner)} ${text(end)}`;
  });
  return rest.length === 1 ? `${path}L${text(rest[0])}` : path;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
