/** Saves what the canvas shows as an SVG file, in the colours of the theme. */
import { TranslationBundle } from '@jupyterlab/translation';

import { IPlaced } from './layout';
import { Change, IGraph, IGraphNode } from './model';
import { toSvg } from './svg';
import { nodeHint } from './words';

/** Variables of the theme. */
export const CHANGE_COLORS: Readonly<Partial<Record<Change, string>>> = {
  added: '--jp-success-color1',
  removed: '--jp-error-color1',
  changed: '--jp-warn-color1'
};

/**
 * The graph as the text of an SVG file.
 *
 * @param root - an element of the theme, whose colours are taken.
 * @param colorOf - the CSS colour of a node, which may be a variable of the theme.
 */
export function svgOf(
  graph: IGraph,
  placed: IPlaced,
  root: HTMLElement,
  colorOf: (node: IGraphNode) => string,
  name: string,
  trans: TranslationBundle
): string {
  const style = getComputedStyle(root);
  const value = (variable: string) => style.getPropertyValue(variable).trim();
  const palette = {
    background: value('--jp-layout-color1'),
    node: value('--jp-layout-color0') || value('--jp-layout-color1'),
    border: value('--jp-border-color1'),
    text: value('--jp-ui-font-color1'),
    quiet: value('--jp-ui-font-color2'),
    font: value('--jp-ui-font-family'),
    stripe: (node: IGraphNode) => {
      const color = colorOf(node);
      const variable = /^var\((--[\w-]+)\)$/.exec(color);
      return variable ? value(variable[1]) : color;
    },
    change: (change: Change | undefined) => {
      const variable = change && CHANGE_COLORS[change];
      return variable && value(variable);
    }
  };
  const hints = new Map(
    graph.nodes.map(node => [node.id, nodeHint(node, trans)])
  );
  return toSvg(graph, placed, hints, palette, name);
}
