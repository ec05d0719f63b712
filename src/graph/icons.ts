/** Icons of the graph's tools. */
import { drawIcon } from '../icons';

export const fitIcon = drawIcon(
  'fit',
  24,
  '<path class="jp-icon3" fill="#616161" d="M4 4h6v2H6v4H4zm10 0h6v6h-2V6h-4zM4 14h2v4h4v2H4zm14 0h2v6h-6v-2h4zM9 9h6v6H9z"/>'
);

export const minusIcon = drawIcon(
  'smaller',
  24,
  '<path class="jp-icon3" fill="#616161" d="M5 11h14v2H5z"/>'
);

/** Lays the graph the other way. */
export const turnIcon = drawIcon(
  'turn',
  24,
  '<path class="jp-icon3" fill="#616161" d="M3 3h8v6H3zm2 2v2h4V5zm8 10h8v6h-8zm2 2v2h4v-2zM6 11h2v6h3v-2l4 3-4 3v-2H6zm7-6h5v6h2l-3 4-3-4h2V7h-3z"/>'
);
