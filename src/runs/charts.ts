/** Pictures of a comparison as Vega-Lite: metrics over runs, and ROC curves over each other. */
import { TranslationBundle } from '@jupyterlab/translation';

import { IComparedRun, IComparison } from '../tokens';
import { nameOf } from '../model/runState';

/** The MIME types that JupyterLab has drawn Vega-Lite by, the newest first. */
export const VEGA_TYPES = [6, 5, 4].map(
  version => `application/vnd.vegalite.v${version}+json`
);

/** The theme's colours as CSS writes them. */
export interface IChartColors {
  text: string;
  line: string;
  mark: string;
}

/** A short name for each run: what it is called, with a number where that is not unique. */
export function runLabels(runs: readonly IComparedRun[]): string[] {
  const names = runs.map(nameOf);
  return names.map((name, index) =>
    names.filter(each => each === name).length > 1
      ? `${name} ${index + 1}`
      : name
  );
}

/** Each metric that differs, over the runs that have it, as a small picture. */
export function metricCharts(
  comparison: IComparison,
  colors: IChartColors
): { name: string; spec: object }[] {
  const labels = runLabels(comparison.runs);
  const differing = comparison.metrics.filter(
    ({ values }) => new Set(values.filter(isThere)).size > 1
  );
  return differing.map(({ name, values }) => ({
    name,
    spec: {
      ...frame(colors),
      title: { text: name, color: colors.text },
      data: {
        values: values.flatMap((value, index) =>
          value === null ? [] : [{ run: labels[index], value }]
        )
      },
      width: Math.max(160, labels.length * NAME_HEIGHT),
      height: 110,
      mark: { type: 'line', point: { filled: true }, color: colors.mark },
      encoding: {
        x: { field: 'run', type: 'nominal', sort: labels, title: null },
        y: {
          field: 'value',
          type: 'quantitative',
          scale: { zero: false },
          title: null
        },
        tooltip: [{ field: 'run' }, { field: 'value', type: 'quantitative' }]
      }
    }
  }));
}

/** Room for the name of a run, written upwards below a picture. */
const NAME_HEIGHT = 14;

interface IReading {
  falsePositiveRate: number;
  recall: number;
}

/** Steps of pixels between two axes of parallel coordinates. */
const BETWEEN = 110;

/** With more runs only the ends of each axis have their numbers: they would cover each other. */
const MOST_NUMBERS = 6;

/** So many runs stand below each other in a legend. */
const LEGEND_ROWS = 10;

/**
 * Parallel coordinates: an axis for each number that differs, from its least to its largest value,
 * and a line for each run; null where fewer than two numbers differ.
 */
export function parallelChart(
  comparison: IComparison,
  colors: IChartColors
): object | null {
  const labels = runLabels(comparison.runs);
  const axes = [...comparison.parameters, ...comparison.metrics]
    .filter(each => each.differs)
    .map(({ name, values }) => ({
      name,
      values: values.map(each => (typeof each === 'number' ? each : null))
    }))
    .filter(({ values }) => new Set(values.filter(isThere)).size > 1);
  if (axes.length < 2) {
    return null;
  }
  const values = axes.flatMap(axis => {
    const known = axis.values.filter(isThere);
    const [least, largest] = [Math.min(...known), Math.max(...known)];
    return axis.values.flatMap((value, index) =>
      value === null
        ? []
        : [
            {
              run: labels[index],
              axis: axis.name,
              value,
              place: (value - least) / (largest - least),
              end: value === least || value === largest
            }
          ]
    );
  });
  return {
    ...frame(colors),
    data: { values },
    width: BETWEEN * Math.max(axes.length - 1, 2),
    height: 200,
    encoding: {
      x: {
        field: 'axis',
        type: 'nominal',
        sort: axes.map(axis => axis.name),
        scale: { type: 'point', padding: 0.2 },
        axis: { grid: true, labelAngle: 0, labelLimit: BETWEEN },
        title: null
      },
      y: { field: 'place', type: 'quantitative', axis: null },
      color: {
        field: 'run',
        type: 'nominal',
        sort: labels,
        title: null,
        ...(labels.length > LEGEND_ROWS && {
          scale: { scheme: 'tableau20' },
          legend: { columns: Math.ceil(labels.length / LEGEND_ROWS) }
        })
      },
      tooltip: [
        { field: 'run' },
        { field: 'axis' },
        { field: 'value', type: 'quantitative' }
      ]
    },
    layer: [
      { mark: { type: 'line' } },
      { mark: { type: 'point', filled: true } },
      {
        ...(labels.length > MOST_NUMBERS && {
          transform: [{ filter: 'datum.end' }]
        }),
        mark: { type: 'text', dy: -9, fontSize: 10 },
        encoding: {
          text: { field: 'value', type: 'quantitative', format: '.4~g' },
          color: { value: colors.text }
        }
      }
    ]
  };
}

function isThere(value: number | null): value is number {
  return value !== null;
}

/** The curves and matrices of one run, with what it is called in a picture. */
export interface ICurves {
  label: string;
  curves: Record<string, unknown>;
}

/** ROC curves over each other, one for each run that has some; null where none has. */
export function rocChart(
  runs: readonly ICurves[],
  colors: IChartColors,
  trans: TranslationBundle
): object | null {
  const labels = runs.map(run => run.label);
  const values = runs.flatMap(run =>
    Object.entries(run.curves).flatMap(([curve, data]) =>
      readingsOf(data).map((reading, order) => ({
        run: run.label,
        curve,
        order,
        fpr: reading.falsePositiveRate,
        tpr: reading.recall
      }))
    )
  );
  if (values.length === 0) {
    return null;
  }
  const several = new Set(values.map(each => each.curve)).size > 1;
  return {
    ...frame(colors),
    data: { values },
    width: 320,
    height: 320,
    mark: { type: 'line', interpolate: 'linear' },
    encoding: {
      x: {
        field: 'fpr',
        type: 'quantitative',
        title: trans.__('False positive rate'),
        scale: { domain: [0, 1] }
      },
      y: {
        field: 'tpr',
        type: 'quantitative',
        title: trans.__('True positive rate'),
        scale: { domain: [0, 1] }
      },
      order: { field: 'order' },
      color: { field: 'run', type: 'nominal', sort: labels, title: null },
      ...(several && {
        strokeDash: { field: 'curve', type: 'nominal', title: null }
      })
    }
  };
}

/** The points of a curve as KFP's `ClassificationMetrics` has them; none of a confusion matrix. */
function readingsOf(data: unknown): IReading[] {
  const readings = (data as { confidenceMetrics?: unknown } | null)
    ?.confidenceMetrics;
  return Array.isArray(readings)
    ? readings.filter(
        (each): each is IReading =>
          typeof each?.falsePositiveRate === 'number' &&
          typeof each?.recall === 'number'
      )
    : [];
}

/** A confusion matrix with its counts; null where the data is none. */
export function matrixChart(
  name: string,
  data: unknown,
  colors: IChartColors,
  trans: TranslationBundle
): object | null {
  const matrix = (data as { confusionMatrix?: IMatrix } | null)
    ?.confusionMatrix;
  if (!matrix?.rows || !matrix.annotationSpecs) {
    return null;
  }
  const labels = matrix.annotationSpecs.map(each => each.displayName);
  const values = matrix.rows.flatMap(({ row }, actual) =>
    row.map((count, predicted) => ({
      actual: labels[actual],
      predicted: labels[predicted],
      count,
      // A share of its row: classes of other sizes are told apart as well.
      share: count / (row.reduce((sum, each) => sum + each, 0) || 1)
    }))
  );
  const axis = { type: 'nominal', sort: labels };
  return {
    ...frame(colors),
    title: { text: name, color: colors.text },
    data: { values },
    width: { step: 44 },
    height: { step: 44 },
    encoding: {
      x: { ...axis, field: 'predicted', title: trans.__('Predicted') },
      y: { ...axis, field: 'actual', title: trans.__('True') },
      tooltip: [
        { field: 'actual' },
        { field: 'predicted' },
        { field: 'count', type: 'quantitative' }
      ]
    },
    layer: [
      {
        mark: 'rect',
        encoding: {
          color: {
            field: 'share',
            type: 'quantitative',
            scale: { scheme: 'blues', domain: [0, 1] },
            legend: null
          }
        }
      },
      {
        mark: 'text',
        encoding: {
          text: { field: 'count' },
          color: {
            condition: { test: 'datum.share > 0.5', value: 'white' },
            value: 'black'
          }
        }
      }
    ]
  };
}

interface IMatrix {
  annotationSpecs?: { displayName: string }[];
  rows?: { row: number[] }[];
}

/** The colours of the theme as it is now. */
export function themeColors(): IChartColors {
  const style = getComputedStyle(document.body);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: value('--jp-ui-font-color1'),
    line: value('--jp-border-color1'),
    mark: value('--jp-brand-color1')
  };
}

function frame({ text, line }: IChartColors): object {
  const axis = {
    labelColor: text,
    titleColor: text,
    gridColor: line,
    domainColor: line,
    tickColor: line
  };
  const words = { labelColor: text, titleColor: text };
  return {
    background: 'transparent',
    config: {
      axis,
      header: words,
      legend: words,
      view: { stroke: line }
    }
  };
}
