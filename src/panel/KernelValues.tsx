/** Asks whether the kernel's values may be looked at, and shows how large those are that cross. */
import * as React from 'react';

import { useTrans } from '../components/translation';
import { bytesWords } from '../format';
import { NotebookSession } from '../model';
import { IPipeline } from '../tokens';

export function KernelValues(props: {
  session: NotebookSession;
}): React.ReactElement | null {
  const trans = useTrans();
  const { kernel, pipeline } = props.session;
  if (!kernel.possible) {
    return null;
  }
  const edges = kernel.agreed && pipeline ? edgesOf(pipeline) : [];
  return (
    <div className="jp-kfp-KernelValues">
      <button
        type="button"
        className="jp-mod-styled jp-kfp-Button"
        aria-pressed={kernel.agreed}
        title={trans.__(
          'The kernel pickles the values that go from step to step, and says their types and sizes. Nothing else leaves it.'
        )}
        onClick={() => kernel.setAgreed(!kernel.agreed)}
      >
        {kernel.agreed
          ? trans.__('Stop looking at the kernel’s values')
          : trans.__('Look at the kernel’s values')}
      </button>
      {edges.length > 0 && (
        <ul aria-label={trans.__('Values between steps')}>
          {edges.map(edge => (
            <li key={`${edge.from}/${edge.to}/${edge.name}`}>
              <span>{`${edge.from} → ${edge.to}`}</span>
              <code title={edge.type}>{edge.name}</code>
              <span>
                {edge.bytes === null
                  ? trans.__('size not known')
                  : bytesWords(edge.bytes, trans)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface IEdge {
  from: string;
  to: string;
  name: string;
  type: string;
  bytes: number | null;
}

/** The values that go from step to step, as far as the kernel has them. */
function edgesOf(pipeline: IPipeline): IEdge[] {
  return pipeline.steps.flatMap(step =>
    step.inputs.flatMap(input =>
      input.names
        .filter(name => name in pipeline.values)
        .map(name => ({
          from: input.step,
          to: step.name,
          name,
          ...pipeline.values[name]
        }))
    )
  );
}
