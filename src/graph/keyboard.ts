/** Which step an arrow key goes to: along the graph from layer to layer, across it beside. */
import { Direction, IBox } from './layout';

const WAYS: Record<string, { axis: 'x' | 'y'; sign: 1 | -1 }> = {
  ArrowUp: { axis: 'y', sign: -1 },
  ArrowDown: { axis: 'y', sign: 1 },
  ArrowLeft: { axis: 'x', sign: -1 },
  ArrowRight: { axis: 'x', sign: 1 }
};

/**
 * The step that a key goes to from another.
 *
 * @param order - the steps in the order of the notebook, for Home and End.
 * @returns null where the key moves nothing.
 */
export function stepTowards(
  key: string,
  from: string,
  order: readonly string[],
  boxes: ReadonlyMap<string, IBox>,
  direction: Direction
): string | null {
  if (key === 'Home' || key === 'End') {
    return order[key === 'Home' ? 0 : order.length - 1] ?? null;
  }
  const way = WAYS[key];
  const here = boxes.get(from);
  if (!way || !here) {
    return null;
  }
  const { axis, sign } = way;
  const other = axis === 'x' ? 'y' : 'x';
  const ahead = order
    .map(id => {
      const box = boxes.get(id) ?? here;
      return {
        id,
        along: sign * (middle(box)[axis] - middle(here)[axis]),
        beside: Math.abs(middle(box)[other] - middle(here)[other]),
        box
      };
    })
    .filter(each => each.along > 1);
  const layered = axis === (direction === 'TB' ? 'y' : 'x');
  // Beside, only what lies in the same layer; onwards, what lies in the nearest one.
  const near = layered
    ? inNearestLayer(ahead, axis)
    : ahead.filter(each => overlap(each.box, here, other));
  near.sort((a, b) => (layered ? a.beside - b.beside : a.along - b.along));
  return near[0]?.id ?? null;
}

function inNearestLayer<T extends { along: number; box: IBox }>(
  ahead: T[],
  axis: 'x' | 'y'
): T[] {
  const [nearest] = [...ahead].sort((a, b) => a.along - b.along);
  return ahead.filter(each => overlap(each.box, nearest.box, axis));
}

/** Whether two boxes share a part of an axis: then they are in one layer. */
function overlap(one: IBox, other: IBox, axis: 'x' | 'y'): boolean {
  const size = axis === 'x' ? 'width' : 'height';
  return (
    one[axis] < other[axis] + other[size] && other[axis] < one[axis] + one[size]
  );
}

function middle({ x, y, width, height }: IBox): { x: number; y: number } {
  return { x: x + width / 2, y: y + height / 2 };
}
