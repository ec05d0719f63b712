/** A comparison as a CSV file (RFC 4180): a row for each run, for spreadsheets and pandas. */
import { IComparison } from '../tokens';
import { nameOf } from '../model/runState';

export function toCsv(comparison: IComparison): string {
  const { parameters, metrics, steps } = comparison;
  const head = [
    'run',
    'name',
    'tags',
    'state',
    'seconds',
    ...parameters.map(each => `parameter.${each.name}`),
    ...metrics.map(each => `metric.${each.name}`),
    ...steps.map(each => `seconds.${each.name}`),
    ...steps.map(each => `peak_memory_bytes.${each.name}`)
  ];
  const rows = comparison.runs.map((run, index) => [
    run.run_id,
    nameOf(run),
    run.about.tags.join(', '),
    run.state,
    run.seconds,
    ...parameters.map(each => each.values[index]),
    ...metrics.map(each => each.values[index]),
    ...steps.map(each => each.seconds[index]),
    ...steps.map(each => each.peak_memory_bytes[index])
  ]);
  return [head, ...rows].map(row => row.map(field).join(',') + '\r\n').join('');
}

function field(value: unknown): string {
  if (value === null || value === undefined) {
    return '';
  }
  if (typeof value === 'number') {
    return String(value);
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // A spreadsheet would take a text that begins so for a formula.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}
