/** A part of the panel that can be folded away; its heading says how much is in it. */
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

export function Section(props: {
  title: string;
  count?: number;
  /** Whether it is folded away at first. */
  folded?: boolean;
  children: React.ReactNode;
}): React.ReactElement {
  const [open, setOpen] = React.useState(!props.folded);
  const id = React.useId();
  const Caret = open ? caretDownIcon.react : caretRightIcon.react;
  return (
    <section className="jp-kfp-Section" aria-label={props.title}>
      <h3 className="jp-kfp-Section-title">
        <button
          type="button"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen(!open)}
        >
          <Caret tag="span" className="jp-kfp-Section-caret" />
          <span>{props.title}</span>
          {props.count !== undefined && (
            <span className="jp-kfp-Section-count">{props.count}</span>
          )}
        </button>
      </h3>
      <div id={id} hidden={!open}>
        {(open || !props.folded) && props.children}
      </div>
    </section>
  );
}
