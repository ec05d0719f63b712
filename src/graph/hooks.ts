/** How the canvas keeps its view: where it starts, which way it runs, and what is placed anew. */
import { useReactFlow, useStore, Viewport } from '@xyflow/react';
import * as React from 'react';

import { Direction, IPlaced, place } from './layout';
import { IGraph, rowCount } from './model';

/** Below this zoom letters cannot be read: a large graph is shown in part instead. */
export const READABLE = 0.6;
/** How large that is then. */
const AT_START = 0.8;

/** How much wider than high the canvas is where the graph runs from left to right. */
const WIDE = 1.2;
/** Pixels between a graph that does not fit and the edge of the canvas. */
const EDGE = 24;

/** Which way the graph runs: as the canvas has room, until the user says otherwise. */
export function useDirection(): [Direction, () => void] {
  const roomy = useStore(state => state.width > state.height * WIDE);
  const [said, say] = React.useState<Direction | null>(null);
  const direction = said ?? (roomy ? 'LR' : 'TB');
  return [direction, () => say(direction === 'TB' ? 'LR' : 'TB')];
}

/** The places of a graph: found again where steps, edges or folds differ, not where states do. */
export function usePlaced(
  graph: IGraph,
  direction: Direction,
  unfolded: ReadonlySet<string>
): IPlaced {
  const shape = JSON.stringify([
    graph.nodes.map(node => [node.id, rowCount(node)]),
    graph.edges,
    direction,
    [...unfolded]
  ]);
  return React.useMemo(() => place(graph, direction, unfolded), [shape]);
}

/**
 * Show a graph from its start, or with the step that failed, when it is opened, and when it has
 * other steps or runs elsewhere.
 * Until the view is moved by hand, it also follows the size of the canvas and of the graph.
 */
export function useStartView(
  placed: IPlaced,
  graph: IGraph,
  direction: Direction
): void {
  const flow = useReactFlow();
  const width = useStore(state => state.width);
  const height = useStore(state => state.height);
  const steps = JSON.stringify(graph.nodes.map(node => node.id));
  const measured = width > 0 && height > 0;
  const kind = `${direction} ${steps}`;
  const shown = React.useRef<{
    kind: string;
    view: Viewport;
    steps: string;
    start: string;
  } | null>(null);
  React.useEffect(() => {
    const failed = graph.nodes.find(node => node.status?.state === 'FAILED');
    const start =
      shown.current?.steps === steps
        ? shown.current.start
        : (failed ?? graph.nodes[0])?.id;
    const first = placed.boxes.get(start);
    if (!measured || !first) {
      return;
    }
    if (
      shown.current?.kind === kind &&
      !isNear(shown.current.view, flow.getViewport())
    ) {
      return;
    }
    const fitting = Math.min(width / placed.width, height / placed.height, 1);
    const zoom = fitting < READABLE ? AT_START : fitting;
    const view = {
      x: offset(first.x + first.width / 2, placed.width, width, zoom),
      y: offset(first.y + first.height / 2, placed.height, height, zoom),
      zoom
    };
    shown.current = { kind, view, steps, start };
    void flow.setViewport(view);
  }, [kind, width, height, placed.width, placed.height]);
}

/**
 * Where one direction of the canvas begins: with the whole graph in the middle where it fits, else
 * with what is at `center` in view, and no room before the graph's start or behind its end.
 */
export function offset(
  center: number,
  length: number,
  room: number,
  zoom: number
): number {
  const left = room - length * zoom;
  if (left >= 0) {
    return left / 2;
  }
  const wanted = room / 2 - center * zoom;
  return Math.min(EDGE, Math.max(wanted, left - EDGE));
}

function isNear(one: Viewport, other: Viewport): boolean {
  return (['x', 'y', 'zoom'] as const).every(
    key => Math.abs(one[key] - other[key]) < 0.01
  );
}

/** An object of functions that stays the same while what they do changes with each drawing. */
export function useLatest<T extends object>(actions: T): T {
  const latest = React.useRef(actions);
  latest.current = actions;
  return React.useMemo(
    () =>
      new Proxy(actions, {
        get: (_, name) => latest.current[name as keyof T]
      }),
    []
  );
}
