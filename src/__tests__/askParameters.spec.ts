/** Parameters of a run that is started once more, and what is said before runs are deleted. */
import { nullTranslator } from '@jupyterlab/translation';

import { textOfValue, valueOfText } from '../runs/askParameters';
import { whatGoes } from '../runs/confirmDelete';

test.each<[unknown, string, string, unknown]>([
  [0.5, '0.5', '0.1', 0.1],
  ['a', 'a', '7', '7'],
  [[64, 32], '[64,32]', '[1]', [1]],
  [null, 'null', 'true', true],
  // The server says what is no value of the parameter's type.
  [1, '1', 'many', 'many']
])('%j is shown as %s; %s becomes %j', (before, shown, typed, after) => {
  expect(textOfValue(before)).toBe(shown);
  expect(valueOfText(typed, before)).toEqual(after);
});

test('what goes is said with what is on clusters', () => {
  const trans = nullTranslator.load('');
  const there = {
    connection: 'lab',
    place: 'minio://b/r',
    artifacts: 3,
    claims: [],
    snapshots: []
  };
  expect(whatGoes([null], trans)).not.toContain('Kubeflow');
  expect(whatGoes([{ ...there, run_id: '' }], trans)).not.toContain('Kubeflow');
  const two = { ...there, run_id: 'x' };
  expect(whatGoes([two, two, null], trans)).toContain(
    '2 runs are in Kubeflow Pipelines, with 6 objects'
  );
  expect(whatGoes([two], trans)).not.toContain('snapshots');
  const kept = { ...two, snapshots: ['data-1-train'] };
  expect(whatGoes([kept, two], trans)).toContain('there: data-1-train.');
});
