/**
 * Underlines the problems in the editors of a notebook's cells, with the words and the fixes below
 * the pointer. CodeMirror moves the marks along while the cell is edited; they are drawn anew only
 * where the server has said something else about the very text that stands there.
 */
import { Cell, CodeCell } from '@jupyterlab/cells';
import { CodeMirrorEditor } from '@jupyterlab/codemirror';
import { TranslationBundle } from '@jupyterlab/translation';

import { Diagnostic, setDiagnostics } from '@codemirror/lint';
import { Text } from '@codemirror/state';

import { IActions } from '../actions';
import { NotebookSession, offsetOf } from '../model';
import { IProblem } from '../tokens';

const NOTHING = '[]';
const EDITED = 'edited';

export class EditorMarks {
  constructor(
    private readonly session: NotebookSession,
    private readonly actions: IActions,
    private readonly trans: TranslationBundle,
    private readonly enabled: () => boolean
  ) {
    session.changed.connect(this.update, this);
    session.notebook.cells.changed.connect(this.update, this);
    this.update();
  }

  /** Bring the marks of all cells that have an editor up to date. */
  update(): void {
    if (this.session.isDisposed) {
      return;
    }
    for (const cell of this.session.panel.content.widgets) {
      if (!cell.isPlaceholder()) {
        this.mark(cell);
      } else if (!this.waiting.has(cell)) {
        this.waiting.add(cell);
        void cell.ready.then(() => {
          if (!cell.isDisposed && !this.session.isDisposed) {
            this.mark(cell);
          }
        });
      }
    }
  }

  private mark(cell: Cell): void {
    const { editor } = cell;
    if (
      !(cell instanceof CodeCell) ||
      !(editor instanceof CodeMirrorEditor) ||
      editor.isDisposed
    ) {
      return;
    }
    const source = cell.model.sharedModel.getSource();
    const problems = this.enabled()
      ? this.session.problemsAt(cell.model.id, source)
      : [];
    if (problems === null) {
      return;
    }
    if (!this.watched.has(cell)) {
      this.watched.add(cell);
      // An edit may have taken marks away with their text, which undo does not bring back.
      cell.model.contentChanged.connect(() => this.drawn.set(cell, EDITED));
    }
    const drawn = JSON.stringify(problems);
    if ((this.drawn.get(cell) ?? NOTHING) === drawn) {
      return;
    }
    this.drawn.set(cell, drawn);
    const { state } = editor.editor;
    const marks = problems
      .map(each => this.diagnostic(each, state.doc))
      .filter((each): each is Diagnostic => each !== null);
    editor.editor.dispatch(setDiagnostics(state, marks));
  }

  /** The mark of a problem; null where it names no line. */
  private diagnostic(problem: IProblem, doc: Text): Diagnostic | null {
    const range = rangeOf(problem, doc.toString());
    return (
      range && {
        ...range,
        severity: problem.severity,
        source: this.trans.__('Pipeline'),
        message: [problem.message, problem.remedy].filter(Boolean).join(' '),
        markClass: `jp-kfp-Mark jp-kfp-Mark-${problem.severity}`,
        actions: (this.session.readOnly ? [] : problem.fixes).map(fix => ({
          name: fix.title,
          apply: () => this.actions.fix(this.session, problem, fix)
        }))
      }
    );
  }

  /** What the marks of a cell were drawn from, as JSON. */
  private readonly drawn = new WeakMap<Cell, string>();
  private readonly watched = new WeakSet<Cell>();
  private readonly waiting = new WeakSet<Cell>();
}

/** The characters of a text that a problem is about: those it says, else the line's words. */
export function rangeOf(
  problem: Pick<IProblem, 'line' | 'column' | 'end_line' | 'end_column'>,
  text: string
): { from: number; to: number } | null {
  const { line, column, end_line, end_column } = problem;
  if (line === null) {
    return null;
  }
  if (column !== null && end_line !== null && end_column !== null) {
    const from = offsetOf(text, line, column);
    const to = offsetOf(text, end_line, end_column);
    return from !== null && to !== null && from < to ? { from, to } : null;
  }
  const start = offsetOf(text, line, 0);
  if (start === null) {
    return null;
  }
  const words = text.split('\n')[line - 1];
  const lead = words.length - words.trimStart().length;
  return { from: start + lead, to: start + words.trimEnd().length };
}
