/** What code a run ran, how the notebook and its files differ now, and how to get it back. */
import * as React from 'react';

import { Section } from '../components/Section';
import { useTrans } from '../components/translation';
import { bytesWords } from '../format';
import { filesOf, shownPath } from '../model';
import { ICode, ICodeChange } from '../tokens';

export interface IRunCodeProps {
  /** Asks the server what the run ran. */
  readCode: () => Promise<ICode>;
  /** Asks the server what changed since. */
  readChanges: () => Promise<ICodeChange[]>;
  onOpen: (place: string) => void;
  onRestore: () => void;
}

export function RunCodeView(props: IRunCodeProps): React.ReactElement {
  const trans = useTrans();
  const { readCode, readChanges } = props;
  const [code, whyNoCode] = useAnswer(readCode);
  const [turn, setTurn] = React.useState(0);
  const [changes, whyNoChanges] = useAnswer(readChanges, turn);
  if (code === null) {
    return (
      <p className="jp-kfp-Hint" role="status">
        {whyNoCode || trans.__('Reading the code…')}
      </p>
    );
  }
  return (
    <div className="jp-kfp-RunCode-content">
      <div className="jp-kfp-RunCode-head">
        <span>
          {trans.__('Bundle %1', code.bundle.slice(0, 16))}
          {code.git?.commit &&
            ' · ' +
              (code.git.dirty
                ? trans.__(
                    'Git commit %1, with changes',
                    code.git.commit.slice(0, 10)
                  )
                : trans.__('Git commit %1', code.git.commit.slice(0, 10)))}
        </span>
        <button
          type="button"
          className="jp-mod-styled jp-kfp-Button"
          title={trans.__('Look again at the notebook and files as they are')}
          onClick={() => setTurn(turn + 1)}
        >
          {trans.__('Compare again')}
        </button>
        <button
          type="button"
          className="jp-mod-styled jp-kfp-Button"
          title={trans.__(
            'Write the notebook and its files as this run had them into a new folder'
          )}
          onClick={props.onRestore}
        >
          {trans.__('Restore to a folder…')}
        </button>
      </div>
      <Section
        title={trans.__('Changed since this run')}
        count={changes?.length}
      >
        <Changes changes={changes} failure={whyNoChanges} />
      </Section>
      <Section title={trans.__('Files it ran with')} count={code.files.length}>
        <Files code={code} onOpen={props.onOpen} />
      </Section>
      {code.git && code.git.diff && (
        <Section title={trans.__('Difference to the Git commit')} folded>
          <div className="jp-kfp-Compare-code">
            <Diff text={code.git.diff} />
          </div>
        </Section>
      )}
    </div>
  );
}

/** What was answered, and why nothing was; asked again where the turn is another. */
function useAnswer<T>(ask: () => Promise<T>, turn = 0): [T | null, string] {
  const [answer, setAnswer] = React.useState<T | null>(null);
  const [failure, setFailure] = React.useState('');
  React.useEffect(() => {
    let wanted = true;
    ask().then(
      found => {
        if (wanted) {
          setAnswer(found);
          setFailure('');
        }
      },
      (error: unknown) => {
        if (wanted) {
          setAnswer(null);
          setFailure(error instanceof Error ? error.message : String(error));
        }
      }
    );
    return () => {
      wanted = false;
    };
  }, [ask, turn]);
  return [answer, failure];
}

function Changes(props: {
  changes: ICodeChange[] | null;
  failure: string;
}): React.ReactElement {
  const trans = useTrans();
  const { changes, failure } = props;
  const words = {
    changed: trans.__('changed'),
    added: trans.__('added'),
    removed: trans.__('removed')
  };
  if (changes === null || changes.length === 0) {
    return (
      <p className="jp-kfp-Hint" role="status">
        {failure ||
          (changes === null
            ? trans.__('Comparing…')
            : trans.__(
                'Nothing: the saved notebook and its files are the same.'
              ))}
      </p>
    );
  }
  return (
    <div className="jp-kfp-Compare-code">
      {changes.map(change => (
        <figure key={`${change.what} ${change.name}`}>
          <figcaption>
            {change.what === 'cell'
              ? trans.__('Cell %1: %2', change.name, words[change.kind])
              : `${shownPath(change.name)}: ${words[change.kind]}`}
          </figcaption>
          <Diff text={change.diff} />
        </figure>
      ))}
    </div>
  );
}

/** A unified diff, without the lines that name its two sides. */
function Diff({ text }: { text: string }): React.ReactElement {
  const trans = useTrans();
  const lines = text.split('\n').filter(line => !/^(---|\+\+\+) /.test(line));
  return (
    <pre>
      {text === ''
        ? trans.__('Not a text.')
        : lines.map((line, index) => (
            <div key={index} data-sign={line.slice(0, 1)}>
              {line || ' '}
            </div>
          ))}
    </pre>
  );
}

function Files(props: {
  code: ICode;
  onOpen: (place: string) => void;
}): React.ReactElement {
  const trans = useTrans();
  const hashes = new Map(
    props.code.files.map(file => [file.path, file.sha256] as const)
  );
  const files = filesOf(props.code);
  if (files.length === 0) {
    return (
      <p className="jp-kfp-Hint">
        {trans.__('It ran with the code of the notebook alone.')}
      </p>
    );
  }
  return (
    <div className="jp-kfp-Compare-scroll">
      <table className="jp-kfp-Compare-table">
        <thead>
          <tr>
            <th>{trans.__('File')}</th>
            <th>{trans.__('Size')}</th>
            <th>{trans.__('Hash')}</th>
            <th>{trans.__('Steps')}</th>
          </tr>
        </thead>
        <tbody>
          {files.map(({ path, place, bytes, needs }) => (
            <tr key={path}>
              <td>
                <button
                  type="button"
                  className="jp-kfp-Link"
                  disabled={place === null}
                  title={trans.__('Open the file as it is now')}
                  onClick={() => place !== null && props.onOpen(place)}
                >
                  {shownPath(path)}
                </button>
              </td>
              <td>{bytesWords(bytes, trans)}</td>
              <td>
                <code>{hashes.get(path)?.slice(0, 8)}</code>
              </td>
              <td>{needs.flatMap(need => need.steps).join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
