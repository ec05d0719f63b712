/** The dialog in which the parameters of a run that is started once more can be changed. */
import { ReactWidget } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';

import * as React from 'react';

import { IRunSummary } from '../tokens';
import { askForm } from './askForm';

/** Ask for other parameters; null where the user thought better of it, only what was changed. */
export async function askParameters(
  run: IRunSummary,
  trans: TranslationBundle
): Promise<Record<string, unknown> | null> {
  const body = new Parameters(run, trans);
  const accepted = await askForm(
    body,
    trans.__('Run once more'),
    trans.__('Run')
  );
  return accepted ? body.changed : null;
}

/** A value as it is typed: text as it is, anything else as JSON. */
export function textOfValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

/** What was typed, of the kind that the value was before; the server says what does not fit. */
export function valueOfText(text: string, before: unknown): unknown {
  if (typeof before === 'string') {
    return text;
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

class Parameters extends ReactWidget {
  constructor(
    private readonly run: IRunSummary,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-kfp-AboutForm');
  }

  /** The values that are other ones by now. */
  readonly changed: Record<string, unknown> = {};

  render(): React.ReactElement {
    const { parameters } = this.run;
    return (
      <>
        <p>
          {this.trans.__(
            'A new run of the notebook and the files as they were in this run, where it ran.'
          )}
        </p>
        {Object.entries(parameters).map(([name, value]) => (
          <label key={name}>
            {name}
            <input
              className="jp-mod-styled"
              defaultValue={textOfValue(value)}
              onChange={event => {
                this.changed[name] = valueOfText(event.target.value, value);
              }}
            />
          </label>
        ))}
      </>
    );
  }
}
