/** A part of the interface that is loaded when it is first shown; says so, and when it fails. */
import * as React from 'react';

import { useTrans } from './translation';

/** Shows its children once their code is there. */
export function Lazy(props: { children: React.ReactNode }): React.ReactElement {
  const trans = useTrans();
  return (
    <Boundary
      words={trans.__(
        'This view could not be loaded. Close it, and open it again once the server answers.'
      )}
    >
      <React.Suspense
        fallback={
          <p className="jp-kfp-Waiting" role="status">
            {trans.__('Loading…')}
          </p>
        }
      >
        {props.children}
      </React.Suspense>
    </Boundary>
  );
}

/** Without it, a piece of code that does not arrive would leave an empty page. */
class Boundary extends React.Component<
  { words: string; children: React.ReactNode },
  { error: string | null }
> {
  static getDerivedStateFromError(error: unknown): { error: string } {
    return { error: error instanceof Error ? error.message : String(error) };
  }

  readonly state: { error: string | null } = { error: null };

  render(): React.ReactNode {
    const { error } = this.state;
    return error === null ? (
      this.props.children
    ) : (
      <div className="jp-kfp-Waiting" role="alert">
        <p>{this.props.words}</p>
        <p>{error}</p>
      </div>
    );
  }
}
