/** The input of one option, by its kind; lists and objects are made of rows. */
import { addIcon, closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { useTrans } from '../components/translation';
import {
  asList,
  asObject,
  asPairs,
  readText,
  valueText
} from '../model/optionValues';
import { IOptionSpec } from '../tokens';

export interface IOptionInputProps {
  spec: IOptionSpec;
  /** What is said; undefined where nothing is. */
  value: unknown;
  /** What holds where nothing is said; empty where nobody knows. */
  fallback: unknown;
  /** Names the input for a screen reader. */
  label: string;
  id?: string;
  /** Id of the words below it. */
  describedBy?: string;
  disabled: boolean;
  /** It was changed and left; undefined takes it away. */
  onValue: (value: unknown) => void;
}

export function OptionInput(props: IOptionInputProps): React.ReactElement {
  switch (props.spec.kind) {
    case 'boolean':
    case 'choice':
      return <Choice {...props} />;
    case 'list':
      return <ListRows {...props} />;
    case 'map':
      return <MapRows {...props} />;
    case 'struct':
      return <Fields {...props} />;
    case 'structs':
      return <ObjectRows {...props} />;
    default:
      return <TextInput {...props} />;
  }
}

/** Checked while it is typed; taken over by Enter or by leaving it, not by Escape. */
function TextInput(props: IOptionInputProps): React.ReactElement {
  const trans = useTrans();
  const own = React.useId();
  const { spec, value, onValue } = props;
  const said = valueText(value);
  const [text, setText] = React.useState(said);
  React.useEffect(() => setText(said), [said]);
  const read = readText(spec, text);
  const wrong = text.trim() !== '' && !read.ok;
  const take = () => {
    if (text.trim() === said) {
      setText(said);
    } else if (text.trim() === '') {
      onValue(undefined);
    } else if (read.ok) {
      onValue(read.value);
    }
  };
  return (
    <>
      <input
        id={props.id}
        className="jp-mod-styled"
        type="text"
        inputMode={
          spec.kind === 'integer' || spec.kind === 'number' ? 'decimal' : 'text'
        }
        spellCheck={false}
        aria-label={props.id ? undefined : props.label}
        aria-invalid={wrong}
        aria-describedby={wrong ? own : props.describedBy}
        placeholder={valueText(props.fallback)}
        disabled={props.disabled}
        value={text}
        onChange={event => setText(event.target.value)}
        onBlur={take}
        onKeyDown={event => {
          if (event.key === 'Enter') {
            take();
          } else if (event.key === 'Escape') {
            setText(said);
          }
        }}
      />
      {wrong && (
        <span id={own} className="jp-kfp-Option-error" role="alert">
          {trans.__('It must be %1.', spec.expects)}
        </span>
      )}
    </>
  );
}

function Choice(props: IOptionInputProps): React.ReactElement {
  const trans = useTrans();
  const { spec, value, fallback, onValue } = props;
  const word = (choice: unknown) =>
    choice === true || choice === 'true'
      ? trans.__('yes')
      : choice === false || choice === 'false'
        ? trans.__('no')
        : valueText(choice);
  const boolean = spec.kind === 'boolean';
  const choices = boolean
    ? ['true', 'false']
    : spec.choices.filter(choice => choice !== '');
  const usual = word(fallback);
  return (
    <select
      id={props.id}
      className="jp-mod-styled"
      aria-label={props.id ? undefined : props.label}
      aria-describedby={props.describedBy}
      disabled={props.disabled}
      value={valueText(value)}
      onChange={event => {
        const chosen = event.target.value;
        onValue(
          chosen === '' ? undefined : boolean ? chosen === 'true' : chosen
        );
      }}
    >
      <option value="">
        {usual ? trans.__('default (%1)', usual) : trans.__('default')}
      </option>
      {choices.map(choice => (
        <option key={choice} value={choice}>
          {word(choice)}
        </option>
      ))}
    </select>
  );
}

/** The parts that rows of all kinds have: each can be taken away, and one added. */
function Rows(props: {
  input: IOptionInputProps;
  count: number;
  row: (index: number) => React.ReactNode;
  onRemove: (index: number) => void;
  onAdd: () => void;
  objects?: boolean;
}): React.ReactElement {
  const trans = useTrans();
  const { input, count } = props;
  const list = React.useRef<HTMLDivElement>(null);
  const [added, setAdded] = React.useState(false);
  React.useEffect(() => {
    if (added) {
      setAdded(false);
      list.current
        ?.querySelector<HTMLElement>(
          '.jp-kfp-Option-row:last-of-type :is(input, select)'
        )
        ?.focus();
    }
  }, [added]);
  return (
    <div
      ref={list}
      id={input.id}
      className="jp-kfp-Option-rows"
      role="group"
      aria-label={input.label}
      aria-describedby={input.describedBy}
    >
      {count === 0 && valueText(input.fallback) && (
        <span className="jp-kfp-Option-fallback">
          {valueText(input.fallback)}
        </span>
      )}
      {Array.from({ length: count }, (_, index) => (
        <div
          key={index}
          className="jp-kfp-Option-row"
          data-objects={props.objects}
        >
          {props.row(index)}
          <button
            type="button"
            className="jp-kfp-IconButton"
            disabled={input.disabled}
            aria-label={trans.__('Remove row %1 of %2', index + 1, input.label)}
            title={trans.__('Remove')}
            onClick={() => props.onRemove(index)}
          >
            <closeIcon.react tag="span" />
          </button>
        </div>
      ))}
      <button
        type="button"
        className="jp-kfp-Link jp-kfp-Option-add"
        disabled={input.disabled}
        aria-label={trans.__('Add to %1', input.label)}
        onClick={() => {
          props.onAdd();
          setAdded(true);
        }}
      >
        <addIcon.react tag="span" />
        {trans.__('Add')}
      </button>
    </div>
  );
}

function ListRows(props: IOptionInputProps): React.ReactElement {
  const items = asList(props.value);
  return (
    <Rows
      input={props}
      count={items.length}
      onAdd={() => props.onValue([...items, ''])}
      onRemove={index => props.onValue(items.filter((_, at) => at !== index))}
      row={index => (
        <OptionInput
          {...props}
          id={undefined}
          spec={{ ...props.spec, kind: 'text' }}
          label={`${props.label} ${index + 1}`}
          value={items[index]}
          fallback={asList(props.spec.example)[0]}
          onValue={value => props.onValue(replaced(items, index, value ?? ''))}
        />
      )}
    />
  );
}

function MapRows(props: IOptionInputProps): React.ReactElement {
  const trans = useTrans();
  const pairs = asPairs(props.value);
  const [example] = asPairs(props.spec.example);
  const set = (index: number, pair: [string, string]) =>
    props.onValue(replaced(pairs, index, pair));
  return (
    <Rows
      input={props}
      count={pairs.length}
      onAdd={() => props.onValue([...pairs, ['', '']])}
      onRemove={index => props.onValue(pairs.filter((_, at) => at !== index))}
      row={index => (
        <>
          <OptionInput
            {...props}
            id={undefined}
            spec={{ ...props.spec, kind: 'text' }}
            label={trans.__('%1: name %2', props.label, index + 1)}
            value={pairs[index][0]}
            fallback={example?.[0]}
            onValue={name => set(index, [String(name ?? ''), pairs[index][1]])}
          />
          <span aria-hidden="true">=</span>
          <OptionInput
            {...props}
            id={undefined}
            spec={{ ...props.spec, kind: 'text' }}
            label={trans.__('%1: value %2', props.label, index + 1)}
            value={pairs[index][1]}
            fallback={example?.[1]}
            onValue={value =>
              set(index, [pairs[index][0], String(value ?? '')])
            }
          />
        </>
      )}
    />
  );
}

function ObjectRows(props: IOptionInputProps): React.ReactElement {
  const items = asList(props.value);
  return (
    <Rows
      input={props}
      objects
      count={items.length}
      onAdd={() => props.onValue([...items, {}])}
      onRemove={index => props.onValue(items.filter((_, at) => at !== index))}
      row={index => (
        <Fields
          {...props}
          id={undefined}
          label={`${props.label} ${index + 1}`}
          value={items[index]}
          fallback={undefined}
          onValue={value => props.onValue(replaced(items, index, value))}
        />
      )}
    />
  );
}

/** The fields of an object, each with its name. */
function Fields(props: IOptionInputProps): React.ReactElement {
  const given = asObject(props.value);
  const usual = asObject(props.fallback);
  return (
    <div
      id={props.id}
      className="jp-kfp-Option-fields"
      role="group"
      aria-label={props.label}
      aria-describedby={props.describedBy}
    >
      {props.spec.fields.map(field => (
        <label key={field.name} className="jp-kfp-Option-field">
          <span>
            {field.name}
            {field.required && <span aria-hidden="true"> *</span>}
          </span>
          <OptionInput
            spec={field}
            value={given[field.name]}
            fallback={usual[field.name] ?? field.default}
            label={`${props.label}: ${field.name}`}
            disabled={props.disabled}
            onValue={value => {
              const next = { ...given, [field.name]: value };
              props.onValue(next);
            }}
          />
        </label>
      ))}
    </div>
  );
}

function replaced<T>(items: readonly T[], index: number, item: T): T[] {
  return items.map((each, at) => (at === index ? item : each));
}
