/** Pictures of a comparison as Vega-Lite: metrics over runs, and ROC curves over each other. */
import { TranslationBundle } from '@jupyterlab/translation';

import { IComparison } from '../tokens';
import { nameOf } from './listing';

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
export function runLabels(comparison: IComparison): string[] {
  const names = comparison.runs.map(nameOf);
  return names.map((name, index) =>
    names.filter(each => each === name).length > 1
      ? `${name} ${index + 1}`
      : name
  );
}

/** The metrics over the runs, a small picture each; null where no run has any. */
export function metricChart(
  comparison: IComparison,
  colors: IChartColors
): object | null {
  const labels = runLabels(comparison);
  const values = comparison.metrics.flatMap(({ name, values }) =>
    values.flatMap((value, index) =>
      value === null ? [] : [{ run: labels[index], metric: name, value }]
    )
  );
  if (values.length === 0) {
    return null;
  }
  return {
    ...frame(colors),
    data: { values },
    facet: {
      field: 'metric',
      type: 'nominal',
      title: null,
      sort: comparison.metrics.map(each => each.name)
    },
    columns: 3,
    resolve: { scale: { y: 'independent' } },
    spec: {
      width: 220,
      height: 140,
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
  };
}

interface IReading {
  falsePositiveRate: number;
  recall: number;
}

/** ROC curves over each other, one for each run that has some; null where none has. */
export function rocChart(
  comparison: IComparison,
  colors: IChartColors,
  trans: TranslationBundle
): object | null {
  const labels = runLabels(comparison);
  const values = comparison.runs.flatMap((run, index) =>
    Object.entries(run.classification).flatMap(([curve, data]) =>
      readingsOf(data).map((reading, order) => ({
        run: labels[index],
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
