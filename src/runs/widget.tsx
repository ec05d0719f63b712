/** The tabs of the main area that show all runs, and several of them side by side. */
import { ReactWidget } from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { TranslationBundle } from '@jupyterlab/translation';

import * as React from 'react';

import { Lazy } from '../components/Lazy';
import { TranslationContext } from '../components/translation';
import { RunPlaces } from '../model';
import { IComparison } from '../tokens';
import { RunHistory } from './history';
import type { IRunsActions } from './RunsView';

const RunsView = React.lazy(async () => {
  const { RunsView } = await import('./RunsView');
  return { default: RunsView };
});

const CompareView = React.lazy(async () => {
  const { CompareView } = await import('./CompareView');
  return { default: CompareView };
});

export class RunsWidget extends ReactWidget {
  constructor(
    private readonly history: RunHistory,
    private readonly places: RunPlaces,
    private readonly actions: IRunsActions,
    private notebook: string,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-kfp-Runs');
    void history.load();
    void places.ask();
  }

  dispose(): void {
    this.history.dispose();
    super.dispose();
  }

  /** List only the runs of a notebook; empty: all. */
  narrow(notebook: string): void {
    this.notebook = notebook;
    this.update();
  }

  render(): React.ReactElement {
    return (
      <TranslationContext.Provider value={this.trans}>
        <Lazy>
          <RunsView
            history={this.history}
            places={this.places}
            actions={this.actions}
            notebook={this.notebook}
          />
        </Lazy>
      </TranslationContext.Provider>
    );
  }
}

export class CompareWidget extends ReactWidget {
  /**
   * @param ids - the runs, the one that code is compared with first.
   * @param read - asks the server.
   */
  constructor(
    readonly ids: readonly string[],
    private readonly read: () => Promise<IComparison>,
    private readonly rendermime: IRenderMimeRegistry | null,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-kfp-Compare');
  }

  render(): React.ReactElement {
    return (
      <TranslationContext.Provider value={this.trans}>
        <Lazy>
          <CompareView read={this.read} rendermime={this.rendermime} />
        </Lazy>
      </TranslationContext.Provider>
    );
  }
}
