/** What the graph shows of notebooks and runs, where it puts it, and how it is saved. */
import { offset } from '../graph/hooks';
import { stepTowards } from '../graph/keyboard';
import { edgeId, heightOf, NODE_HEIGHT, place } from '../graph/layout';
import {
  graphOfPipeline,
  graphOfRun,
  IGraph,
  iterationCounts,
  rangeText
} from '../graph/model';
import { svgOf } from '../graph/save';
import { cut, IPalette, toSvg } from '../graph/svg';
import { nodeHint, nodeLabel } from '../graph/words';
import { IIteration, IPipeline } from '../tokens';
import { nullTranslator } from '@jupyterlab/translation';
import { pipeline, pipelineStep, problem, run, step, stepError } from './fakes';

const trans = nullTranslator.load('');

test.each([
  ['what fits is in the middle', 50, 100, 300, 100],
  ['what does not fit begins at its start', 20, 900, 300, 24],
  ['a place inside of it is in the middle', 450, 900, 300, -300],
  ['its end has no more room behind it than its start', 890, 900, 300, -624]
])('%s', (_, center, length, room, expected) => {
  expect(offset(center, length, room, 1)).toBe(expected);
});

/** load -> (clean, count) -> report. */
function diamond(fields: Partial<IPipeline> = {}): IPipeline {
  const names = ['load', 'clean', 'count', 'report'];
  return pipeline(names, {
    steps: [
      pipelineStep('load'),
      pipelineStep('clean', {
        inputs: [{ step: 'load', names: ['rows', 'limit'] }]
      }),
      pipelineStep('count', { after: ['load'] }),
      pipelineStep('report', {
        inputs: [{ step: 'clean', names: ['kept'] }],
        after: ['count', 'clean']
      })
    ],
    ...fields
  });
}

function iterations(...states: IIteration['state'][]): IIteration[] {
  return states.map((state, index) => ({
    key: String(index),
    item: String(index),
    state,
    started: null,
    ended: null,
    attempt: 0,
    error: null
  }));
}

const edges = (graph: IGraph) =>
  graph.edges.map(({ from, to, names }) => `${from}>${to}:${names.join()}`);

describe('the graph of a notebook', () => {
  it('has an edge for each pair of steps, with what flows', () => {
    expect(edges(graphOfPipeline(diamond()))).toEqual([
      'load>clean:rows,limit',
      'load>count:',
      'clean>report:kept',
      'count>report:'
    ]);
  });

  it('leaves out edges from steps that are not there, and to itself', () => {
    const broken = pipeline(['a'], {
      steps: [pipelineStep('a', { after: ['gone', 'a'] })]
    });
    expect(edges(graphOfPipeline(broken))).toEqual([]);
  });

  it('marks steps with errors, not with hints', () => {
    const { nodes } = graphOfPipeline(
      diamond({
        problems: [
          problem({ cell_id: 'cell-clean' }),
          problem({ cell_id: null, step: 'report' }),
          problem({ cell_id: 'cell-load', severity: 'info' })
        ]
      })
    );
    const broken = nodes.filter(node => node.broken).map(node => node.id);
    expect(broken).toEqual(['clean', 'report']);
  });
});

describe('the graph of a run', () => {
  const made = run('r1', {
    steps: [
      step('load', { task: 't-load', state: 'SUCCEEDED' }),
      step('clean', { task: 't-clean', after: ['t-load'] })
    ]
  });

  it('knows the order by itself, and the names once the notebook is there', () => {
    expect(edges(graphOfRun(made, null))).toEqual(['load>clean:']);
    expect(edges(graphOfRun(made, diamond()))).toEqual([
      'load>clean:rows,limit'
    ]);
  });

  it('says in one sentence what a node shows', () => {
    const graph = graphOfRun(
      run('r2', {
        steps: [
          step('load', { state: 'SUCCEEDED', started: 10, ended: 12 }),
          step('clean', {
            state: 'FAILED',
            after: ['load'],
            error: stepError(),
            iterations: iterations('SUCCEEDED', 'FAILED', 'PENDING')
          })
        ]
      }),
      diamond()
    );
    expect(nodeLabel(graph.nodes[0], graph, trans)).toBe(
      'load, Succeeded, 2.0 s, cell 1'
    );
    expect(nodeLabel(graph.nodes[1], graph, trans)).toBe(
      'clean, Failed, 2/3 iterations done, ValueError, after load, takes rows, limit'
    );
  });

  it('counts iterations by state, those that went well first', () => {
    const all = iterations('RUNNING', 'SUCCEEDED', 'FAILED', 'SUCCEEDED');
    expect(iterationCounts(all)).toEqual([
      { state: 'SUCCEEDED', count: 2 },
      { state: 'FAILED', count: 1 },
      { state: 'RUNNING', count: 1 }
    ]);
  });
});

describe('the second line of a node', () => {
  const hint = (fields: object) =>
    nodeHint(
      {
        ...graphOfPipeline(pipeline(['a'])).nodes[0],
        ...fields
      },
      trans
    );

  it.each([
    [{}, 'cell 1'],
    [{ numbers: [2, 3, 4, 7] }, 'cells 2–4, 7'],
    [{ loop: 'n in items', when: 'n > 1' }, 'for n in items'],
    [{ when: 'n > 1' }, 'if n > 1'],
    [{ status: step('a', { cached: true }) }, 'cached'],
    [{ status: step('a', { reason: 'waits for memory' }) }, 'waits for memory'],
    [{ numbers: [] }, '']
  ])('%j', (fields, words) => {
    expect(hint(fields)).toBe(words);
  });
});

test.each([
  [[], ''],
  [[3], '3'],
  [[5, 3, 4], '3–5'],
  [[1, 3, 4, 9], '1, 3–4, 9']
])('cells %j are %s in short', (numbers, text) => {
  expect(rangeText(numbers)).toBe(text);
});

describe('the places', () => {
  const graph = graphOfPipeline(diamond());

  it.each(['TB', 'LR'] as const)('go forward, without overlap (%s)', way => {
    const { boxes, width, height } = place(graph, way, new Set());
    const along = way === 'TB' ? 'y' : 'x';
    const size = way === 'TB' ? 'height' : 'width';
    for (const { from, to } of graph.edges) {
      const [one, other] = [boxes.get(from)!, boxes.get(to)!];
      expect(one[along] + one[size]).toBeLessThan(other[along]);
    }
    const all = [...boxes.values()];
    all.forEach((box, index) => {
      expect(box.x + box.width).toBeLessThanOrEqual(width);
      expect(box.y + box.height).toBeLessThanOrEqual(height);
      all.slice(index + 1).forEach(other => {
        const beside =
          box.x + box.width <= other.x || other.x + other.width <= box.x;
        const below =
          box.y + box.height <= other.y || other.y + other.height <= box.y;
        expect(beside || below).toBe(true);
      });
    });
  });

  it('are the same for the same graph, and there are none of nothing', () => {
    expect(place(graph, 'TB', new Set())).toEqual(
      place(graph, 'TB', new Set())
    );
    const nothing = place({ nodes: [], edges: [] }, 'TB', new Set());
    expect(nothing.boxes.size).toBe(0);
  });

  it('give an unfolded loop room for its rows, up to a limit', () => {
    expect(heightOf(0, true)).toBe(NODE_HEIGHT);
    expect(heightOf(3, true)).toBeGreaterThan(heightOf(3, false));
    expect(heightOf(3, true)).toBeGreaterThan(heightOf(2, true));
    expect(heightOf(1000, true)).toBe(heightOf(500, true));
  });
});

describe('an arrow key', () => {
  const { boxes } = place(graphOfPipeline(diamond()), 'TB', new Set());
  const order = ['load', 'clean', 'count', 'report'];
  const press = (key: string, from: string) =>
    stepTowards(key, from, order, boxes, 'TB');
  const [left, right] =
    boxes.get('clean')!.x < boxes.get('count')!.x
      ? ['clean', 'count']
      : ['count', 'clean'];

  it('goes to the nearest step that way', () => {
    expect(['clean', 'count']).toContain(press('ArrowDown', 'load'));
    expect(press('ArrowDown', 'clean')).toBe('report');
    expect(press('ArrowUp', 'report')).not.toBe('load');
    expect(press('ArrowRight', left)).toBe(right);
    expect(press('ArrowLeft', right)).toBe(left);
  });

  it('stays where there is none', () => {
    expect(press('ArrowUp', 'load')).toBeNull();
    expect(press('ArrowDown', 'report')).toBeNull();
    expect(press('a', 'load')).toBeNull();
  });

  it('Home and End go to the ends', () => {
    expect(press('Home', 'count')).toBe('load');
    expect(press('End', 'count')).toBe('report');
  });
});

describe('the picture', () => {
  const palette: IPalette = {
    background: '#fff',
    node: '#fff',
    border: '#ccc',
    text: '#000',
    quiet: '#666',
    font: '"Inter", sans-serif',
    stripe: () => '#0072b2',
    change: change => (change === 'added' ? '#0a0' : undefined)
  };

  it('is XML also with any name, and has every step and edge', () => {
    const name = 'a<b> & "c" \u0007größe';
    const graph = graphOfPipeline(
      pipeline([name, 'next'], {
        steps: [
          pipelineStep(name),
          pipelineStep('next', { inputs: [{ step: name, names: ['<x>'] }] })
        ]
      })
    );
    const placed = place(graph, 'TB', new Set());
    const svg = toSvg(graph, placed, new Map(), new Map(), palette, name);
    const drawn = new DOMParser().parseFromString(svg, 'image/svg+xml');
    expect(drawn.querySelector('parsererror')).toBeNull();
    const texts = [...drawn.querySelectorAll('text')].map(
      each => each.textContent
    );
    expect(texts).toEqual(
      expect.arrayContaining(['a<b> & "c" größe', 'next', '<x>'])
    );
    expect(drawn.querySelectorAll('path[marker-end]')).toHaveLength(1);
    expect(placed.edges.get(edgeId(graph.edges[0]))!.path).toMatch(/^M/);
  });

  it('marks what was added by colour and sign', () => {
    const graph = graphOfPipeline(diamond());
    const marked: IGraph = {
      nodes: graph.nodes.map((node, index) => ({
        ...node,
        change: index === 0 ? 'added' : 'same'
      })),
      edges: graph.edges.map((edge, index) => ({
        ...edge,
        change: index === 0 ? 'added' : 'same'
      }))
    };
    const placed = place(marked, 'TB', new Set());
    const svg = toSvg(
      marked,
      placed,
      new Map(),
      new Map(),
      palette,
      'two runs'
    );
    const drawn = new DOMParser().parseFromString(svg, 'image/svg+xml');
    const texts = [...drawn.querySelectorAll('text')].map(
      each => each.textContent
    );
    expect(texts).toEqual(expect.arrayContaining(['+ load', '+', 'clean']));
    expect(drawn.querySelectorAll('rect[stroke="#0a0"]')).toHaveLength(1);
    expect(drawn.querySelectorAll('path[stroke="#0a0"]')).toHaveLength(1);
  });

  it.each([
    ['folded', false, 3, ['3/3'], 0],
    ['whole', true, 3, ['3/3', '✓ item 0', '✗ item 1', '✓ item 2'], 3],
    [
      'as far as it has room',
      true,
      12,
      [
        '12/12',
        ...[0, 1, 2, 3, 4, 5, 6].map(n => `${n === 1 ? '✗' : '✓'} item ${n}`),
        '… and 5 more'
      ],
      7
    ]
  ])('has a loop %s', (_, unfolded, count, texts, rows) => {
    const states = Array.from({ length: count }, (_, index) =>
      index === 1 ? ('FAILED' as const) : ('SUCCEEDED' as const)
    );
    const all = iterations(...states).map((each, index) => ({
      ...each,
      item: `item ${index}`
    }));
    const looped = step('each', { state: 'FAILED', iterations: all });
    const graph = graphOfRun(run('1', { steps: [looped] }), null);
    const placed = place(graph, 'TB', new Set(unfolded ? ['each'] : []));
    document.body.style.setProperty('--jp-error-color1', '#e00');
    document.body.style.setProperty('--jp-success-color1', '#0e0');
    const svg = svgOf(graph, placed, document.body, () => '#123', 'n', trans);
    const drawn = new DOMParser().parseFromString(svg, 'image/svg+xml');
    const shown = [...drawn.querySelectorAll('text')].map(
      each => each.textContent
    );
    expect(shown.slice(2)).toEqual(texts);
    expect(drawn.querySelectorAll('circle')).toHaveLength(rows);
    expect(drawn.querySelectorAll('rect[fill="#e00"]')).toHaveLength(1);
    expect(drawn.querySelectorAll('rect[fill="#0e0"]')).toHaveLength(1);
  });

  it('has what became of the iterations of a loop in two runs', () => {
    const graph = graphOfPipeline(pipeline(['each']));
    const [node] = graph.nodes;
    node.changes = [
      { item: 'a', before: 'SUCCEEDED', now: 'SUCCEEDED', change: 'same' },
      { item: '<b>', before: null, now: 'FAILED', change: 'added' }
    ];
    const placed = place(graph, 'TB', new Set(['each']));
    const svg = svgOf(graph, placed, document.body, () => '#123', 'n', trans);
    const drawn = new DOMParser().parseFromString(svg, 'image/svg+xml');
    const shown = [...drawn.querySelectorAll('text')].map(
      each => each.textContent
    );
    expect(shown.slice(2)).toEqual(['1 → 2', 'a', '+ <b>']);
    const titles = [...drawn.querySelectorAll('g > g > title')];
    expect(titles.map(each => each.textContent)).toEqual([
      'a: the same',
      '<b>: added'
    ]);
  });

  it.each([
    ['short', 5, 'short'],
    ['longer', 5, 'long…'],
    ['🙂🙂🙂', 2, '🙂…']
  ])('cuts %s to %i characters', (text, length, shown) => {
    expect(cut(text, length)).toBe(shown);
  });
});
