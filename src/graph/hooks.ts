/** How the canvas keeps its view: where it starts, which way it runs, and what is placed anew. */
import { useReactFlow, useStore, Viewport } from '@xyflow/react';
import * as React from 'react';

import { Direction, IPlaced, place } from './layout';
import { IGraph, rowCount } from './model';

/** Below this zoom letters cannot be read: a large graph starts at its first steps instead. */
export const READABLE = 0.6;
/** How large those are then. */
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
 * Show a graph from its start when it is opened, and when it has other steps or runs elsewhere.
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
  const shown = React.useRef<{ kind: string; view: Viewport } | null>(null);
  React.useEffect(() => {
    const first = placed.boxes.get(graph.nodes[0]?.id);
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
    const across = direction === 'LR';
    const middle = {
      x: width / 2 - (placed.width / 2) * zoom,
      y: height / 2 - (placed.height / 2) * zoom
    };
    const start = {
      x: across ? EDGE : width / 2 - (first.x + first.width / 2) * zoom,
      y: across ? height / 2 - (first.y + first.height / 2) * zoom : EDGE
    };
    const view = { ...(fitting < READABLE ? start : middle), zoom };
    shown.current = { kind, view };
    void flow.setViewport(view);
  }, [kind, width, height, placed.width, placed.height]);
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
