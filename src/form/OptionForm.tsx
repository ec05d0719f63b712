/** A form of options, drawn from the server's schema: in groups, each option with what it means. */
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { useTrans } from '../components/translation';
import { valueText, wholeValue } from '../model/optionValues';
import { IOptionSpec, IProblem } from '../tokens';
import { OptionInput } from './OptionInput';

export interface IOptionFormProps {
  /** What the form is about, for a screen reader. */
  label: string;
  groups: { name: string; title: string }[];
  specs: IOptionSpec[];
  /** What is said here. */
  said: Readonly<Record<string, unknown>>;
  /** What holds where nothing is said. */
  defaults: Readonly<Record<string, unknown>>;
  /** What is wrong with it. */
  problems: IProblem[];
  disabled: boolean;
  /** Groups that are open at first, besides those in which something is said. */
  open: readonly string[];
  /**
   * Write a value; null takes it away.
   *
   * @returns why it cannot be written; empty where it was.
   */
  onSet: (name: string, value: unknown) => Promise<string>;
}

export function OptionForm(props: IOptionFormProps): React.ReactElement {
  const used = props.groups.filter(group =>
    props.specs.some(spec => spec.group === group.name)
  );
  return (
    <div className="jp-kfp-OptionForm" role="form" aria-label={props.label}>
      {used.map(group => (
        <Group
          key={group.name}
          {...props}
          group={group}
          plain={used.length === 1}
        />
      ))}
    </div>
  );
}

function Group(
  props: IOptionFormProps & {
    group: { name: string; title: string };
    /** The only one: it needs no heading. */
    plain: boolean;
  }
): React.ReactElement {
  const trans = useTrans();
  const { group } = props;
  const specs = props.specs.filter(spec => spec.group === group.name);
  const said = specs.filter(spec => spec.name in props.said).length;
  const wrong = props.problems.some(problem =>
    specs.some(spec => spec.name === problem.option)
  );
  const [chosen, setChosen] = React.useState<boolean | null>(null);
  const open =
    props.plain ||
    (chosen ?? (said > 0 || wrong || props.open.includes(group.name)));
  const id = React.useId();
  const Caret = open ? caretDownIcon.react : caretRightIcon.react;
  return (
    <div className="jp-kfp-OptionGroup" data-group={group.name}>
      {!props.plain && (
        <button
          type="button"
          className="jp-kfp-OptionGroup-title"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setChosen(!open)}
        >
          <Caret tag="span" />
          {/* eslint-disable-next-line jupyter/no-dynamic-translation -- the schema's words */}
          <span>{trans.__(group.title)}</span>
          {said > 0 && (
            <span
              className="jp-kfp-Section-count"
              title={trans._n('%1 is set', '%1 are set', said)}
            >
              {said}
            </span>
          )}
        </button>
      )}
      <div id={id} hidden={!open}>
        {open &&
          specs.map(spec => <Option key={spec.name} {...props} spec={spec} />)}
      </div>
    </div>
  );
}

function Option(
  props: IOptionFormProps & { spec: IOptionSpec }
): React.ReactElement {
  const trans = useTrans();
  const id = React.useId();
  const { spec } = props;
  const said = props.said[spec.name];
  const isSaid = spec.name in props.said;
  const fallback = props.defaults[spec.name] ?? spec.default;
  const [draft, setDraft] = React.useState<unknown>(said);
  const [failure, setFailure] = React.useState('');
  const key = JSON.stringify(said);
  const whole = wholeValue(spec, draft);
  const begun = whole.missing.length > 0;
  React.useEffect(() => {
    // After each look at the notebook: what was written here may have been undone meanwhile. A row
    // that is not whole yet was not written.
    if (!begun) {
      setDraft(said);
    }
  }, [props.said]);
  React.useEffect(() => {
    setDraft(said);
    setFailure('');
  }, [key]);
  const write = async (value: unknown) => {
    setFailure(await props.onSet(spec.name, value));
  };
  const take = (value: unknown) => {
    setDraft(value);
    const next = wholeValue(spec, value);
    const same = JSON.stringify(next.value ?? undefined) === key;
    if (next.missing.length === 0 && !same) {
      void write(next.value);
    }
  };
  const title = words(spec.name);
  const problems = props.problems.filter(each => each.option === spec.name);
  return (
    <div
      className="jp-kfp-Option"
      data-option={spec.name}
      data-said={isSaid}
      data-kind={spec.kind}
    >
      <div className="jp-kfp-Option-head">
        {isOne(spec) ? (
          <label htmlFor={id}>{title}</label>
        ) : (
          <span>{title}</span>
        )}
        {isSaid && (
          <button
            type="button"
            className="jp-kfp-Link"
            disabled={props.disabled}
            title={
              valueText(fallback)
                ? trans.__('Back to %1', valueText(fallback))
                : trans.__('Back to the default')
            }
            aria-label={trans.__('Reset %1', title)}
            onClick={() => {
              setDraft(undefined);
              void write(null);
            }}
          >
            {trans.__('Reset')}
          </button>
        )}
      </div>
      <OptionInput
        id={id}
        spec={spec}
        value={draft}
        fallback={fallback}
        label={title}
        describedBy={`${id}-about`}
        disabled={props.disabled}
        onValue={take}
      />
      {whole.missing.length > 0 && (
        <span className="jp-kfp-Option-error" role="status">
          {trans.__('Still needed: %1', whole.missing.join(', '))}
        </span>
      )}
      {[failure, ...problems.map(each => each.message)]
        .filter(Boolean)
        .map(text => (
          <span key={text} className="jp-kfp-Option-error" role="alert">
            {text}
          </span>
        ))}
      <span id={`${id}-about`} className="jp-kfp-Option-about">
        {/* eslint-disable-next-line jupyter/no-dynamic-translation -- the schema's words */}
        {trans.__(spec.description)}
      </span>
    </div>
  );
}

/** Whether an option is one input, which a label can be for. */
function isOne(spec: IOptionSpec): boolean {
  return !['list', 'map', 'struct', 'structs'].includes(spec.kind);
}

/** `gpu_type` as a title: `GPU type`. */
function words(name: string): string {
  const known: Record<string, string> = {
    cpu: 'CPU',
    gpu: 'GPU',
    env: 'Environment'
  };
  const [first, ...rest] = name.split('_');
  return [
    known[first] ?? first[0].toUpperCase() + first.slice(1),
    ...rest
  ].join(' ');
}
