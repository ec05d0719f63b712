/** The tab of the main area that shows the code of one run. */
import { ReactWidget } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';

import * as React from 'react';

import { TranslationContext } from '../components/translation';
import { IRunCodeProps, RunCodeView } from './RunCodeView';

export class RunCodeWidget extends ReactWidget {
  constructor(
    readonly runId: string,
    private readonly view: IRunCodeProps,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-kfp-RunCode');
  }

  render(): React.ReactElement {
    return (
      <TranslationContext.Provider value={this.trans}>
        <RunCodeView {...this.view} />
      </TranslationContext.Provider>
    );
  }
}
