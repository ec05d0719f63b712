/**
 * What a user can do from a drawn piece. The pieces only draw; a plugin gives them these actions,
 * and a test gives them fakes.
 */
import { NotebookSession } from './model';
import { IFix, IProblem, IRun, IStep } from './tokens';

export interface IActions {
  run(session: NotebookSession): void;
  /** Ask where and how it runs, then run it. */
  runWithOptions(session: NotebookSession): void;
  cancel(session: NotebookSession): void;
  /** Have the run stand still, or go on. */
  pause(session: NotebookSession): void;
  /** Go to a cell, and to a line in it. */
  goTo(session: NotebookSession, cellId: string, line?: number | null): void;
  openLog(run: IRun, step: IStep): void;
  /** Open the list of all runs, with those of the notebook at first. */
  openRuns(session: NotebookSession): void;
  /** Open the graph of the notebook's steps. */
  openGraph(session: NotebookSession): void;
  /** Open the notebook with a run's outputs as a document. */
  openExecuted(run: IRun): void;
  /** Show the error of a step at its cell, also where it was dismissed. */
  showError(session: NotebookSession, step: IStep): void;
  /** Write the steps that the headings give into the cells. */
  markSplit(session: NotebookSession): void;
  /** Open the menu of a badge below it. */
  openBadgeMenu(
    session: NotebookSession,
    cellId: string,
    anchor: HTMLElement
  ): void;
  /** Mend a problem in the notebook, and go to its cell. */
  fix(session: NotebookSession, problem: IProblem, fix: IFix): void;
  /** Write what a step would better ask for into its options. */
  takeSuggestion(session: NotebookSession, step: IStep): void;
  setName(session: NotebookSession, name: string): void;
  /** Rename a step wherever it is named. */
  renameStep(session: NotebookSession, step: string, name: string): void;
}
