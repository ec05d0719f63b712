/** A value or a file that a step left, as a line that unfolds into what it looks like. */
import {
  caretDownIcon,
  caretRightIcon,
  copyIcon,
  downloadIcon
} from '@jupyterlab/ui-components';
import * as React from 'react';

import { useTrans } from '../components/translation';
import { bytesWords } from '../format';
import { Head, IResultFile, IResults, IResultValue, ITaken } from '../tokens';
import { HeadView } from './HeadView';

/** What can be done with results, and how they are read. */
export interface IResultsActions {
  read(task: string): Promise<IResults>;
  look(task: string, file: string): Promise<Head | null>;
  /** The address of a file. */
  fileUrl(task: string, file: string): string;
  /** Copy the line that brings a value into a kernel. */
  copyPull(task: string, name: string): void;
  /** Show what its cells put out, below them; null where the notebook is not open. */
  showOutputs: (() => void) | null;
  /** Bind a value in the kernel of the notebook; null where the notebook is not open. */
  pull: ((task: string, name: string) => void) | null;
}

export function ValueItem(props: {
  value: IResultValue;
  /** Names the step, and is one word of a magic line: a step's own name may be several. */
  task: string;
  actions: IResultsActions;
  onStep: (name: string) => void;
}): React.ReactElement {
  const trans = useTrans();
  const { value, task, actions } = props;
  const { name, head } = value;
  const { pull } = actions;
  return (
    <Item
      name={name}
      open={head ? () => <HeadView head={head} name={name} /> : null}
      words={[shortType(value.type), value.summary].filter(Boolean).join(' ')}
      title={value.type}
      bytes={value.bytes}
      tools={
        <>
          <Users steps={value.used_by} onStep={props.onStep} />
          {pull && (
            <button
              type="button"
              className="jp-kfp-Link"
              aria-label={trans.__('Into the kernel: %1', name)}
              title={trans.__('Bind %1 in the notebook’s kernel', name)}
              onClick={() => pull(task, name)}
            >
              {trans.__('Into the kernel')}
            </button>
          )}
          <button
            type="button"
            className="jp-kfp-IconButton"
            title={trans.__('Copy the line that brings it into a kernel')}
            aria-label={trans.__('Copy %kfp pull for %1', name)}
            onClick={() => actions.copyPull(task, name)}
          >
            <copyIcon.react tag="span" />
          </button>
        </>
      }
    />
  );
}

/** What a step was made from: a value of an earlier step, which a click shows. */
export function TakenItem(props: {
  taken: ITaken;
  onStep: (name: string) => void;
}): React.ReactElement {
  const trans = useTrans();
  const { name, step } = props.taken;
  return (
    <li className="jp-kfp-Result">
      <div className="jp-kfp-Result-line">
        <span className="jp-kfp-Result-name" data-alone="true">
          {name}
        </span>
        <span className="jp-kfp-Results-users">
          {trans.__('made by')}{' '}
          <button
            type="button"
            className="jp-kfp-Link"
            aria-label={trans.__('%1, made by %2', name, step)}
            onClick={() => props.onStep(step)}
          >
            {step}
          </button>
        </span>
      </div>
    </li>
  );
}

/** The steps that take something; nothing where none does. */
function Users(props: {
  steps: string[];
  onStep: (name: string) => void;
}): React.ReactElement | null {
  const trans = useTrans();
  return props.steps.length === 0 ? null : (
    <span className="jp-kfp-Results-users">
      {trans.__('used by')}{' '}
      {props.steps.map(step => (
        <button
          key={step}
          type="button"
          className="jp-kfp-Link"
          onClick={() => props.onStep(step)}
        >
          {step}
        </button>
      ))}
    </span>
  );
}

export function FileItem(props: {
  file: IResultFile;
  task: string;
  actions: IResultsActions;
  onStep: (name: string) => void;
}): React.ReactElement {
  const trans = useTrans();
  const { file, task, actions } = props;
  return (
    <Item
      name={file.name}
      open={() => (
        <FileLook name={file.name} look={() => actions.look(task, file.name)} />
      )}
      words=""
      title={file.name}
      bytes={file.bytes}
      tools={
        <>
          <Users steps={file.used_by} onStep={props.onStep} />
          <a
            className="jp-kfp-IconButton"
            href={actions.fileUrl(task, file.name)}
            download=""
            title={trans.__('Download')}
            aria-label={trans.__('Download %1', file.name)}
          >
            <downloadIcon.react tag="span" />
          </a>
        </>
      }
    />
  );
}

/** A file's look, asked for when it is opened. */
function FileLook(props: {
  name: string;
  look: () => Promise<Head | null>;
}): React.ReactElement {
  const trans = useTrans();
  const [head, setHead] = React.useState<Head | null | undefined>(undefined);
  const [failure, setFailure] = React.useState('');
  React.useEffect(() => {
    let wanted = true;
    props.look().then(
      found => wanted && setHead(found),
      (error: Error) => wanted && setFailure(error.message)
    );
    return () => {
      wanted = false;
    };
  }, []);
  if (head) {
    return <HeadView head={head} name={props.name} />;
  }
  return (
    <p className="jp-kfp-Hint" role="status">
      {failure ||
        (head === null
          ? trans.__('There is no preview of this kind of file.')
          : trans.__('Reading the file…'))}
    </p>
  );
}

/** A line that unfolds into what the thing looks like. */
function Item(props: {
  name: string;
  /** Null: there is nothing to unfold. */
  open: (() => React.ReactElement) | null;
  words: string;
  title: string;
  bytes: number;
  tools: React.ReactNode;
}): React.ReactElement {
  const trans = useTrans();
  const { name, open } = props;
  const [isOpen, setOpen] = React.useState(false);
  const id = React.useId();
  const Caret = isOpen ? caretDownIcon.react : caretRightIcon.react;
  return (
    <li className="jp-kfp-Result">
      <div className="jp-kfp-Result-line">
        {open ? (
          <button
            type="button"
            className="jp-kfp-Result-name"
            aria-expanded={isOpen}
            aria-controls={id}
            onClick={() => setOpen(!isOpen)}
          >
            <Caret tag="span" />
            {name}
          </button>
        ) : (
          <span className="jp-kfp-Result-name" data-alone="true">
            {name}
          </span>
        )}
        <span className="jp-kfp-Result-words" title={props.title}>
          {props.words}
        </span>
        <span className="jp-kfp-Result-bytes">
          {bytesWords(props.bytes, trans)}
        </span>
        <span className="jp-kfp-Result-tools">{props.tools}</span>
      </div>
      <div id={id} className="jp-kfp-Result-look" hidden={!isOpen}>
        {isOpen && open?.()}
      </div>
    </li>
  );
}

/** A class without the modules that it lies in, as one says it. */
function shortType(type: string): string {
  const [package_] = type.split('.');
  const name = type.slice(type.lastIndexOf('.') + 1);
  return package_ === name || package_ === '__main__' || !type.includes('.')
    ? name
    : `${package_}.${name}`;
}
