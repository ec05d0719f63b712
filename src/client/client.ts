/** One typed method for each call of the server's API (docs/api.md). */
import { INotebookContent } from '@jupyterlab/nbformat';
import { ServerConnection } from '@jupyterlab/services';

import {
  IPipeline,
  IProblem,
  IRun,
  IRunRequest,
  IRunSummary,
  IStepOutputs
} from '../tokens';
import { handshake, ServerStatus } from './handshake';
import { apiUrl, requestAPI } from './request';

/** How many runs of a notebook are listed. */
const RUN_LIMIT = 20;

export class KfpClient {
  constructor(readonly settings: ServerConnection.ISettings) {}

  /**
   * Whether the server extension is there. Asked on first use, not at start: a notebook that is
   * not a pipeline causes no request. A failed answer is asked for again the next time.
   */
  status(): Promise<ServerStatus> {
    this._status ??= handshake(this.settings).then(status => {
      if (status.kind !== 'ready') {
        this._status = null;
      }
      return status;
    });
    return this._status;
  }

  /**
   * What the server makes of a notebook as it stands in the editor.
   *
   * @param kernel - what the notebook's kernel said to `probe`.
   */
  pipeline(
    path: string,
    notebook: INotebookContent,
    kernel: string = ''
  ): Promise<IPipeline> {
    return requestAPI('pipeline', this.settings, { path, notebook, kernel });
  }

  /** What to have the notebook's kernel evaluate, to know what values it has. */
  async probe(path: string, notebook: INotebookContent): Promise<string> {
    const { expression } = await requestAPI<{ expression: string }>(
      'probe',
      this.settings,
      { path, notebook }
    );
    return expression;
  }

  start(
    request: IRunRequest
  ): Promise<{ run_id: string; problems: IProblem[] }> {
    return requestAPI('runs', this.settings, request);
  }

  async runsOf(path: string): Promise<IRunSummary[]> {
    const query = new URLSearchParams({
      notebook: path,
      limit: String(RUN_LIMIT)
    });
    const page = await requestAPI<{ runs: IRunSummary[] }>(
      `runs?${query}`,
      this.settings
    );
    return page.runs;
  }

  run(id: string): Promise<IRun> {
    return requestAPI(`runs/${encodeURIComponent(id)}`, this.settings);
  }

  /** The notebook that a run was started with, as a pipeline. */
  pipelineOfRun(id: string): Promise<IPipeline> {
    return requestAPI(`runs/${encodeURIComponent(id)}/pipeline`, this.settings);
  }

  cancel(id: string): Promise<object> {
    return requestAPI(
      `runs/${encodeURIComponent(id)}/cancel`,
      this.settings,
      {}
    );
  }

  /** What a step printed and showed so far. */
  outputs(runId: string, task: string): Promise<IStepOutputs> {
    const query = new URLSearchParams({ step: task });
    return requestAPI(
      `runs/${encodeURIComponent(runId)}/outputs?${query}`,
      this.settings
    );
  }

  /** The notebook as the run was started with it, with the run's outputs. */
  executedNotebook(runId: string): Promise<INotebookContent> {
    return requestAPI(
      `runs/${encodeURIComponent(runId)}/notebook`,
      this.settings
    );
  }

  /** Open the socket that sends a step's log from its start and follows it. */
  openLog(runId: string, task: string): WebSocket {
    const { wsUrl, token, appendToken, WebSocket } = this.settings;
    const url = apiUrl(
      wsUrl,
      `runs/${encodeURIComponent(runId)}/steps/${encodeURIComponent(task)}/log`
    );
    const query =
      appendToken && token ? `?token=${encodeURIComponent(token)}` : '';
    return new WebSocket(url + query);
  }

  private _status: Promise<ServerStatus> | null = null;
}
