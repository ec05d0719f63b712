/** Asks where and how a notebook runs, and says what will be sent and what the checks say. */
import { Dialog } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';

import * as React from 'react';

import { useSignal, useTrans } from '../components/translation';
import { severitiesIn, severityCount } from '../format';
import { NotebookSession } from '../model';
import { ParameterForm } from '../panel/ParameterForm';
import { IPipeline, IRunChoice, RunPart } from '../tokens';
import { Asked } from './Asked';
import { ExperimentRow } from './ExperimentRow';
import { askByForm } from './FormDialog';
import { LoginNotice, NamespaceRow } from './NamespaceRow';
import { PlaceSelect } from './PlaceSelect';

/** What was asked for. */
export interface IRunAsked {
  choice: IRunChoice;
  part: RunPart;
  /** Whether it is not to run now, but by the clock. */
  scheduled?: boolean;
}

type PartKind = 'all' | 'from' | 'only';

const SCHEDULE = 'schedule';

/**
 * Ask how a notebook shall run; what was chosen last stands there.
 *
 * @returns null where the user thought better of it.
 */
export async function askRun(
  session: NotebookSession,
  trans: TranslationBundle
): Promise<IRunAsked | null> {
  void session.places.refresh();
  let asked: IRunAsked = { choice: session.choice, part: {} };
  for (;;) {
    const answer = await askByForm(
      trans.__(
        'Run %1',
        session.pipeline?.name || session.path.split('/').pop()
      ),
      asked,
      (value, onAsked) => (
        <RunForm session={session} asked={value} onAsked={onAsked} />
      ),
      [
        ...(session.places.connections.length > 0
          ? [
              Dialog.createButton({
                label: trans.__('Schedule…'),
                caption: trans.__('Have a cluster run it by the clock'),
                className: 'jp-kfp-RunDialog-second',
                actions: [SCHEDULE]
              })
            ]
          : []),
        Dialog.okButton({ label: trans.__('Run') })
      ],
      'select',
      trans
    );
    if (!answer) {
      return null;
    }
    const scheduled = answer.button.actions.includes(SCHEDULE);
    asked = { ...answer.value, scheduled };
    // A parameter that is no value of its type is said at its field: ask again.
    if (session.invalidParameters.length === 0) {
      return asked;
    }
  }
}

export function RunForm(props: {
  session: NotebookSession;
  asked: IRunAsked;
  onAsked: (asked: IRunAsked) => void;
}): React.ReactElement {
  const trans = useTrans();
  const { session } = props;
  useSignal(session.changed);
  const [asked, setAsked] = React.useState(props.asked);
  const set = (next: IRunAsked) => {
    setAsked(next);
    props.onAsked(next);
  };
  const setChoice = ({ cache, ...rest }: IRunChoice) =>
    set({ ...asked, choice: cache === false ? { ...rest, cache } : rest });
  const { pipeline, places } = session;
  const { engine } = asked.choice;
  const cluster = places.meant(engine, pipeline?.settings.engine);
  const id = React.useId();
  return (
    <div className="jp-kfp-RunForm">
      <div className="jp-kfp-RunForm-row">
        <label htmlFor={`${id}-place`}>{trans.__('Where')}</label>
        <PlaceSelect
          id={`${id}-place`}
          session={session}
          engine={engine}
          onEngine={next => {
            // An experiment is one of a cluster, and so is a namespace.
            const {
              engine: _,
              namespace: __,
              experiment: ___,
              ...rest
            } = asked.choice;
            setChoice(next === undefined ? rest : { ...rest, engine: next });
          }}
        />
      </div>
      {cluster !== null && <LoginNotice places={places} connection={cluster} />}
      {cluster !== null && (
        <NamespaceRow
          places={places}
          connection={cluster}
          namespace={asked.choice.namespace ?? ''}
          onNamespace={namespace => {
            const { namespace: _, ...rest } = asked.choice;
            setChoice(namespace ? { ...rest, namespace } : rest);
          }}
        />
      )}
      {cluster !== null && (
        <ExperimentRow
          session={session}
          connection={cluster}
          experiment={asked.choice.experiment ?? ''}
          onExperiment={experiment => {
            const { experiment: _, ...rest } = asked.choice;
            setChoice(experiment ? { ...rest, experiment } : rest);
          }}
        />
      )}
      {pipeline && pipeline.steps.length > 1 && (
        <PartRow
          steps={pipeline.steps.map(step => step.name)}
          kept={cluster === null ? [] : keptBefore(pipeline)}
          onPart={part => set({ ...asked, part })}
        />
      )}
      <label className="jp-kfp-RunForm-check">
        <input
          type="checkbox"
          checked={asked.choice.cache !== false}
          onChange={event =>
            setChoice({ ...asked.choice, cache: event.target.checked })
          }
        />
        {trans.__('Take results of earlier runs where nothing changed')}
      </label>
      {pipeline && pipeline.parameters.length > 0 && (
        <fieldset className="jp-kfp-RunForm-parameters">
          <legend>{trans.__('Parameters')}</legend>
          <ParameterForm session={session} />
        </fieldset>
      )}
      {pipeline && (
        <Sent pipeline={pipeline}>
          <Asked pipeline={pipeline} places={places} connection={cluster} />
        </Sent>
      )}
    </div>
  );
}

/** Which steps run; what the others gave is taken from an earlier run. */
function PartRow(props: {
  steps: string[];
  /** Those before which snapshots of their data are taken. */
  kept: string[];
  onPart: (part: RunPart) => void;
}): React.ReactElement {
  const trans = useTrans();
  const [kind, setKind] = React.useState<PartKind>('all');
  const [step, setStep] = React.useState(props.steps[0]);
  const [asItWas, setAsItWas] = React.useState(false);
  const tell = (nextKind: PartKind, nextStep: string, was: boolean) => {
    setKind(nextKind);
    setStep(nextStep);
    setAsItWas(was);
    props.onPart({
      ...(nextKind === 'all' ? {} : { [nextKind]: nextStep }),
      ...(was && nextKind === 'from' && props.kept.includes(nextStep)
        ? { data: 'snapshot' as const }
        : {})
    });
  };
  const id = React.useId();
  return (
    <div className="jp-kfp-RunForm-row">
      <label htmlFor={id}>{trans.__('Steps')}</label>
      <select
        id={id}
        className="jp-mod-styled"
        value={kind}
        onChange={event => tell(event.target.value as PartKind, step, asItWas)}
      >
        <option value="all">
          {trans._n('All %1 step', 'All %1 steps', props.steps.length)}
        </option>
        <option value="from">{trans.__('From one step on')}</option>
        <option value="only">{trans.__('Only one step')}</option>
      </select>
      {kind !== 'all' && (
        <select
          className="jp-mod-styled"
          aria-label={trans.__('Step')}
          value={step}
          onChange={event => tell(kind, event.target.value, asItWas)}
        >
          {props.steps.map(name => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      )}
      {kind === 'from' && props.kept.includes(step) && (
        <label className="jp-kfp-RunForm-check">
          <input
            type="checkbox"
            checked={asItWas}
            onChange={event => tell(kind, step, event.target.checked)}
          />
          {trans.__('With the data as it was (snapshot)')}
        </label>
      )}
    </div>
  );
}

/** The steps before which snapshots of their data are taken on a cluster. */
function keptBefore(pipeline: IPipeline): string[] {
  const keeps = (options: Record<string, unknown> | undefined) =>
    (options?.volumes as { snapshot?: boolean }[] | undefined)?.some(
      each => each.snapshot
    ) ?? false;
  // What a step says itself of its volumes stands in the place of the notebook's.
  return pipeline.steps
    .filter(step =>
      keeps(step.options?.volumes ? step.options : pipeline.settings.defaults)
    )
    .map(step => step.name);
}

const MOST_PROBLEMS = 3;

/** What goes with the run, and what stands in its way. */
function Sent(props: {
  pipeline: IPipeline;
  children: React.ReactNode;
}): React.ReactElement {
  const trans = useTrans();
  const { pipeline } = props;
  const way = pipeline.settings['helpers'];
  const files = [...pipeline.helpers, ...pipeline.data_files];
  const errors = pipeline.problems.filter(each => each.severity === 'error');
  return (
    <div className="jp-kfp-RunForm-sent">
      <p>
        {files.length === 0
          ? trans.__('Sent: the notebook’s code.')
          : trans._n(
              'Sent: the notebook’s code and %1 file.',
              'Sent: the notebook’s code and %1 files.',
              files.length
            )}
      </p>
      {files.length > 0 && (
        <ul className="jp-kfp-RunForm-files">
          {files.map(file => (
            <li key={file}>{file}</li>
          ))}
        </ul>
      )}
      {typeof way === 'string' && pipeline.helpers.length > 0 && (
        <p>{trans.__('Helper modules reach the steps by: %1', way)}</p>
      )}
      {props.children}
      <p className="jp-kfp-Header-problems">
        {pipeline.problems.length === 0
          ? trans.__('No problems found.')
          : severitiesIn(pipeline.problems).map(severity => (
              <span key={severity} data-severity={severity}>
                {severityCount(severity, pipeline.problems, trans)}
              </span>
            ))}
      </p>
      {errors.length > 0 && (
        <ul className="jp-kfp-RunForm-problems">
          {errors.slice(0, MOST_PROBLEMS).map((problem, index) => (
            <li key={index}>{problem.message}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
