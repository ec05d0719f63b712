/** The files that go with the steps: why, how large, and whether the kernel has the same. */
import * as React from 'react';

import { IActions } from '../actions';
import { useTrans } from '../components/translation';
import { bytesWords } from '../format';
import {
  filesOf,
  ICodeFile,
  IFileNeed,
  NotebookSession,
  shownPath
} from '../model';
import { ICode, IDrift, IProblem } from '../tokens';

interface IHelperCodeProps {
  session: NotebookSession;
  actions: IActions;
}

/** Codes of problems that say why a file does not go, or which of two is meant. */
const OF_CODE = new Set([
  'helper-refused',
  'helper-missing',
  'file-not-sent',
  'module-shadowed'
]);

/** Says that tabs of helper files have changes which a run would not have. */
export function UnsavedFiles({
  session,
  actions
}: IHelperCodeProps): React.ReactElement | null {
  const trans = useTrans();
  const { unsaved } = session.code;
  if (unsaved.length === 0) {
    return null;
  }
  return (
    <div className="jp-kfp-Unsaved" role="status">
      <p>
        {trans.__(
          'Not saved, so steps would not have it: %1',
          unsaved.join(', ')
        )}
      </p>
      <button
        type="button"
        className="jp-mod-styled jp-kfp-Button"
        onClick={() => actions.saveFiles(session)}
      >
        {trans.__('Save')}
      </button>
      <button
        type="button"
        className="jp-mod-styled jp-kfp-Button"
        onClick={() => actions.saveAndRun(session)}
      >
        {trans.__('Save and run')}
      </button>
    </div>
  );
}

export function HelperCode(props: IHelperCodeProps): React.ReactElement {
  const trans = useTrans();
  const { session, actions } = props;
  React.useEffect(() => {
    session.code.setWatched(true);
    return () => session.code.setWatched(false);
  }, [session]);
  const { code, failure } = session.code;
  const problems = (session.pipeline?.problems ?? []).filter(each =>
    OF_CODE.has(each.code)
  );
  return (
    <div className="jp-kfp-HelperCode">
      {failure && <p className="jp-kfp-Notice">{failure}</p>}
      {code?.git && <Git git={code.git} />}
      {code && code.files.length === 0 && (
        <p className="jp-kfp-Hint">
          {trans.__('The steps need no files beside the notebook.')}
        </p>
      )}
      {code && (
        <ul
          className="jp-kfp-CodeFiles"
          aria-label={trans.__('Files that go with the steps')}
        >
          {filesOf(code).map(file => (
            <li key={file.path} data-file={shownPath(file.path)}>
              <File file={file} actions={actions} session={session} />
            </li>
          ))}
        </ul>
      )}
      <Refused problems={problems} />
      <Drift {...props} />
    </div>
  );
}

function Git({ git }: { git: NonNullable<ICode['git']> }): React.ReactElement {
  const trans = useTrans();
  const commit = git.commit.slice(0, 10);
  return (
    <p className="jp-kfp-Hint">
      {!commit
        ? trans.__('Git has no commit yet.')
        : git.dirty
          ? trans.__('Git commit %1, with changes since', commit)
          : trans.__('Git commit %1', commit)}
    </p>
  );
}

function File(
  props: IHelperCodeProps & { file: ICodeFile }
): React.ReactElement {
  const trans = useTrans();
  const { file, actions, session } = props;
  const { place } = file;
  return (
    <>
      <div className="jp-kfp-CodeFile">
        <button
          type="button"
          className="jp-kfp-Link jp-kfp-CodeLink"
          disabled={place === null}
          title={
            place === null
              ? trans.__('It lies outside of the folder that this server shows')
              : trans.__('Open %1', place)
          }
          onClick={() => place !== null && actions.openFile(place)}
        >
          {shownPath(file.path)}
        </button>
        <span className="jp-kfp-CodeFile-size">
          {bytesWords(file.bytes, trans)}
        </span>
      </div>
      {file.needs.map((need, index) => (
        <Need
          key={index}
          path={file.path}
          need={need}
          actions={actions}
          session={session}
        />
      ))}
    </>
  );
}

/** Which steps need a file, and through which imports of which cell. */
function Need(
  props: IHelperCodeProps & { path: string; need: IFileNeed }
): React.ReactElement {
  const trans = useTrans();
  const { path, need, actions, session } = props;
  const { use } = need;
  const data = path.startsWith('files/')
    ? trans.__('data, by its path in the code')
    : trans.__('data beside a module');
  const chain = use ? [...use.chain, use.module].join(' → ') : '';
  const cellId = use?.cell_id ?? null;
  return (
    <div className="jp-kfp-CodeFile-need">
      <span>{need.steps.join(', ')}</span>
      {use && cellId !== null ? (
        <button
          type="button"
          className="jp-kfp-Link jp-kfp-CodeLink"
          title={trans.__('Go to the import')}
          onClick={() => actions.goTo(session, cellId, use.line)}
        >
          {trans.__('cell %1: %2', use.cell, chain)}
        </button>
      ) : (
        <span>{chain || data}</span>
      )}
    </div>
  );
}

function Refused(props: { problems: IProblem[] }): React.ReactElement | null {
  const trans = useTrans();
  if (props.problems.length === 0) {
    return null;
  }
  return (
    <ul
      className="jp-kfp-CodeProblems"
      aria-label={trans.__('Left out, or not clear')}
    >
      {props.problems.map((problem, index) => (
        <li
          key={index}
          className="jp-kfp-CodeProblem"
          data-severity={problem.severity}
        >
          {problem.message}
        </li>
      ))}
    </ul>
  );
}

/** How the kernel's modules differ from the files; the kernel is only asked where it may be. */
function Drift({ session }: IHelperCodeProps): React.ReactElement | null {
  const trans = useTrans();
  const { kernel, pipeline } = session;
  if (!kernel.possible) {
    return null;
  }
  if (!kernel.agreed) {
    return (
      <button
        type="button"
        className="jp-mod-styled jp-kfp-Button"
        title={trans.__(
          'The kernel compares the modules that it has loaded with the files, and says which differ. It also says types and sizes of the values that go from step to step.'
        )}
        onClick={() => kernel.setAgreed(true)}
      >
        {trans.__('Compare with the kernel')}
      </button>
    );
  }
  const drift = pipeline?.drift ?? [];
  const failed = Object.entries(pipeline?.reload_failed ?? {});
  const changed = drift
    .filter(each => each.kind === 'changed')
    .map(each => each.module);
  return (
    <div className="jp-kfp-Drift">
      {drift.length === 0 && (
        <p className="jp-kfp-Hint" role="status">
          {trans.__('The kernel has loaded nothing that differs.')}
        </p>
      )}
      {drift.length > 0 && (
        <ul aria-label={trans.__('What the kernel has otherwise')}>
          {drift.map(each => (
            <li
              className="jp-kfp-CodeProblem"
              key={`${each.module}/${each.kind}/${each.file}`}
            >
              {driftWords(each, trans)}
            </li>
          ))}
        </ul>
      )}
      {failed.map(([module, why]) => (
        <p key={module} className="jp-kfp-Notice" role="alert">
          {trans.__('%1 could not be loaded again: %2', module, why)}
        </p>
      ))}
      {changed.length > 0 && (
        <button
          type="button"
          className="jp-mod-styled jp-kfp-Button"
          title={trans.__(
            'Load %1 again in the kernel; what cells imported from it follows, objects made before keep their class',
            changed.join(', ')
          )}
          onClick={() => kernel.reload(changed)}
        >
          {trans.__('Reload')}
        </button>
      )}
    </div>
  );
}

function driftWords(drift: IDrift, trans: ReturnType<typeof useTrans>): string {
  const { module, file } = drift;
  switch (drift.kind) {
    case 'changed':
      return trans.__('%1: the file was changed since it was loaded', module);
    case 'elsewhere':
      return trans.__(
        '%1: loaded from %2, steps get another file',
        module,
        file
      );
    case 'twice':
      return trans.__('%1: the same file is loaded as %2, too', module, file);
  }
}
