/** Draws a Vega-Lite picture by JupyterLab's own renderer, which is loaded when it is first used. */
import { IRenderMimeRegistry, MimeModel } from '@jupyterlab/rendermime';

import { JSONObject } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

import { useTrans } from '../components/translation';
import { VEGA_TYPES } from './charts';

/** Pixels for the names of axes, and a title. */
const FRAME = 40;

export function VegaChart(props: {
  spec: object;
  rendermime: IRenderMimeRegistry | null;
  /** What is drawn, for those who cannot see it; the tables have the numbers. */
  label: string;
}): React.ReactElement {
  const trans = useTrans();
  const host = React.useRef<HTMLDivElement>(null);
  const [failed, setFailed] = React.useState(false);
  const { spec, rendermime, label } = props;
  const type = VEGA_TYPES.find(each => rendermime?.mimeTypes.includes(each));
  const text = JSON.stringify(spec);
  React.useEffect(() => {
    if (!rendermime || !type || !host.current) {
      return;
    }
    const drawn = rendermime.createRenderer(type);
    Widget.attach(drawn, host.current);
    drawn
      .renderModel(
        new MimeModel({
          trusted: true,
          data: { [type]: JSON.parse(text) as JSONObject },
          // The menu of the picture would lead to a page of others.
          metadata: { [type]: { embed_options: { actions: false } } }
        })
      )
      .catch(() => setFailed(true));
    return () => drawn.dispose();
  }, [text, type, rendermime]);
  const { height } = spec as { height?: unknown };
  return type && !failed ? (
    <div
      ref={host}
      className="jp-kfp-Chart"
      role="img"
      aria-label={label}
      // What is below does not jump when it is drawn.
      style={typeof height === 'number' ? { minHeight: height + FRAME } : {}}
    />
  ) : (
    <p className="jp-kfp-Hint">
      {trans.__(
        'Pictures need JupyterLab’s Vega extension, which is not there.'
      )}
    </p>
  );
}
