/** The slim line above a cell that says which step it belongs to, and how that step is doing. */
import * as React from 'react';

import { IActions } from '../actions';
import { StepTime } from '../components/Elapsed';
import { StateIcon } from '../components/StateIcon';
import { useSignal, useTrans } from '../components/translation';
import { duration, resourceWords, roleWord, stateWord } from '../format';
import { NotebookSession, ran, seconds } from '../model';
import { ICellRole, IStep } from '../tokens';

interface IBadgeProps {
  session: NotebookSession;
  actions: IActions;
  cellId: string;
}

export function CellBadge({
  session,
  actions,
  cellId
}: IBadgeProps): React.ReactElement | null {
  useSignal(session.changed);
  const role = session.roleOf(cellId);
  if (!role) {
    return null;
  }
  return role.role === 'step' && role.step !== null ? (
    <StepBadge
      session={session}
      actions={actions}
      cellId={cellId}
      name={role.step}
      role={role}
    />
  ) : (
    <RoleBadge role={role} />
  );
}

function StepBadge(
  props: IBadgeProps & { name: string; role: ICellRole }
): React.ReactElement {
  const trans = useTrans();
  const { session, actions, cellId, name, role } = props;
  const step = session.pipeline?.steps.find(each => each.name === name);
  const head = step?.cells[0] === cellId;
  const status = session.stepOf(cellId);
  const here = status?.cell === cellId && status.state === 'RUNNING';
  const resources = head
    ? resourceWords(
        { ...session.pipeline?.settings.defaults, ...step?.options },
        trans
      )
    : '';
  const badge = React.useRef<HTMLButtonElement>(null);
  if (session.options.renaming === cellId) {
    return (
      <RenameField
        name={name}
        badge={badge}
        onName={next => {
          session.options.renameAt(null);
          if (next !== null && next !== name) {
            actions.renameStep(session, name, next);
          }
        }}
      />
    );
  }
  return (
    <button
      ref={badge}
      type="button"
      className="jp-kfp-Badge"
      data-step={name}
      data-state={status?.state}
      data-source={role.source}
      data-quiet={!head && !here}
      aria-haspopup="menu"
      aria-label={label(name, head, status, resources, trans)}
      title={sourceWords(role, trans)}
      onKeyDown={event => {
        if (event.key === 'F2' && !session.readOnly) {
          session.options.renameAt(cellId);
        }
      }}
      onClick={event => {
        event.stopPropagation();
        actions.openBadgeMenu(session, cellId, event.currentTarget);
      }}
    >
      <span className="jp-kfp-Badge-dot" aria-hidden="true" />
      <span className="jp-kfp-Badge-name">
        {head ? (step?.title ?? name) : trans.__('%1, continued', name)}
      </span>
      {status && (head || here) && <StateIcon state={status.state} />}
      <span className="jp-kfp-Badge-more">
        {status?.cached && head && (
          <span className="jp-kfp-Tag">{trans.__('cached')}</span>
        )}
        {status && head && <StepTime step={status} />}
        {resources && (
          <span className="jp-kfp-Badge-resources">{resources}</span>
        )}
        {here && !head && (
          <span className="jp-kfp-Tag">{trans.__('this cell')}</span>
        )}
      </span>
    </button>
  );
}

/** The name of a step, edited where it stands: Enter or leaving keeps it, Escape does not. */
function RenameField(props: {
  name: string;
  /** What is there again afterwards. */
  badge: React.RefObject<HTMLElement>;
  onName: (name: string | null) => void;
}): React.ReactElement {
  const trans = useTrans();
  const [text, setText] = React.useState(props.name);
  const field = React.useRef<HTMLInputElement>(null);
  const [before] = React.useState(() => document.activeElement);
  React.useEffect(() => {
    field.current?.select();
    return () => {
      // Ended by a key: the focus goes back, to the badge where that had it.
      if (document.activeElement === document.body) {
        const { current } = props.badge;
        (before?.isConnected && before instanceof HTMLElement
          ? before
          : current
        )?.focus();
      }
    };
  }, []);
  return (
    <input
      ref={field}
      className="jp-kfp-Badge jp-kfp-Badge-rename"
      aria-label={trans.__('New name of step %1', props.name)}
      autoFocus
      spellCheck={false}
      size={Math.max(text.length, 12)}
      value={text}
      onChange={event => setText(event.target.value)}
      onBlur={() => props.onName(text.trim() || null)}
      onKeyDown={event => {
        // The notebook's shortcuts are not meant.
        event.stopPropagation();
        if (event.key === 'Enter') {
          props.onName(text.trim() || null);
        } else if (event.key === 'Escape') {
          props.onName(null);
        }
      }}
    />
  );
}

function RoleBadge({ role }: { role: ICellRole }): React.ReactElement {
  const trans = useTrans();
  return (
    <span
      className="jp-kfp-Badge jp-mod-role"
      data-role={role.role}
      data-source={role.source}
      title={sourceWords(role, trans)}
    >
      {roleWord(role.role, trans)}
    </span>
  );
}

/** What a screen reader says: the step, its state and its time, and what it asks for. */
function label(
  name: string,
  head: boolean,
  status: IStep | undefined,
  resources: string,
  trans: ReturnType<typeof useTrans>
): string {
  const title = head
    ? trans.__('Step %1', name)
    : trans.__('Step %1, continued', name);
  const passed =
    status && ran(status) && status.ended !== null ? seconds(status) : null;
  const words = [
    status ? stateWord(status.state, trans) : '',
    passed === null ? '' : duration(passed, trans),
    resources ? trans.__('asks for %1', resources) : ''
  ].filter(Boolean);
  return words.length ? `${title}: ${words.join(', ')}` : title;
}

function sourceWords(
  role: ICellRole,
  trans: ReturnType<typeof useTrans>
): string {
  switch (role.source) {
    case 'metadata':
      return trans.__('Marked in the cell’s metadata');
    case 'magic':
      return trans.__('Marked by the first line of the cell');
    case 'tags':
      return trans.__('Marked by the cell’s tags');
    case 'implied':
      return trans.__('Not marked: it belongs to the cells above');
    case 'split':
      return trans.__('Not marked: the headings make this step');
  }
}
