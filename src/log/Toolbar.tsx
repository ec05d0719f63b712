/** What can be done with a log: look for a text, follow, wrap, keep it, choose a part. */
import {
  caretDownIcon,
  caretUpIcon,
  downloadIcon
} from '@jupyterlab/ui-components';
import * as React from 'react';

import { useSignal, useTrans } from '../components/translation';
import { ILogPart } from './parts';
import { LogSearch } from './search';
import { LogView } from './view';

/** Milliseconds without typing after which a text is looked for. */
const TYPING = 250;

export function Toolbar(props: {
  view: LogView;
  search: LogSearch;
  file: string;
  wrapping: boolean;
  onWrapping: (wrapping: boolean) => void;
  /** The step, its iterations and attempts; nothing to choose where it is one. */
  parts: ILogPart[];
  part: string;
  onPart: (task: string) => void;
  /** On a cluster: what ran beside the step. */
  containers: ILogPart[];
  container: string;
  onContainer: (suffix: string) => void;
}): React.ReactElement {
  const trans = useTrans();
  const { view, parts } = props;
  useSignal(view.changed);
  return (
    <div
      className="jp-kfp-Log-toolbar"
      role="toolbar"
      aria-label={trans.__('Log')}
    >
      <OneOf
        name={trans.__('Part of the log')}
        parts={parts}
        chosen={props.part}
        onChoose={props.onPart}
      />
      <OneOf
        name={trans.__('Container')}
        parts={props.containers}
        chosen={props.container}
        onChoose={props.onContainer}
      />
      <SearchBox search={props.search} />
      <Choice
        words={trans.__('Follow')}
        caption={trans.__('Keep the end in view while the log grows')}
        checked={view.following}
        onChange={on => view.setFollowing(on)}
      />
      <Choice
        words={trans.__('Wrap')}
        caption={trans.__('Break long lines')}
        checked={props.wrapping}
        onChange={props.onWrapping}
      />
      <a
        className="jp-kfp-Log-file"
        href={props.file}
        download=""
        title={trans.__('Download the whole log')}
        aria-label={trans.__('Download the whole log')}
      >
        <downloadIcon.react tag="span" />
      </a>
    </div>
  );
}

/** Nothing where there is nothing to choose. */
function OneOf(props: {
  name: string;
  parts: ILogPart[];
  chosen: string;
  onChoose: (task: string) => void;
}): React.ReactElement | null {
  const { name, parts, chosen, onChoose } = props;
  return parts.length < 2 ? null : (
    <select
      className="jp-mod-styled"
      aria-label={name}
      value={chosen}
      onChange={event => onChoose(event.target.value)}
    >
      {parts.map(part => (
        <option key={part.task} value={part.task}>
          {part.label}
        </option>
      ))}
    </select>
  );
}

function Choice(props: {
  words: string;
  caption: string;
  checked: boolean;
  onChange: (on: boolean) => void;
}): React.ReactElement {
  return (
    <label title={props.caption}>
      <input
        type="checkbox"
        checked={props.checked}
        onChange={event => props.onChange(event.target.checked)}
      />
      {props.words}
    </label>
  );
}

function SearchBox({ search }: { search: LogSearch }): React.ReactElement {
  const trans = useTrans();
  useSignal(search.changed);
  const [text, setText] = React.useState('');
  const [failure, setFailure] = React.useState('');
  const [waiting, setWaiting] = React.useState(false);
  React.useEffect(() => {
    setWaiting(true);
    const timer = window.setTimeout(
      () =>
        void search
          .look(text)
          .then(() => setFailure(''))
          .catch((error: Error) => setFailure(error.message))
          .finally(() => setWaiting(false)),
      text ? TYPING : 0
    );
    return () => window.clearTimeout(timer);
  }, [search, text]);
  const { count } = search;
  return (
    <span className="jp-kfp-Log-search">
      <input
        type="search"
        className="jp-mod-styled"
        placeholder={trans.__('Search the log')}
        aria-label={trans.__('Search the log')}
        value={text}
        onChange={event => setText(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Enter' && !waiting) {
            void search.step(event.shiftKey ? -1 : 1);
          } else if (event.key === 'Escape') {
            setText('');
          }
        }}
      />
      <span className="jp-kfp-Log-count" role="status">
        {text && (failure || (waiting ? '…' : countWords(search, trans)))}
      </span>
      <button
        type="button"
        className="jp-kfp-Log-step"
        disabled={!count}
        aria-label={trans.__('Previous match')}
        title={trans.__('Previous match (Shift Enter)')}
        onClick={() => void search.step(-1)}
      >
        <caretUpIcon.react tag="span" />
      </button>
      <button
        type="button"
        className="jp-kfp-Log-step"
        disabled={!count}
        aria-label={trans.__('Next match')}
        title={trans.__('Next match (Enter)')}
        onClick={() => void search.step(1)}
      >
        <caretDownIcon.react tag="span" />
      </button>
    </span>
  );
}

function countWords(
  search: LogSearch,
  trans: ReturnType<typeof useTrans>
): string {
  const count = search.count ?? 0;
  return count === 0
    ? trans.__('not found')
    : trans.__(
        '%1 of %2',
        search.current + 1,
        search.complete ? count : `${count}+`
      );
}
