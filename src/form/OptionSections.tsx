/** The forms of the panel: the options of one step, the pipeline's settings, and every step's. */
import * as React from 'react';

import { useTrans } from '../components/translation';
import { NotebookSession } from '../model';
import {
  IOptionSchema,
  IPipelineStep,
  IProblem,
  OptionTarget
} from '../tokens';
import { OptionForm } from './OptionForm';
import { whyNot } from './whyNot';

/** The schema once it was asked for; a text says why it could not be. */
function useSchema(session: NotebookSession): IOptionSchema | string | null {
  const [schema, setSchema] = React.useState<IOptionSchema | string | null>(
    null
  );
  React.useEffect(() => {
    let wanted = true;
    session.options
      .schema()
      .catch((error: Error) => error.message)
      .then(answer => wanted && setSchema(answer));
    return () => {
      wanted = false;
    };
  }, [session]);
  return schema;
}

/** Draws with the schema, or says why it is not there. */
function WithSchema(props: {
  session: NotebookSession;
  draw: (schema: IOptionSchema) => React.ReactElement;
}): React.ReactElement {
  const trans = useTrans();
  const schema = useSchema(props.session);
  if (schema === null) {
    return <p className="jp-kfp-Hint">{trans.__('Reading the options…')}</p>;
  }
  return typeof schema === 'string' ? (
    <p className="jp-kfp-Notice" role="status">
      {schema || trans.__('The server does not answer.')}
    </p>
  ) : (
    props.draw(schema)
  );
}

/** Writes one value, and says in words why it cannot. */
function useWriting(
  session: NotebookSession,
  target: OptionTarget
): (name: string, value: unknown) => Promise<string> {
  const trans = useTrans();
  return async (name, value) => {
    try {
      await session.options.set(target, { [name]: value });
      return '';
    } catch (error) {
      return whyNot(error, trans);
    }
  };
}

export function StepForm(props: {
  session: NotebookSession;
  step: IPipelineStep;
  problems: IProblem[];
}): React.ReactElement {
  const trans = useTrans();
  const { session, step } = props;
  const onSet = useWriting(session, { target: 'step', step: step.name });
  const settings = session.pipeline?.settings;
  return (
    <WithSchema
      session={session}
      draw={schema => (
        <OptionForm
          label={trans.__('Options of %1', step.name)}
          groups={schema.groups}
          specs={schema.step}
          said={step.options}
          defaults={{
            ...(settings?.cache !== undefined && { cache: settings.cache }),
            ...settings?.defaults
          }}
          problems={props.problems}
          disabled={session.readOnly}
          open={['basics', 'resources']}
          onSet={onSet}
        />
      )}
    />
  );
}

export function SettingsForm(props: {
  session: NotebookSession;
}): React.ReactElement {
  const trans = useTrans();
  const { session } = props;
  const onSetting = useWriting(session, { target: 'pipeline' });
  const onDefault = useWriting(session, { target: 'defaults' });
  const { pipeline } = session;
  const said = pipeline?.settings;
  const { defaults, settings } = React.useMemo(() => {
    const { defaults = {}, ...settings } = said ?? {};
    return { defaults, settings };
  }, [said]);
  const problems = (pipeline?.problems ?? []).filter(
    each => each.option !== null && each.cell_id === null && each.step === null
  );
  return (
    <WithSchema
      session={session}
      draw={schema => (
        <>
          <OptionForm
            label={trans.__('Settings of the pipeline')}
            groups={schema.groups}
            specs={schema.pipeline}
            said={settings}
            defaults={{ name: pipeline?.name, engine: 'local', cache: true }}
            problems={problems}
            disabled={session.readOnly}
            open={[]}
            onSet={onSetting}
          />
          <h4 className="jp-kfp-OptionForm-title">
            {trans.__('Options of every step')}
          </h4>
          <OptionForm
            label={trans.__('Options of every step')}
            groups={schema.groups}
            specs={schema.step.filter(spec =>
              schema.defaults.includes(spec.name)
            )}
            said={defaults}
            defaults={{}}
            problems={problems}
            disabled={session.readOnly}
            open={[]}
            onSet={onDefault}
          />
        </>
      )}
    />
  );
}
