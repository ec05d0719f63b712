/** What is wrong with the notebook; each line jumps to its cell. */
import * as React from 'react';

import { IActions } from '../actions';
import { useTrans } from '../components/translation';
import { placeWords } from '../format';
import { NotebookSession } from '../model';
import { IProblem } from '../tokens';

export function ProblemList(props: {
  session: NotebookSession;
  actions: IActions;
}): React.ReactElement {
  const problems = props.session.pipeline?.problems ?? [];
  return (
    <ul className="jp-kfp-ProblemList">
      {problems.map((problem, index) => (
        <li
          key={`${problem.code}/${problem.cell_id}/${problem.line}/${index}`}
          data-severity={problem.severity}
          data-code={problem.code}
        >
          <Problem {...props} problem={problem} />
        </li>
      ))}
    </ul>
  );
}

function Problem(props: {
  session: NotebookSession;
  actions: IActions;
  problem: IProblem;
}): React.ReactElement {
  const trans = useTrans();
  const { session, actions, problem } = props;
  const cellId = problem.cell_id;
  const text = (
    <>
      <span className="jp-kfp-Problem-place">
        {placeWords(problem, trans) || severityWord(problem, trans)}
      </span>
      <span className="jp-kfp-Problem-message">{problem.message}</span>
      {problem.remedy && (
        <span className="jp-kfp-Problem-remedy">{problem.remedy}</span>
      )}
    </>
  );
  return cellId === null ? (
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
  );
}

function severityWord(
  problem: IProblem,
  trans: ReturnType<typeof useTrans>
): string {
  switch (problem.severity) {
    case 'error':
      return trans.__('Error');
    case 'warning':
      return trans.__('Warning');
    case 'info':
      return trans.__('Hint');
  }
}
