/** Draws text with terminal colours by JupyterLab's own renderer, in place of what was there. */
import { Sanitizer } from '@jupyterlab/apputils';
import { renderText } from '@jupyterlab/rendermime';

const sanitizer = new Sanitizer();

/** Draw text into an element; links in it can be clicked. */
export function drawText(host: HTMLElement, source: string): void {
  // The renderer adds to what is there.
  host.replaceChildren();
  void renderText({ host, sanitizer, source });
}
