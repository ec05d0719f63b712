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
  /** Show what a step of a run has left. */
  openResults(run: IRun, step: IStep): void;
  /** Open the list of all runs, with those of the notebook at first. */
  openRuns(session: NotebookSession): void;
  /** Open the graph of the notebook's steps. */
  openGraph(session: NotebookSession): void;
  /** Open the notebook with a run's outputs as a document. */
  openExecuted(run: IRun): void;
  /** Show what code a run ran, and what changed since. */
  openCode(run: IRun): void;
  /** Write the example and open it. */
  openExample(): void;
  /** Open a file by its contents path. */
  openFile(path: string): void;
  /** Save the tabs of files of the steps. */
  saveFiles(session: NotebookSession): void;
  saveAndRun(session: NotebookSession): void;
  /** Show the error of a step at its cell, also where it was dismissed. */
  showError(session: NotebookSession, step: IStep): void;
  /** Go to the line of the error that is shown. */
  goToError(session: NotebookSession): void;
  /** Go on from the run that failed, with the notebook as it is now. */
  runFromError(session: NotebookSession): void;
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
  /** Have a step run after an earlier one, also where nothing flows between them. */
  orderAfter(session: NotebookSession, step: string, before: string): void;
  setName(session: NotebookSession, name: string): void;
  /** Rename a step wherever it is named. */
  renameStep(session: NotebookSession, step: string, name: string): void;
}
