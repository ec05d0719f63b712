/** A traceback, folded away until it is asked for, with the colours that the kernel gave it. */
import * as React from 'react';

import { drawText } from '../components/ansi';
import { useTrans } from '../components/translation';

export function Traceback({ lines }: { lines: string[] }): React.ReactElement {
  const trans = useTrans();
  const host = React.useRef<HTMLDivElement>(null);
  const text = lines.join('\n');
  React.useEffect(() => {
    if (host.current) {
      drawText(host.current, text);
    }
  }, [text]);
  return (
    <details className="jp-kfp-Traceback">
      <summary>{trans.__('Traceback')}</summary>
      <div ref={host} className="jp-RenderedText" />
    </details>
  );
}
