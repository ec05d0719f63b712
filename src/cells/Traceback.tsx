/** A traceback, folded away until it is asked for, with the colours that the kernel gave it. */
import { Sanitizer } from '@jupyterlab/apputils';
import { renderText } from '@jupyterlab/rendermime';
import * as React from 'react';

import { useTrans } from '../components/translation';

export function Traceback({ lines }: { lines: string[] }): React.ReactElement {
  const trans = useTrans();
  const host = React.useRef<HTMLDivElement>(null);
  const text = lines.join('\n');
  React.useEffect(() => {
    if (host.current) {
      void renderText({
        host: host.current,
        sanitizer: new Sanitizer(),
        source: text
      });
    }
  }, [text]);
  return (
    <details className="jp-kfp-Traceback">
      <summary>{trans.__('Traceback')}</summary>
      <div ref={host} className="jp-RenderedText" />
    </details>
  );
}
