/** The graph of one notebook: as it is now, or as its shown run goes; or why there is none. */
import * as React from 'react';

import { stepColor } from '../colors';
import { Elapsed } from '../components/Elapsed';
import { StateIcon } from '../components/StateIcon';
import { useSignal, useTrans } from '../components/translation';
import { moment, progressWords, severitiesIn, severityCount } from '../format';
import { NotebookSession } from '../model';
import { Empty, NoPipeline } from '../panel/Empty';
import { IPipeline, IRun } from '../tokens';
import { GraphCanvas } from './GraphCanvas';
import { graphOfPipeline, graphOfRun, IGraphNode } from './model';
import { svgOf } from './save';

/** What can be done from the graph. */
export interface IGraphActions {
  goTo(session: NotebookSession, cellId: string): void;
  /** `iteration`: its key; empty for the whole step. */
  openLog(run: IRun, node: IGraphNode, iteration?: string): void;
  openMenu(
    session: NotebookSession,
    run: IRun | null,
    node: IGraphNode,
    x: number,
    y: number
  ): void;
  /** The notebook that a run was started with, as a pipeline. */
  pipelineOf(run: IRun): Promise<IPipeline>;
  save(name: string, svg: string): void;
}

export function GraphView(props: {
  session: NotebookSession;
  actions: IGraphActions;
}): React.ReactElement {
  const trans = useTrans();
  const { session, actions } = props;
  useSignal(session.changed);
  const [chosen, choose] = React.useState<'notebook' | 'run' | null>(null);
  const { status, pipeline, failure, run } = session;
  const ofRun = run !== null && chosen !== 'notebook';
  const planned = usePlanned(ofRun ? run : null, actions);
  if (!pipeline || (status && status.kind !== 'ready')) {
    return <NoPipeline session={session} />;
  }
  const graph = ofRun ? graphOfRun(run, planned) : graphOfPipeline(pipeline);
  const colors = ofRun ? (planned ?? pipeline) : pipeline;
  const colorOf = (node: IGraphNode) => stepColor(colors, node.id);
  return (
    <div className="jp-kfp-GraphView">
      <div className="jp-kfp-Graph-head">
        {run && (
          <div
            className="jp-kfp-Graph-choice"
            role="group"
            aria-label={trans.__('What is shown')}
          >
            <button
              type="button"
              aria-pressed={!ofRun}
              onClick={() => choose('notebook')}
            >
              {trans.__('Notebook')}
            </button>
            <button
              type="button"
              aria-pressed={ofRun}
              onClick={() => choose('run')}
            >
              {trans.__('Run of %1', moment(run.created))}
            </button>
          </div>
        )}
        {ofRun ? (
          <span className="jp-kfp-Graph-words" role="status">
            <StateIcon state={run.state} />
            <span>{progressWords(run, trans)}</span>
            <Elapsed started={run.started} ended={run.ended} />
          </span>
        ) : (
          <span className="jp-kfp-Graph-words" role="status">
            {[
              trans._n('%1 step', '%1 steps', graph.nodes.length),
              ...severitiesIn(pipeline.problems).map(severity =>
                severityCount(severity, pipeline.problems, trans)
              )
            ].join(' · ')}
          </span>
        )}
        {ofRun && session.edited && (
          <span className="jp-kfp-Graph-note" role="status">
            {trans.__('The notebook was edited since this run started.')}
          </span>
        )}
        {failure && (
          <span className="jp-kfp-Graph-note" role="status">
            {failure}
          </span>
        )}
      </div>
      {graph.nodes.length === 0 ? (
        <NoSteps run={ofRun ? run : null} />
      ) : (
        <GraphCanvas
          key={ofRun ? run.id : ''}
          graph={graph}
          label={trans._n(
            'Graph of %2 with %1 step. Arrow keys go from step to step, Enter goes to the cell.',
            'Graph of %2 with %1 steps. Arrow keys go from step to step, Enter goes to the cell.',
            graph.nodes.length,
            pipeline.name
          )}
          colorOf={colorOf}
          goTo={node => {
            const cell = cellOf(session, node);
            if (cell !== undefined) {
              actions.goTo(session, cell);
            }
          }}
          openLog={(node, iteration) => {
            if (ofRun) {
              actions.openLog(run, node, iteration);
            }
          }}
          openMenu={(node, x, y) =>
            actions.openMenu(session, ofRun ? run : null, node, x, y)
          }
          save={(shown, placed, root) =>
            actions.save(
              ofRun ? `${pipeline.name}-${run.id}.svg` : `${pipeline.name}.svg`,
              svgOf(shown, placed, root, colorOf, pipeline.name, trans)
            )
          }
        />
      )}
    </div>
  );
}

function NoSteps(props: { run: IRun | null }): React.ReactElement {
  const trans = useTrans();
  return props.run ? (
    <Empty title={trans.__('Reading the run…')}>
      {props.run.message && <p>{props.run.message}</p>}
    </Empty>
  ) : (
    <Empty title={trans.__('No steps yet')}>
      <p>
        {trans.__(
          'Right-click a code cell and choose “Make a step…”: each step is a box here, with what flows between them.'
        )}
      </p>
    </Empty>
  );
}

/** The first cell of a step that the notebook still has; by its name where the cells are others. */
function cellOf(
  session: NotebookSession,
  node: IGraphNode
): string | undefined {
  const { pipeline } = session;
  return (
    node.cells.find(id => pipeline && id in pipeline.cells) ??
    pipeline?.steps.find(step => step.name === node.id)?.cells[0]
  );
}

/** The notebook that a run was started with as a pipeline; null until it is known. */
function usePlanned(
  run: IRun | null,
  actions: IGraphActions
): IPipeline | null {
  const [planned, setPlanned] = React.useState<{
    id: string;
    pipeline: IPipeline;
  } | null>(null);
  const id = run?.id;
  React.useEffect(() => {
    let wanted = true;
    if (run) {
      actions.pipelineOf(run).then(
        pipeline => wanted && setPlanned({ id: run.id, pipeline }),
        // The graph is drawn without it: only the names along the edges are missing.
        () => undefined
      );
    }
    return () => {
      wanted = false;
    };
  }, [id]);
  return planned !== null && planned.id === id ? planned.pipeline : null;
}
