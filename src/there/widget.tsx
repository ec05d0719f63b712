/** The tab of the main area that shows what there is on clusters. */
import { ReactWidget } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';

import * as React from 'react';

import { Lazy } from '../components/Lazy';
import { TranslationContext } from '../components/translation';
import { ThereModel } from './model';
import type { IThereActions } from './ThereView';

const ThereView = React.lazy(async () => {
  const { ThereView } = await import('./ThereView');
  return { default: ThereView };
});

export class ThereWidget extends ReactWidget {
  constructor(
    readonly model: ThereModel,
    private readonly actions: IThereActions,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-kfp-There');
  }

  dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  render(): React.ReactElement {
    return (
      <TranslationContext.Provider value={this.trans}>
        <Lazy>
          <ThereView model={this.model} actions={this.actions} />
        </Lazy>
      </TranslationContext.Provider>
    );
  }
}
