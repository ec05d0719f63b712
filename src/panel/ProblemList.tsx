/** What is wrong with the notebook, by cell; each line jumps to its place, each fix is a button. */
import * as React from 'react';

import { IActions } from '../actions';
import { toggled } from '../components/folds';
import { useTrans } from '../components/translation';
import {
  placeWords,
  severitiesIn,
  severityCount,
  severityWord
} from '../format';
import { NotebookSession } from '../model';
import { IFix, IProblem, Severity } from '../tokens';

interface IProblemProps {
  session: NotebookSession;
  actions: IActions;
}

export function ProblemList(props: IProblemProps): React.ReactElement {
  const trans = useTrans();
  const [hidden, setHidden] = React.useState<ReadonlySet<Severity>>(new Set());
  const problems = props.session.pipeline?.problems ?? [];
  const present = severitiesIn(problems);
  if (problems.length === 0) {
    return (
      <p className="jp-kfp-Hint" role="status">
        {trans.__('No problems found.')}
      </p>
    );
  }
  const shown = problems.filter(each => !hidden.has(each.severity));
  return (
    <>
      {present.length > 1 && (
        <div
          className="jp-kfp-ProblemFilter"
          role="group"
          aria-label={trans.__('Show problems')}
        >
          {present.map(severity => (
            <button
              key={severity}
              type="button"
              aria-pressed={!hidden.has(severity)}
              data-severity={severity}
              onClick={() => setHidden(toggled(hidden, severity))}
            >
              {severityCount(severity, problems, trans)}
            </button>
          ))}
        </div>
      )}
      <ul className="jp-kfp-ProblemList">
        {byCell(shown).map(([cell, own]) => (
          <li key={cell}>
            <ul aria-label={placeWords({ ...own[0], line: null }, trans)}>
              {own.map((problem, index) => (
                <li
                  key={`${problem.code}/${problem.line}/${index}`}
                  data-severity={problem.severity}
                  data-code={problem.code}
                >
                  <Problem {...props} problem={problem} />
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Problems by their cell, in the notebook's order; those of no cell first. */
function byCell(problems: readonly IProblem[]): [string, IProblem[]][] {
  const groups = new Map<string, IProblem[]>();
  const sorted = [...problems].sort(
    (one, other) => (one.cell ?? 0) - (other.cell ?? 0)
  );
  for (const problem of sorted) {
    const key = problem.cell_id ?? '';
    groups.set(key, [...(groups.get(key) ?? []), problem]);
  }
  return [...groups];
}

function Problem(
  props: IProblemProps & { problem: IProblem }
): React.ReactElement {
  const trans = useTrans();
  const { session, actions, problem } = props;
  const cellId = problem.cell_id;
  const text = (
    <>
      <span className="jp-kfp-Problem-place">
        {[severityWord(problem.severity, trans), placeWords(problem, trans)]
          .filter(Boolean)
          .join(' · ')}
      </span>
      <span className="jp-kfp-Problem-message">{problem.message}</span>
      {problem.remedy && (
        <span className="jp-kfp-Problem-remedy">{problem.remedy}</span>
      )}
    </>
  );
  return (
    <>
      {cellId === null ? (
        <div className="jp-kfp-Problem">{text}</div>
      ) : (
        <button
          type="button"
          className="jp-kfp-Problem"
          title={trans.__('Go to the cell')}
          onClick={() => actions.goTo(session, cellId, problem.line)}
        >
          {text}
        </button>
      )}
      {problem.fixes.length > 0 && (
        <div className="jp-kfp-Problem-fixes">
          {problem.fixes.map(fix => (
            <Fix key={fix.title} {...props} fix={fix} />
          ))}
        </div>
      )}
    </>
  );
}

function Fix(
  props: IProblemProps & { problem: IProblem; fix: IFix }
): React.ReactElement {
  const trans = useTrans();
  const { session, actions, problem, fix } = props;
  return (
    <button
      type="button"
      className="jp-mod-styled jp-kfp-Button jp-kfp-Fix"
      disabled={session.readOnly}
      title={trans.__('Change the notebook so; undo takes it back')}
      onClick={() => actions.fix(session, problem, fix)}
    >
      {fix.title}
    </button>
  );
}
