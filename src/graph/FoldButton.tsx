/** Folds and unfolds the iterations of a loop, with a bar of what became of them. */
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { INodeData } from './GraphNode';

export function FoldButton(props: {
  data: INodeData;
  label: string;
  title?: string;
  /** The iterations in few words. */
  text: string;
  /** The parts of the bar. */
  children: React.ReactNode;
}): React.ReactElement {
  const { node, unfolded, current, actions } = props.data;
  const Caret = unfolded ? caretDownIcon.react : caretRightIcon.react;
  return (
    <button
      type="button"
      className="jp-kfp-GraphNode-counts nopan"
      tabIndex={current ? 0 : -1}
      aria-expanded={unfolded}
      aria-label={props.label}
      title={props.title}
      onClick={() => actions.fold(node.id)}
    >
      <Caret tag="span" className="jp-kfp-GraphNode-caret" />
      <span className="jp-kfp-GraphNode-bar" aria-hidden="true">
        {props.children}
      </span>
      <span>{props.text}</span>
    </button>
  );
}
