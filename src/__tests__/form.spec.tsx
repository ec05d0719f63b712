import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { OptionForm } from '../form/OptionForm';
import { readText, wholeValue } from '../model/optionValues';
import { IOptionSpec } from '../tokens';
import { problem } from './fakes';

function spec(name: string, fields: Partial<IOptionSpec> = {}): IOptionSpec {
  return {
    name,
    kind: 'text',
    description: 'What it means.',
    group: 'basics',
    example: null,
    expects: 'a text',
    choices: [],
    fields: [],
    required: false,
    default: null,
    pattern: '',
    minimum: null,
    maximum: null,
    ...fields
  };
}

const MEMORY = spec('memory', {
  pattern: '^[0-9]+Gi$',
  expects: 'a size with its unit, as `8Gi`'
});
const PACKAGES = spec('packages', { kind: 'list' });
const ENV = spec('env', { kind: 'map' });
const CACHE = spec('cache', { kind: 'boolean' });
const VOLUMES = spec('volumes', {
  kind: 'structs',
  fields: [
    spec('claim', { required: true }),
    spec('path', { required: true }),
    spec('read_only', { kind: 'boolean', default: false })
  ]
});
const RETRIES = spec('retries', {
  kind: 'struct',
  fields: [
    spec('count', { kind: 'integer', required: true, minimum: 0 }),
    spec('backoff', { default: '0s' })
  ]
});

describe('values of a form', () => {
  it.each([
    ['a text', MEMORY, ' 8Gi ', { ok: true, value: '8Gi' }],
    ['a text that does not match', MEMORY, '8', { ok: false }],
    [
      'a number',
      spec('n', { kind: 'number' }),
      '1.5',
      { ok: true, value: 1.5 }
    ],
    ['no whole number', spec('n', { kind: 'integer' }), '1.5', { ok: false }],
    [
      'too small',
      spec('n', { kind: 'integer', minimum: 1 }),
      '0',
      { ok: false }
    ],
    [
      'too large',
      spec('n', { kind: 'integer', maximum: 100 }),
      '101',
      { ok: false }
    ]
  ])('%s', (_, option, text, expected) => {
    expect(readText(option, text)).toEqual(expected);
  });

  it.each<[string, IOptionSpec, unknown, unknown, string[]]>([
    ['empty rows of a list', PACKAGES, ['a', '', ' '], ['a'], []],
    ['an empty list', PACKAGES, [''], null, []],
    [
      'a mapping',
      ENV,
      [
        ['A', '1'],
        ['', 'x']
      ],
      { A: '1' },
      []
    ],
    ['an object', RETRIES, { count: 2 }, { count: 2 }, []],
    [
      'an object without what it needs',
      RETRIES,
      { backoff: '1s' },
      { backoff: '1s' },
      ['count']
    ],
    ['empty objects', VOLUMES, [{}, { claim: '' }], null, []],
    [
      'a row that is not whole',
      VOLUMES,
      [{ claim: 'c' }],
      [{ claim: 'c' }],
      ['path']
    ],
    ['no', CACHE, false, false, []]
  ])('%s', (_, option, draft, value, missing) => {
    expect(wholeValue(option, draft)).toEqual({ value, missing });
  });
});

function draw(
  specs: IOptionSpec[],
  said: Record<string, unknown> = {},
  fields = {}
) {
  const onSet = jest.fn().mockResolvedValue('');
  render(
    <OptionForm
      label="Options"
      groups={[
        { name: 'basics', title: 'Basics' },
        { name: 'pod', title: 'Pod' }
      ]}
      specs={specs}
      said={said}
      defaults={{}}
      problems={[]}
      disabled={false}
      open={['basics']}
      onSet={onSet}
      {...fields}
    />
  );
  return onSet;
}

function type(field: HTMLElement, text: string): void {
  fireEvent.change(field, { target: { value: text } });
  fireEvent.blur(field);
}

describe('a form of options', () => {
  it('checks while it is typed and writes only what fits', () => {
    const onSet = draw([MEMORY]);
    const field = screen.getByLabelText('Memory');
    fireEvent.change(field, { target: { value: '8' } });
    expect(screen.getByRole('alert').textContent).toContain(
      'size with its unit'
    );
    expect(field.getAttribute('aria-invalid')).toBe('true');
    fireEvent.blur(field);
    expect(onSet).not.toHaveBeenCalled();
    type(field, '8Gi');
    expect(onSet).toHaveBeenCalledWith('memory', '8Gi');
  });

  it('shows what is there once the notebook was looked at, also after an undo', () => {
    const form = (said: Record<string, unknown>) => (
      <OptionForm
        label="Options"
        groups={[{ name: 'basics', title: 'Basics' }]}
        specs={[MEMORY]}
        said={said}
        defaults={{}}
        problems={[]}
        disabled={false}
        open={['basics']}
        onSet={jest.fn().mockResolvedValue('')}
      />
    );
    const { rerender } = render(form({ memory: '2Gi' }));
    const field = screen.getByLabelText<HTMLInputElement>('Memory');
    type(field, '4Gi');
    expect(field.value).toBe('4Gi');
    rerender(form({ memory: '2Gi' }));
    expect(field.value).toBe('2Gi');
  });

  it('takes nothing over by Escape, and nothing that is as it was', () => {
    const onSet = draw([MEMORY], { memory: '2Gi' });
    const field = screen.getByLabelText<HTMLInputElement>('Memory');
    fireEvent.change(field, { target: { value: '4Gi' } });
    fireEvent.keyDown(field, { key: 'Escape' });
    expect(field.value).toBe('2Gi');
    fireEvent.blur(field);
    type(field, ' 2Gi ');
    expect(onSet).not.toHaveBeenCalled();
  });

  it('marks what differs from the default, and resets it', () => {
    const onSet = draw(
      [MEMORY, CACHE],
      { memory: '2Gi' },
      {
        defaults: { memory: '1Gi', cache: false }
      }
    );
    const [memory, cache] = [...document.querySelectorAll('.jp-kfp-Option')];
    expect(memory.getAttribute('data-said')).toBe('true');
    expect(cache.getAttribute('data-said')).toBe('false');
    screen.getByText('default (no)');
    const reset = screen.getByRole('button', { name: 'Reset Memory' });
    expect(reset.title).toBe('Back to 1Gi');
    fireEvent.click(reset);
    expect(onSet).toHaveBeenCalledWith('memory', null);
  });

  it('says yes, no or nothing', () => {
    const onSet = draw([CACHE]);
    const choice = screen.getByLabelText('Cache');
    fireEvent.change(choice, { target: { value: 'false' } });
    expect(onSet).toHaveBeenCalledWith('cache', false);
  });

  it('edits a list as rows', () => {
    const onSet = draw([PACKAGES], { packages: ['numpy'] });
    fireEvent.click(screen.getByRole('button', { name: 'Add to Packages' }));
    expect(onSet).not.toHaveBeenCalled();
    type(screen.getByLabelText('Packages 2'), 'pandas');
    expect(onSet).toHaveBeenLastCalledWith('packages', ['numpy', 'pandas']);
    fireEvent.click(
      screen.getByRole('button', { name: 'Remove row 1 of Packages' })
    );
    expect(onSet).toHaveBeenLastCalledWith('packages', ['pandas']);
  });

  it('edits names with values', () => {
    const onSet = draw([ENV], { env: { A: '1' } });
    type(screen.getByLabelText('Environment: value 1'), '2');
    expect(onSet).toHaveBeenLastCalledWith('env', { A: '2' });
  });

  it('writes an object once it has what it needs', () => {
    const onSet = draw([VOLUMES]);
    fireEvent.click(screen.getByRole('button', { name: 'Add to Volumes' }));
    type(screen.getByLabelText('Volumes 1: claim'), 'data');
    expect(onSet).not.toHaveBeenCalled();
    screen.getByText('Still needed: path');
    type(screen.getByLabelText('Volumes 1: path'), '/data');
    expect(onSet).toHaveBeenLastCalledWith('volumes', [
      { claim: 'data', path: '/data' }
    ]);
  });

  it('shows what the server says, at the option', async () => {
    const onSet = draw(
      [MEMORY],
      {},
      {
        problems: [problem({ option: 'memory', message: 'Too much.' })]
      }
    );
    screen.getByText('Too much.');
    onSet.mockResolvedValue('Said by the tags of cell 1.');
    type(screen.getByLabelText('Memory'), '8Gi');
    await screen.findByText('Said by the tags of cell 1.');
  });

  it('folds groups away but for those where something is said', () => {
    draw([MEMORY, spec('labels', { kind: 'map', group: 'pod' })]);
    const pod = screen.getByRole('button', { name: 'Pod' });
    expect(pod.getAttribute('aria-expanded')).toBe('false');
    expect(screen.queryByRole('button', { name: 'Add to Labels' })).toBe(null);
    fireEvent.click(pod);
    screen.getByRole('button', { name: 'Add to Labels' });
  });
});
