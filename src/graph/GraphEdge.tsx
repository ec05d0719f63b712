/** One edge of the graph: an arrow, and in small letters the variables that flow along it. */
import { BaseEdge, Edge, EdgeProps } from '@xyflow/react';
import * as React from 'react';

import { IPoint, LABEL_LENGTH } from './layout';
import { Change } from './model';
import { cut } from './svg';

export interface IEdgeData extends Record<string, unknown> {
  path: string;
  label: IPoint;
  text: string;
  change?: Change;
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
  const { path, label, text, change, active } = data;
  return (
    <g
      className="jp-kfp-GraphEdge"
      data-order={(!change && !text) || undefined}
      data-change={change}
      data-active={active || undefined}
    >
      <BaseEdge path={path} markerEnd={markerEnd} />
      {text && (
        <text x={label.x} y={label.y} dy="0.35em">
          <title>{text}</title>
          {active ? text : cut(text, LABEL_LENGTH)}
        </text>
      )}
    </g>
  );
});
