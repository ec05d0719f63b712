/** The icons of the extension. Colours come from the theme, by JupyterLab's `jp-icon` classes. */
import { LabIcon } from '@jupyterlab/ui-components';

import { State } from './tokens';

/** An icon of ours: the body of its SVG, on a square of `size`. */
export function drawIcon(name: string, size: number, body: string): LabIcon {
  return new LabIcon({
    name: `jupyter-kfp-ext:${name}`,
    svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 ${size} ${size}">${body}</svg>`
  });
}

/** Three joined steps: the panel and everything that runs a pipeline. */
export const pipelineIcon = drawIcon(
  'pipeline',
  24,
  `<g class="jp-icon3" fill="#616161">
     <path d="M7.5 5.25h3a3 3 0 0 1 3 3v7.5a1.5 1.5 0 0 0 1.5 1.5h1.5v1.5H15a3 3 0 0 1-3-3v-7.5a1.5 1.5 0 0 0-1.5-1.5h-3z"/>
     <path d="M7.5 5.25h9v1.5h-9z"/>
     <rect x="2" y="3" width="6" height="6" rx="1.5"/>
     <rect x="16" y="3" width="6" height="6" rx="1.5"/>
     <rect x="16" y="15" width="6" height="6" rx="1.5"/>
   </g>`
);

/** Steps and the arrows between them. */
export const graphIcon = drawIcon(
  'graph',
  24,
  `<g class="jp-icon3" fill="#616161">
     <rect x="8" y="2" width="8" height="5" rx="1.5"/>
     <rect x="2" y="17" width="8" height="5" rx="1.5"/>
     <rect x="14" y="17" width="8" height="5" rx="1.5"/>
     <path d="M11.25 7h1.5v4.25h5.5V17h-1.5v-4.25h-9.5V17h-1.5v-5.75h5.5z"/>
   </g>`
);

/** Two bars: a run that is under way can stand still. */
export const pauseIcon = drawIcon(
  'pause',
  24,
  '<path class="jp-icon3" fill="#616161" d="M6 5h4v14H6zm8 0h4v14h-4z"/>'
);

const ring = '<circle cx="8" cy="8" r="5.75" fill="none" stroke-width="1.5"';

/** One shape a state, so that it can be told without its colour. */
export const stateIcons: Record<State, LabIcon> = {
  PENDING: drawIcon(
    'pending',
    16,
    `${ring} class="jp-kfp-stroke" stroke-dasharray="2.2 2.3"/>`
  ),
  RUNNING: drawIcon(
    'running',
    16,
    `${ring} class="jp-kfp-stroke" opacity="0.25"/>
     <path class="jp-kfp-stroke" fill="none" stroke-width="2" stroke-linecap="round" d="M8 2.25A5.75 5.75 0 0 1 13.75 8"/>`
  ),
  SUCCEEDED: drawIcon(
    'succeeded',
    16,
    `<circle class="jp-kfp-fill" cx="8" cy="8" r="6.5"/>
     <path class="jp-kfp-cut" fill="none" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" d="M5 8.3l2.1 2.1L11.2 6"/>`
  ),
  SKIPPED: drawIcon(
    'skipped',
    16,
    `${ring} class="jp-kfp-stroke"/>
     <path class="jp-kfp-stroke" stroke-width="1.75" stroke-linecap="round" d="M5.5 8h5"/>`
  ),
  FAILED: drawIcon(
    'failed',
    16,
    `<circle class="jp-kfp-fill" cx="8" cy="8" r="6.5"/>
     <path class="jp-kfp-cut" fill="none" stroke-width="1.75" stroke-linecap="round" d="M5.75 5.75l4.5 4.5m0-4.5l-4.5 4.5"/>`
  ),
  PAUSED: drawIcon(
    'paused',
    16,
    `${ring} class="jp-kfp-stroke"/>
     <path class="jp-kfp-stroke" stroke-width="1.75" stroke-linecap="round" d="M6.5 5.75v4.5M9.5 5.75v4.5"/>`
  ),
  CANCELING: drawIcon(
    'canceling',
    16,
    `${ring} class="jp-kfp-stroke" stroke-dasharray="2.2 2.3"/>
     <rect class="jp-kfp-fill" x="5.75" y="5.75" width="4.5" height="4.5" rx="0.75"/>`
  ),
  CANCELED: drawIcon(
    'canceled',
    16,
    `${ring} class="jp-kfp-stroke"/>
     <rect class="jp-kfp-fill" x="5.75" y="5.75" width="4.5" height="4.5" rx="0.75"/>`
  )
};
