/** One typed method for each call of the server's API (docs/api.md). */
import { INotebookContent } from '@jupyterlab/nbformat';
import { ServerConnection } from '@jupyterlab/services';

import {
  IAbout,
  ICleaned,
  ICode,
  ICodeChange,
  IComparison,
  IConnection,
  IFix,
  IOptionSchema,
  IPipeline,
  IProblem,
  IRun,
  IRunRequest,
  ILeftThere,
  IRunSummary,
  IStepOutputs,
  OptionTarget
} from '../tokens';
import { handshake, ServerStatus } from './handshake';
import { requestAPI } from './request';

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

  /**
   * What to have the notebook's kernel evaluate, to know what it has.
   *
   * @param reload - modules that it loads again before.
   */
  async probe(
    path: string,
    notebook: INotebookContent,
    reload: readonly string[] = []
  ): Promise<string> {
    const { expression } = await requestAPI<{ expression: string }>(
      'probe',
      this.settings,
      { path, notebook, reload }
    );
    return expression;
  }

  /** Which files a run of a notebook would send now, and why. */
  code(path: string, notebook: INotebookContent): Promise<ICode> {
    return requestAPI('code', this.settings, { path, notebook });
  }

  /** Which files a run was started with. */
  codeOfRun(id: string): Promise<ICode> {
    return requestAPI(`runs/${encodeURIComponent(id)}/code`, this.settings);
  }

  /** How the saved notebook and its files differ now from what a run ran. */
  async codeChanges(id: string): Promise<ICodeChange[]> {
    const { changes } = await requestAPI<{ changes: ICodeChange[] }>(
      `runs/${encodeURIComponent(id)}/code/changes`,
      this.settings
    );
    return changes;
  }

  /**
   * Write what a run was started with into a new folder.
   *
   * @param path - contents path of the folder.
   * @returns the contents paths of the files.
   */
  async restoreCode(id: string, path: string): Promise<string[]> {
    const { files } = await requestAPI<{ files: string[] }>(
      `runs/${encodeURIComponent(id)}/code/restore`,
      this.settings,
      { path }
    );
    return files;
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

  /**
   * A page of all runs, archived ones too, newest first.
   *
   * @param before - the last run of the page before; the first page where it is left out.
   */
  runs(
    limit: number,
    before?: string
  ): Promise<{ runs: IRunSummary[]; next: string | null }> {
    const query = new URLSearchParams({
      limit: String(limit),
      archived: 'all'
    });
    if (before !== undefined) {
      query.set('before', before);
    }
    return requestAPI(`runs?${query}`, this.settings);
  }

  /** What several runs have in common, and what differs. */
  compare(ids: readonly string[]): Promise<IComparison> {
    const query = new URLSearchParams({ runs: ids.join(',') });
    return requestAPI(`compare?${query}`, this.settings);
  }

  /** Start an ended run again, with what it had done. */
  resume(id: string): Promise<{ run_id: string; problems: IProblem[] }> {
    return requestAPI(
      `runs/${encodeURIComponent(id)}/resume`,
      this.settings,
      {}
    );
  }

  /** Change what is said of a run; what is left out stays. */
  changeAbout(id: string, said: Partial<IAbout>): Promise<IAbout> {
    return requestAPI(
      `runs/${encodeURIComponent(id)}/about`,
      this.settings,
      said
    );
  }

  /** Have a failed run on a cluster go on with what failed. */
  retry(id: string): Promise<object> {
    return requestAPI(
      `runs/${encodeURIComponent(id)}/retry`,
      this.settings,
      {}
    );
  }

  /** Start a run once more as it was; parameters that are left out stay. */
  clone(
    id: string,
    parameters: Record<string, unknown>
  ): Promise<{ run_id: string; problems: IProblem[] }> {
    return requestAPI(`runs/${encodeURIComponent(id)}/clone`, this.settings, {
      parameters
    });
  }

  /** Leave an ended run out of lists, or take it back. */
  archive(id: string, archived: boolean): Promise<object> {
    return requestAPI(`runs/${encodeURIComponent(id)}/archive`, this.settings, {
      archived
    });
  }

  /** What a run has on its cluster; null where it never was on one. */
  async leftThere(id: string): Promise<ILeftThere | null> {
    const { cluster } = await requestAPI<{ cluster: ILeftThere | null }>(
      `runs/${encodeURIComponent(id)}/cluster`,
      this.settings
    );
    return cluster;
  }

  /** Remove an ended run with all that it left here, and on its cluster where that is said. */
  delete(id: string, cluster: boolean = false): Promise<object> {
    return requestAPI(
      `runs/${encodeURIComponent(id)}${cluster ? '?cluster=true' : ''}`,
      this.settings,
      undefined,
      'DELETE'
    );
  }

  /**
   * What would go of what was last used so many days ago or earlier; with `remove`, it does.
   *
   * @param connection - a cluster that is tidied up, too; empty: none.
   * @param namespace - where on it; empty: in the connection's.
   */
  clean(
    days: number,
    connection: string,
    namespace: string,
    remove: boolean
  ): Promise<ICleaned> {
    const asked = {
      days,
      ...(connection && { connection }),
      ...(namespace && { namespace })
    };
    const query = new URLSearchParams(
      Object.entries(asked).map(([name, value]) => [name, String(value)])
    );
    return remove
      ? requestAPI('clean', this.settings, asked)
      : requestAPI(`clean?${query}`, this.settings);
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

  /** Have a run stand still; `resume` lets it go on. */
  pause(id: string): Promise<object> {
    return requestAPI(
      `runs/${encodeURIComponent(id)}/pause`,
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

  /** All options as data; asked once. */
  options(): Promise<IOptionSchema> {
    this._options ??= requestAPI<IOptionSchema>('options', this.settings).catch(
      (error: unknown) => {
        this._options = null;
        throw error;
      }
    );
    return this._options;
  }

  /**
   * Write the examples into a folder, new or not; what was changed there stays.
   *
   * @returns the contents path of the notebook to begin with.
   */
  writeExamples(folder: string): Promise<{ notebook: string }> {
    return requestAPI('examples', this.settings, { path: folder });
  }

  /** The clusters that runs can go to. */
  async connections(): Promise<IConnection[]> {
    const { connections } = await requestAPI<{ connections: IConnection[] }>(
      'connections',
      this.settings
    );
    return connections;
  }

  /**
   * How a notebook is to be changed so that options have these values; null takes one away.
   *
   * @throws `ServerError` with the problems where they cannot be written.
   */
  setOptions(
    path: string,
    notebook: INotebookContent,
    target: OptionTarget,
    values: Record<string, unknown>
  ): Promise<IFix> {
    return requestAPI('options', this.settings, {
      path,
      notebook,
      ...target,
      values
    });
  }

  /** How a notebook is to be changed so that a step has another name. */
  renameStep(
    path: string,
    notebook: INotebookContent,
    step: string,
    name: string
  ): Promise<IFix> {
    return requestAPI('rename', this.settings, { path, notebook, step, name });
  }

  private _status: Promise<ServerStatus> | null = null;
  private _options: Promise<IOptionSchema> | null = null;
}
