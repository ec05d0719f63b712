/** The dialog in which a run gets a name, a note and tags. */
import { ReactWidget } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';

import * as React from 'react';

import { IAbout, IRunSummary } from '../tokens';
import { askForm } from './askForm';

/** Ask for what is said of a run; null where the user thought better of it. */
export async function askAbout(
  run: IRunSummary,
  trans: TranslationBundle
): Promise<IAbout | null> {
  const body = new AboutForm(run, trans);
  const accepted = await askForm(
    body,
    trans.__('Name and tags of the run'),
    trans.__('Keep')
  );
  return accepted ? body.about : null;
}

/** Tags as they are typed: with commas between. */
export function tagsOf(text: string): string[] {
  const words = text.split(',').map(each => each.trim());
  return [...new Set(words.filter(Boolean))];
}

class AboutForm extends ReactWidget {
  constructor(
    private readonly run: IRunSummary,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-kfp-AboutForm');
    this.about = {
      name: run.about?.name ?? '',
      note: run.about?.note ?? '',
      tags: run.about?.tags ?? []
    };
  }

  /** What is typed by now. */
  about: IAbout;

  render(): React.ReactElement {
    const { trans, about, run } = this;
    return (
      <>
        <label>
          {trans.__('Name')}
          <input
            className="jp-mod-styled"
            maxLength={200}
            placeholder={run.name}
            defaultValue={about.name}
            onChange={event => this.take({ name: event.target.value })}
          />
        </label>
        <label>
          {trans.__('Tags, with commas between')}
          <input
            className="jp-mod-styled"
            defaultValue={about.tags.join(', ')}
            onChange={event => this.take({ tags: tagsOf(event.target.value) })}
          />
        </label>
        <label>
          {trans.__('Note')}
          <textarea
            className="jp-mod-styled"
            rows={4}
            maxLength={20000}
            defaultValue={about.note}
            onChange={event => this.take({ note: event.target.value })}
          />
        </label>
      </>
    );
  }

  private take(said: Partial<IAbout>): void {
    this.about = { ...this.about, ...said };
  }
}
