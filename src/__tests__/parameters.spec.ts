import { defaultText, parseValue, parseValues } from '../model';
import { IParameter, ParameterType } from '../tokens';

function parameter(type: ParameterType, value: unknown = null): IParameter {
  return { name: 'p', type, default: value, cell_id: 'c' };
}

test.each<[ParameterType, string, unknown]>([
  ['int', '3', 3],
  ['int', ' -12 ', -12],
  ['int', '1.5', undefined],
  ['int', '', undefined],
  ['int', 'three', undefined],
  ['int', '99999999999999999999', undefined],
  ['float', '0.1', 0.1],
  ['float', '1e-3', 0.001],
  ['float', '3', 3],
  ['float', ' ', undefined],
  ['float', 'NaN', undefined],
  ['str', '', ''],
  ['str', ' 5 ', ' 5 '],
  ['bool', 'True', true],
  ['bool', 'false', false],
  ['bool', '1', undefined],
  ['list', '[1, "a"]', [1, 'a']],
  ['list', '{}', undefined],
  ['list', '[1,', undefined],
  ['dict', '{"a": [1]}', { a: [1] }],
  ['dict', '[1]', undefined],
  ['dict', 'null', undefined]
])('%s from %j is %j', (type, text, expected) => {
  const parsed = parseValue(parameter(type), text);
  expect(parsed).toEqual(
    expected === undefined ? { ok: false } : { ok: true, value: expected }
  );
});

test.each<[ParameterType, unknown, string]>([
  ['float', 0.1, '0.1'],
  ['str', 'a b', 'a b'],
  ['bool', true, 'true'],
  ['list', [1, 2], '[1,2]'],
  ['dict', { a: 1 }, '{"a":1}'],
  ['str', null, 'null']
])('the default %s %j reads %s', (type, value, text) => {
  expect(defaultText(parameter(type, value))).toBe(text);
});

test('values are sent only where something was typed, and fits', () => {
  const parameters: IParameter[] = [
    { name: 'lr', type: 'float', default: 0.1, cell_id: 'c' },
    { name: 'n', type: 'int', default: 3, cell_id: 'c' },
    { name: 'tag', type: 'str', default: 'x', cell_id: 'c' }
  ];
  const texts = new Map([
    ['lr', '0.5'],
    ['n', 'many'],
    ['gone', '1']
  ]);
  expect(parseValues(parameters, texts)).toEqual({
    values: { lr: 0.5 },
    invalid: ['n']
  });
});
