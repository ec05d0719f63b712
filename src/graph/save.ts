/** Saves what the canvas shows as an SVG file, in the colours of the theme. */
import { TranslationBundle } from '@jupyterlab/translation';

import { stateWord } from '../format';
import { iterationsDone } from '../model/runState';
import { State } from '../tokens';
import { IPlaced } from './layout';
import { Change, IGraph, IGraphNode, iterationCounts, SIGNS } from './model';
import { ILoopLook, toSvg } from './svg';
import { changeWord, iterationWords, nodeHint } from './words';

/** Variables of the theme. */
export const CHANGE_COLORS: Readonly<Partial<Record<Change, string>>> = {
  added: '--jp-success-color1',
  removed: '--jp-error-color1',
  changed: '--jp-warn-color1'
};

/** As in `states.css`; other states are quiet. */
const STATE_COLORS: Readonly<Partial<Record<State, string>>> = {
  RUNNING: '--jp-brand-color1',
  SUCCEEDED: '--jp-success-color1',
  FAILED: '--jp-error-color1',
  CANCELING: '--jp-warn-color1',
  CANCELED: '--jp-warn-color1'
};

/** For those who do not see the colours. */
const STATE_SIGNS: Readonly<Partial<Record<State, string>>> = {
  RUNNING: '…',
  SUCCEEDED: '✓',
  FAILED: '✗',
  SKIPPED: '–',
  CANCELED: '■'
};
const QUIET = '--jp-ui-font-color2';

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
    quiet: value(QUIET),
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
  const loops = new Map<string, ILoopLook>();
  for (const node of graph.nodes) {
    const look = loopLook(node, value, trans);
    if (look) {
      loops.set(node.id, look);
    }
  }
  return toSvg(graph, placed, hints, loops, palette, name);
}

/** What the picture shows of a node's loop, of a run or of two; null where it has none. */
function loopLook(
  node: IGraphNode,
  value: (variable: string) => string,
  trans: TranslationBundle
): ILoopLook | null {
  const { status, iterations, changes } = node;
  const more = (count: number) =>
    trans._n('… and %1 more', '… and %1 more', count);
  const ofState = (state: State) => value(STATE_COLORS[state] ?? QUIET);
  if (changes) {
    const colors = changes.map(each =>
      value(CHANGE_COLORS[each.change] ?? QUIET)
    );
    return {
      counts: iterationWords(changes, trans, true),
      bar: colors.map(color => ({ color, count: 1 })),
      rows: changes.map(({ item, change }, index) => ({
        text: [SIGNS[change], item].filter(Boolean).join(' '),
        words: `${item}: ${changeWord(change, trans)}`,
        color: colors[index]
      })),
      more
    };
  }
  if (!status || iterations.length === 0) {
    return null;
  }
  return {
    counts: iterationsDone(status),
    bar: iterationCounts(iterations).map(({ state, count }) => ({
      color: ofState(state),
      count
    })),
    rows: iterations.map(({ item, state }) => ({
      text: [STATE_SIGNS[state], item].filter(Boolean).join(' '),
      words: `${item}: ${stateWord(state, trans)}`,
      color: ofState(state)
    })),
    more
  };
}
