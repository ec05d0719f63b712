/** Gives the drawn pieces their actions, which are commands wherever a menu has them too. */
import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { MenuSvg } from '@jupyterlab/ui-components';

import { IActions } from '../actions';
import { markSplit } from '../cells/marks';
import { goToCell } from '../cells/navigate';
import { CommandIDs } from '../commandIds';
import { openMenu } from '../components/menu';
import { DOMAIN } from '../components/translation';
import { whyNot } from '../form/whyNot';
import { applyFix, EditedMeanwhile, NotebookSession } from '../model';
import { afterToo } from '../panel/stepOrder';
import { IPieceActions } from './tokens';

export const actionsPlugin: JupyterFrontEndPlugin<IActions> = {
  id: 'jupyter-kfp-ext:actions',
  description: 'What can be done from the panel and the badges.',
  autoStart: true,
  provides: IPieceActions,
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null
  ): IActions => {
    const { commands } = app;
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const goTo = (
      session: NotebookSession,
      cellId: string,
      line?: number | null
    ) => void goToCell(session.panel, cellId, line);
    /** Say why the notebook could not be changed. */
    const tell = (change: Promise<void>) =>
      void change.catch((error: unknown) => {
        Notification.warning(whyNot(error, trans), { autoClose: 8000 });
      });
    return {
      goTo,
      run: session =>
        void commands.execute(CommandIDs.run, { path: session.path }),
      runWithOptions: session =>
        void commands.execute(CommandIDs.runWithOptions, {
          path: session.path
        }),
      cancel: session =>
        void commands.execute(CommandIDs.cancel, { path: session.path }),
      pause: session =>
        void commands.execute(CommandIDs.pause, { path: session.path }),
      openLog: (run, step) =>
        void commands.execute(CommandIDs.openLog, {
          runId: run.id,
          task: step.task,
          name: step.name
        }),
      openResults: (run, step) =>
        void commands.execute(CommandIDs.openResults, {
          runId: run.id,
          task: step.task,
          name: step.name
        }),
      openRuns: session =>
        void commands.execute(CommandIDs.openRuns, { path: session.path }),
      openGraph: session =>
        void commands.execute(CommandIDs.openGraph, { path: session.path }),
      openExecuted: run =>
        void commands.execute(CommandIDs.openExecuted, { runId: run.id }),
      openCode: run =>
        void commands.execute(CommandIDs.openCode, { runId: run.id }),
      openExample: () => void commands.execute(CommandIDs.openExample),
      openFile: path => void commands.execute('docmanager:open', { path }),
      saveFiles: session => tell(session.code.save()),
      saveAndRun: session =>
        tell(
          session.code.save().then(async () => {
            await session.retry();
            await commands.execute(CommandIDs.run, { path: session.path });
          })
        ),
      showError: (session, step) => {
        session.recall(step);
        const place = step.error && session.placeOf(step.error, step);
        if (place) {
          goTo(session, place);
        }
      },
      goToError: session =>
        void commands.execute(CommandIDs.goToError, { path: session.path }),
      runFromError: session =>
        void commands.execute(CommandIDs.runFromError, { path: session.path }),
      markSplit: session => {
        if (session.pipeline) {
          markSplit(session.notebook, session.pipeline);
        }
      },
      fix: (session, problem, fix) => {
        if (!applyFix(session.notebook, fix)) {
          tell(Promise.reject(new EditedMeanwhile()));
        } else if (problem.cell_id !== null) {
          goTo(session, problem.cell_id, problem.line);
        }
      },
      takeSuggestion: (session, step) =>
        tell(
          session.options.set(
            { target: 'step', step: step.name },
            step.suggested ?? {}
          )
        ),
      orderAfter: (session, step, before) => {
        const after = afterToo(session.pipeline?.steps ?? [], step, before);
        if (after) {
          tell(session.options.set({ target: 'step', step }, { after }));
        }
      },
      setName: (session, name) =>
        tell(session.options.set({ target: 'pipeline' }, { name })),
      renameStep: (session, step, name) =>
        tell(session.options.rename(step, name)),
      openBadgeMenu: (session, cellId, anchor) => {
        const role = session.roleOf(cellId);
        const step = session.stepOf(cellId);
        const menu = new MenuSvg({ commands });
        menu.addClass('jp-kfp-BadgeMenu');
        const ran = {
          runId: session.run?.id ?? '',
          task: step && step.started !== null ? step.task : '',
          name: step?.name ?? ''
        };
        menu.addItem({ command: CommandIDs.openLog, args: ran });
        menu.addItem({ command: CommandIDs.openResults, args: ran });
        menu.addItem({
          command: CommandIDs.showError,
          args: { path: session.path, step: step?.error ? step.name : '' }
        });
        menu.addItem({
          command: CommandIDs.editStep,
          args: { path: session.path, step: role?.step ?? '' }
        });
        menu.addItem({
          command: CommandIDs.renameHere,
          args: { path: session.path, cellId }
        });
        menu.addItem({
          command: CommandIDs.showStep,
          args: { step: role?.step ?? '' }
        });
        menu.addItem({
          command: CommandIDs.toggleOutputs,
          args: { path: session.path }
        });
        const { left, bottom } = anchor.getBoundingClientRect();
        openMenu(menu, left, bottom);
      }
    };
  }
};
