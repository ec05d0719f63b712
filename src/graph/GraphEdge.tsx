/** One edge of the graph: an arrow, and in small letters the variables that flow along it. */
import { BaseEdge, Edge, EdgeProps } from '@xyflow/react';
import * as React from 'react';

import { IPoint, LABEL_LENGTH } from './layout';
import { cut } from './svg';

export interface IEdgeData extends Record<string, unknown> {
  path: string;
  label: IPoint;
  names: string[];
  /** Whether one of its ends is looked at. */
  active: boolean;
}

export type StepEdge = Edge<IEdgeData, 'flow'>;

export const GraphEdge = React.memo(function GraphEdge({
  data,
  markerEnd
}: EdgeProps<StepEdge>): React.ReactElement | null {
  if (!data) {
    return null;
  }
  const { path, label, names, active } = data;
  return (
    <g
      className="jp-kfp-GraphEdge"
      data-order={names.length === 0 || undefined}
      data-active={active || undefined}
    >
      <BaseEdge path={path} markerEnd={markerEnd} />
      {names.length > 0 && (
        <text x={label.x} y={label.y} dy="0.35em">
          <title>{names.join(', ')}</title>
          {active ? names.join(', ') : cut(names.join(', '), LABEL_LENGTH)}
        </text>
      )}
    </g>
  );
});
