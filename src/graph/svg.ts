/** A graph as an SVG file that needs nothing else: colours and letters are written into it. */
import {
  COUNTS_HEIGHT,
  edgeId,
  IBox,
  IPlaced,
  LABEL_LENGTH,
  NODE_HEIGHT,
  ROW_HEIGHT
} from './layout';
import { Change, edgeText, IGraph, IGraphNode, SIGNS } from './model';

/** The theme's colours as CSS writes them. */
export interface IPalette {
  background: string;
  node: string;
  border: string;
  text: string;
  quiet: string;
  font: string;
  /** Of the stripe at a node's side. */
  stripe: (node: IGraphNode) => string;
  /** Of what became of a step or an order; undefined where nothing did. */
  change: (change: Change | undefined) => string | undefined;
}

/** What the picture shows of a loop. */
export interface ILoopLook {
  /** The iterations in few words. */
  counts: string;
  /** The bar of what became of them: colours, and the iterations of each. */
  bar: { color: string; count: number }[];
  /** The iterations; `words` is for those who point at one. */
  rows: { text: string; words: string; color: string }[];
  /** What stands below the rows that are shown. */
  more: (count: number) => string;
}

/** Characters that fit into a node of the usual width, in its two sizes of letters. */
const TITLE_LENGTH = 20;
const HINT_LENGTH = 26;
const ROW_LENGTH = 20;
/** From the sides of a node to its bar, and the room beside the bar for the counts. */
const BAR_START = 16;
const COUNTS_WIDTH = 44;

/**
 * Draw a graph.
 *
 * @param hints - the second line of each node, by its id.
 * @param loops - the iterations of each loop, by the ids of its nodes.
 * @param name - what the picture is of, for those who cannot see it.
 */
export function toSvg(
  graph: IGraph,
  placed: IPlaced,
  hints: ReadonlyMap<string, string>,
  loops: ReadonlyMap<string, ILoopLook>,
  palette: IPalette,
  name: string
): string {
  const width = Math.ceil(placed.width);
  const height = Math.ceil(placed.height);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="${escaped(palette.font)}">`,
    `<title>${escaped(name)}</title>`,
    `<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="${escaped(palette.quiet)}"/></marker></defs>`,
    `<rect width="${width}" height="${height}" fill="${escaped(palette.background)}"/>`
  ];
  for (const edge of graph.edges) {
    const line = placed.edges.get(edgeId(edge));
    if (line) {
      const order = !edge.change && edge.names.length === 0;
      const dash =
        order || edge.change === 'removed' ? ' stroke-dasharray="4 3"' : '';
      const color = palette.change(edge.change) ?? palette.quiet;
      parts.push(
        `<path d="${line.path}" fill="none" stroke="${escaped(color)}"${dash} marker-end="url(#arrow)"/>`
      );
    }
  }
  for (const edge of graph.edges) {
    const line = placed.edges.get(edgeId(edge));
    const text = edgeText(edge);
    if (line && text) {
      parts.push(
        `<text x="${line.label.x}" y="${line.label.y + 4}" font-size="12" text-anchor="middle" fill="${escaped(palette.quiet)}" stroke="${escaped(palette.background)}" stroke-width="4" paint-order="stroke">${escaped(cut(text, LABEL_LENGTH))}</text>`
      );
    }
  }
  for (const node of graph.nodes) {
    const box = placed.boxes.get(node.id);
    if (box) {
      const hint = hints.get(node.id) ?? '';
      const sign = node.change ? SIGNS[node.change] : '';
      const title = [sign, node.title].filter(Boolean).join(' ');
      const border = palette.change(node.change) ?? palette.border;
      parts.push(
        `<g transform="translate(${box.x} ${box.y})">`,
        `<title>${escaped([node.title, hint].filter(Boolean).join(': '))}</title>`,
        `<rect width="${box.width}" height="${box.height}" rx="4" fill="${escaped(palette.node)}" stroke="${escaped(border)}"/>`,
        `<rect width="5" height="${box.height}" rx="2" fill="${escaped(palette.stripe(node))}"/>`,
        `<text x="16" y="22" font-size="14" font-weight="600" fill="${escaped(palette.text)}">${escaped(cut(title, TITLE_LENGTH))}</text>`,
        `<text x="16" y="40" font-size="12" fill="${escaped(palette.quiet)}">${escaped(cut(hint, HINT_LENGTH))}</text>`,
        ...loopParts(box, loops.get(node.id), palette),
        '</g>'
      );
    }
  }
  return `${parts.join('\n')}\n</svg>\n`;
}

/** The bar of a loop's iterations, and those for which its node has room. */
function loopParts(
  box: IBox,
  loop: ILoopLook | undefined,
  palette: IPalette
): string[] {
  if (!loop) {
    return [];
  }
  const width = box.width - 2 * BAR_START - COUNTS_WIDTH;
  const all = loop.bar.reduce((sum, each) => sum + each.count, 0);
  const parts: string[] = [];
  let start = BAR_START;
  for (const { color, count } of loop.bar) {
    const share = (width * count) / all;
    parts.push(
      `<rect x="${start}" y="${NODE_HEIGHT + 4}" width="${share}" height="6" fill="${escaped(color)}"/>`
    );
    start += share;
  }
  parts.push(
    `<text x="${box.width - 12}" y="${NODE_HEIGHT + 12}" font-size="11" text-anchor="end" fill="${escaped(palette.quiet)}">${escaped(loop.counts)}</text>`
  );
  const top = NODE_HEIGHT + COUNTS_HEIGHT;
  const room = Math.round((box.height - top) / ROW_HEIGHT);
  const shown = loop.rows.slice(
    0,
    loop.rows.length > room ? Math.max(0, room - 1) : room
  );
  shown.forEach(({ text, words, color }, index) => {
    const middle = top + (index + 0.5) * ROW_HEIGHT;
    parts.push(
      `<g><title>${escaped(words)}</title>`,
      `<circle cx="${BAR_START + 4}" cy="${middle}" r="4" fill="${escaped(color)}"/>`,
      `<text x="${BAR_START + 16}" y="${middle + 4}" font-size="12" fill="${escaped(palette.text)}">${escaped(cut(text, ROW_LENGTH))}</text></g>`
    );
  });
  if (room > 0 && shown.length < loop.rows.length) {
    const below = top + (shown.length + 0.5) * ROW_HEIGHT + 4;
    parts.push(
      `<text x="${BAR_START + 16}" y="${below}" font-size="12" fill="${escaped(palette.quiet)}">${escaped(loop.more(loop.rows.length - shown.length))}</text>`
    );
  }
  return parts;
}

/** A text that ends with `…` where it was longer; whole characters, whatever their width. */
export function cut(text: string, length: number): string {
  const characters = [...text];
  return characters.length > length
    ? `${characters.slice(0, length - 1).join('')}…`
    : text;
}

/** Text that XML keeps as it is; control characters have no form there. */
function escaped(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- those are what XML cannot hold
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/"/g, '&quot;')
  );
}
