/** The parameters with their defaults; what is typed holds for the runs started from here. */
import * as React from 'react';

import { useTrans } from '../components/translation';
import { defaultText, NotebookSession, parseValue } from '../model';
import { IParameter } from '../tokens';

export function ParameterForm(props: {
  session: NotebookSession;
}): React.ReactElement {
  const trans = useTrans();
  const { session } = props;
  return (
    <div className="jp-kfp-ParameterForm">
      {(session.pipeline?.parameters ?? []).map(parameter => (
        <Field key={parameter.name} session={session} parameter={parameter} />
      ))}
      {session.texts.size > 0 && (
        <p className="jp-kfp-Hint">
          {trans.__(
            'Typed values are for the runs you start here; the notebook keeps its own.'
          )}
        </p>
      )}
    </div>
  );
}

function Field(props: {
  session: NotebookSession;
  parameter: IParameter;
}): React.ReactElement {
  const trans = useTrans();
  const id = React.useId();
  const { session, parameter } = props;
  const text = session.texts.get(parameter.name);
  const invalid = text !== undefined && !parseValue(parameter, text).ok;
  const set = (value: string | null) => session.setText(parameter.name, value);
  return (
    <div className="jp-kfp-Field" data-parameter={parameter.name}>
      <label htmlFor={id} title={parameter.name}>
        {parameter.name}
      </label>
      {parameter.type === 'bool' ? (
        <select
          id={id}
          className="jp-mod-styled"
          value={text ?? defaultText(parameter)}
          onChange={event => set(event.target.value)}
        >
          <option value="true">{trans.__('true')}</option>
          <option value="false">{trans.__('false')}</option>
        </select>
      ) : (
        <input
          id={id}
          className="jp-mod-styled"
          type="text"
          inputMode={
            parameter.type === 'int' || parameter.type === 'float'
              ? 'decimal'
              : 'text'
          }
          spellCheck={false}
          value={text ?? defaultText(parameter)}
          aria-invalid={invalid}
          aria-describedby={`${id}-type`}
          onChange={event => set(event.target.value)}
        />
      )}
      {text === undefined ? (
        <span id={`${id}-type`} className="jp-kfp-Field-type">
          {parameter.type}
        </span>
      ) : (
        <button
          type="button"
          className="jp-kfp-Link"
          title={trans.__('Back to %1', defaultText(parameter))}
          aria-label={trans.__('Reset %1', parameter.name)}
          onClick={() => set(null)}
        >
          {trans.__('Reset')}
        </button>
      )}
      {invalid && (
        <span className="jp-kfp-Field-error" role="alert">
          {expected(parameter, trans)}
        </span>
      )}
    </div>
  );
}

function expected(
  parameter: IParameter,
  trans: ReturnType<typeof useTrans>
): string {
  switch (parameter.type) {
    case 'int':
      return trans.__('A whole number is needed.');
    case 'float':
      return trans.__('A number is needed.');
    case 'list':
      return trans.__('A list in JSON is needed, as in [1, 2].');
    case 'dict':
      return trans.__('A JSON object is needed, as in {"a": 1}.');
    default:
      return trans.__('This is no value of type %1.', parameter.type);
  }
}
