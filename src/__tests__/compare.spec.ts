/** What is made of a comparison: pictures and a file. */
import { nullTranslator } from '@jupyterlab/translation';

import {
  metricCharts,
  parallelChart,
  rocChart,
  runLabels
} from '../runs/charts';
import { toCsv } from '../runs/csv';
import { tagsOf } from '../runs/EditAbout';
import { IComparison } from '../tokens';
import { compared } from './fakes';

const trans = nullTranslator.load('');
const COLORS = { text: '#000', line: '#ccc', mark: '#00f' };

function comparison(fields: Partial<IComparison> = {}): IComparison {
  return {
    runs: [
      compared('r1'),
      compared('r2'),
      compared('r3', { about: { name: 'best, so far', note: '', tags: ['x'] } })
    ],
    parameters: [],
    metrics: [],
    steps: [],
    code: [],
    ...fields
  };
}

interface IValues {
  data: { values: Record<string, unknown>[] };
}

test('runs of one name are told apart by a number', () => {
  expect(runLabels(comparison().runs)).toEqual([
    'digits 1',
    'digits 2',
    'best, so far'
  ]);
});

test('metrics that differ have a picture, of the runs with a value', () => {
  const charts = metricCharts(
    comparison({
      metrics: [
        { name: 'loss', values: [1, null, 3], differs: true },
        { name: 'same', values: [2, 2, 2], differs: false },
        { name: 'one', values: [2, null, null], differs: true }
      ]
    }),
    COLORS
  );
  expect(charts.map(each => each.name)).toEqual(['loss']);
  const [{ spec }] = charts;
  expect((spec as IValues).data.values).toEqual([
    { run: 'digits 1', value: 1 },
    { run: 'best, so far', value: 3 }
  ]);
});

describe('parallel coordinates', () => {
  it('have an axis for each number that differs', () => {
    const chart = parallelChart(
      comparison({
        parameters: [
          { name: 'lr', values: [0.1, 0.3, 0.2], differs: true },
          { name: 'kind', values: ['a', 'b', 'c'], differs: true },
          { name: 'seed', values: [1, 1, 1], differs: false }
        ],
        metrics: [{ name: 'loss', values: [8, null, 4], differs: true }]
      }),
      COLORS
    ) as IValues;
    expect(
      chart.data.values.map(({ axis, value, place }) => [axis, value, place])
    ).toEqual([
      ['lr', 0.1, 0],
      ['lr', 0.3, 1],
      ['lr', 0.2, expect.closeTo(0.5)],
      ['loss', 8, 1],
      ['loss', 4, 0]
    ]);
  });

  it('have numbers at their ends alone where runs are many', () => {
    const count = 12;
    const runs = Array.from({ length: count }, (_, n) => compared(`r${n}`));
    const values = runs.map((_, n) => n);
    const chart = parallelChart(
      comparison({
        runs,
        parameters: [{ name: 'lr', values, differs: true }],
        metrics: [{ name: 'loss', values, differs: true }]
      }),
      COLORS
    ) as IValues & { layer: { transform?: object[] }[] };
    expect(chart.data.values.filter(each => each.end)).toHaveLength(4);
    expect(chart.layer[2].transform).toEqual([{ filter: 'datum.end' }]);
    expect(chart).toHaveProperty('encoding.color.legend.columns', 2);
  });

  it('are none of a single number', () => {
    const metrics = [{ name: 'loss', values: [1, 2, 3], differs: true }];
    expect(parallelChart(comparison({ metrics }), COLORS)).toBeNull();
  });
});

describe('the picture of the ROC curves', () => {
  const curve = {
    confidenceMetrics: [
      { confidenceThreshold: 1, falsePositiveRate: 0, recall: 0 },
      { confidenceThreshold: 0, falsePositiveRate: 1, recall: 1 }
    ]
  };

  it('lays the curves of all runs over each other', () => {
    const chart = rocChart(
      [
        { label: 'digits 1', curves: { roc: curve } },
        { label: 'digits 2', curves: { matrix: { rows: [] } } }
      ],
      COLORS,
      trans
    ) as IValues;
    expect(chart.data.values).toEqual([
      { run: 'digits 1', curve: 'roc', order: 0, fpr: 0, tpr: 0 },
      { run: 'digits 1', curve: 'roc', order: 1, fpr: 1, tpr: 1 }
    ]);
  });

  it.each([[{}], [{ roc: null }], [{ roc: { confidenceMetrics: 3 } }]])(
    'is none of %j',
    curves => {
      expect(rocChart([{ label: 'a', curves }], COLORS, trans)).toBeNull();
    }
  );
});

test('the file has a row for each run, and quotes what must be quoted', () => {
  const csv = toCsv(
    comparison({
      parameters: [
        { name: 'lr', values: [0.1, 1, null], differs: true },
        { name: 'text', values: ['=1+1', 'a "b"\n', [1, 'x']], differs: true }
      ],
      metrics: [{ name: 'loss', values: [-1, null, 3], differs: true }]
    })
  );
  expect(csv).toBe(
    [
      'run,name,tags,state,seconds,parameter.lr,parameter.text,metric.loss',
      "r1,digits,,SUCCEEDED,2,0.1,'=1+1,-1",
      'r2,digits,,SUCCEEDED,2,1,"a ""b""\n",',
      'r3,"best, so far",x,SUCCEEDED,2,,"[1,""x""]",3',
      ''
    ].join('\r\n')
  );
});

test.each([
  ['', []],
  [' a , b,a,, größe ', ['a', 'b', 'größe']]
])('tags typed as %j', (text, tags) => {
  expect(tagsOf(text)).toEqual(tags);
});
