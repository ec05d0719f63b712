/** The tab that shows what the steps of a run have left. */
import { ReactWidget, UseSignal } from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { TranslationBundle } from '@jupyterlab/translation';

import * as React from 'react';

import { Lazy } from '../components/Lazy';
import { TranslationContext } from '../components/translation';
import { Empty } from '../panel/Empty';
import { IKfpRuns } from '../tokens';
import type { IResultsActions } from './items';

const ResultsView = React.lazy(async () => {
  const { ResultsView } = await import('./ResultsView');
  return { default: ResultsView };
});

export class ResultsWidget extends ReactWidget {
  constructor(
    private readonly runs: IKfpRuns,
    readonly runId: string,
    readonly task: string,
    private readonly actions: () => IResultsActions,
    private readonly rendermime: IRenderMimeRegistry | null,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-kfp-Results');
    runs.load(runId).then(
      () => this.update(),
      (error: Error) => {
        this.failure = error.message;
        this.update();
      }
    );
  }

  render(): React.ReactElement {
    const { trans, runs, runId } = this;
    return (
      <TranslationContext.Provider value={trans}>
        <UseSignal signal={runs.changed} shouldUpdate={this.isMine}>
          {() => {
            const run = runs.get(runId);
            return run?.steps.length ? (
              <Lazy>
                <ResultsView
                  run={run}
                  task={this.task}
                  actions={this.actions()}
                  rendermime={this.rendermime}
                />
              </Lazy>
            ) : (
              <Empty title={this.failure || trans.__('Reading the run…')} />
            );
          }}
        </UseSignal>
      </TranslationContext.Provider>
    );
  }

  private readonly isMine = (_: IKfpRuns, run: { id: string }): boolean =>
    run.id === this.runId;
  private failure = '';
}
